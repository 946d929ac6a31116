#!/usr/bin/env python3
"""What an open page of lgl ui costs training.

Trains one run, with a page open in every second block of five epochs. Each of these is held against the mean of the blocks beside
it, so that a machine whose speed drifts does not matter. Prints the median of the differences in training time with its
standard error, and the processor time that lgl ui took, as a share of one core. The page is imitated: one stream of events,
and for each run that it tells of two curves, as the page asks for them.

usage: scripts/ui_cost.py PATH-TO-LGL [BLOCKS] [-- FLAGS OF lgl train]
"""
import http.client, json, os, socket, statistics, subprocess, sys, tempfile, threading, time, urllib.request

FLAGS = ["--data", "fashion-mnist", "--model", "smallcnn", "--train-samples", "6000", "--method", "baseline"]
BLOCK = 5  # epochs


def main(lgl, blocks, flags):
    dir = tempfile.mkdtemp(prefix="lgl-ui-")
    os.mkdir(dir + "/runs")
    ui = subprocess.Popen([lgl, "ui", dir + "/runs", "--addr", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    base = json.loads(ui.stdout.readline())["url"].rstrip("/")
    train = subprocess.Popen([lgl, "train", *flags, "--epochs", str(BLOCK * blocks + 1), "--out", dir + "/runs/run"], stdout=subprocess.DEVNULL)
    try:
        times, watched, shares, asked = follow(dir + "/runs/run/events.jsonl", train, ui.pid, base)
    finally:
        ui.terminate()
        train.terminate()
    differences = [100 * (2 * b / (a + c) - 1) for a, b, c, w in zip(times, times[1:], times[2:], watched[1:]) if w]
    error = 1.25 * statistics.stdev(differences) / len(differences) ** 0.5
    print(f"{len(differences)} blocks of {statistics.median(times):.2f} s with a page: {statistics.median(differences):+.2f}% of training time (standard error {error:.2f})")
    print(f"lgl ui took {100 * statistics.mean(shares):.2f}% of one core while a page was open, and answered {asked} requests")


def follow(log, train, ui, base):
    """Opens and closes the page between blocks. Returns, for each block after the first epoch, its seconds of training and whether
    a page was open; for each with a page the share of a core that the process ui took; and the number of requests."""
    times, watched, shares, asked, page = [], [], [], 0, None
    for seconds in blocks(ends(log, train)):
        if page:
            page.close()
            shares.append((cpu(ui) - computed) / (time.time() - begun))
            asked += page.asked
        if seconds is not None:
            times.append(seconds)
            watched.append(page is not None)
        page, computed, begun = None if page else Page(base), cpu(ui), time.time()
    return times, watched, shares, asked


def blocks(ends):
    """None after the first epoch, then each block's seconds of training at its end."""
    next(ends)
    yield None
    seconds = []
    for event in ends:
        seconds.append(event["train_seconds"])
        if len(seconds) == BLOCK:
            yield sum(seconds)
            seconds = []


def ends(log, train):
    """The ends of epochs, as the run writes them."""
    while not os.path.exists(log):
        if train.poll() is not None:
            sys.exit("the run did not begin")
        time.sleep(0.1)
    with open(log) as f:
        rest = ""
        while train.poll() is None:
            rest += f.readline()
            if not rest.endswith("\n"):
                time.sleep(0.02)
                continue
            event, rest = json.loads(rest), ""
            if event["type"] == "epoch_ended":
                yield event


def cpu(pid):
    """Seconds that a process has computed."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Page(threading.Thread):
    def __init__(self, base):
        super().__init__(daemon=True)
        self.base, self.asked, self.open = base, 0, True
        self.live = http.client.HTTPConnection(base.removeprefix("http://"))
        self.live.request("GET", "/api/live")
        self.start()

    def close(self):
        self.open = False
        self.live.sock.shutdown(socket.SHUT_RDWR)

    def ask(self, path):
        if self.open:
            self.asked += 1
            return json.load(urllib.request.urlopen(self.base + path))

    def refresh(self, id):
        for metric in ["top1", "train_loss"]:
            self.ask(f"/api/curves?metric={metric}&run={id}")

    def run(self):
        try:
            for line in self.live.getresponse():
                if self.open and line.startswith(b"data:"):
                    news = json.loads(line[5:])
                    for run in news.get("runs", [news]):  # the list, then runs that have changed
                        self.refresh(run["id"])
        except (OSError, http.client.HTTPException):
            pass  # closed


if __name__ == "__main__":
    args = sys.argv[1:]
    flags = args[args.index("--") + 1:] if "--" in args else FLAGS
    args = args[: args.index("--")] if "--" in args else args
    main(args[0], int(args[1]) if len(args) > 1 else 41, flags)
