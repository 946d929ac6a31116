"""What an open page of lgl ui costs training.

Trains the same run with and without an open page, in turn, and prints the median seconds of its training steps
with and without, and the processor time that lgl ui took, as a share of one core. The page is imitated: one stream
of events, and for each event the list and two curves of the run, as the page asks for them.

usage: scripts/ui_cost.py PATH-TO-LGL [PAIRS] [-- FLAGS OF lgl train]
"""
import json, os, statistics, subprocess, sys, tempfile, threading, time, urllib.request


def main(lgl, pairs, flags):
    dir = tempfile.mkdtemp(prefix="lgl-ui-")
    os.mkdir(dir + "/runs")
    ui = subprocess.Popen([lgl, "ui", dir + "/runs", "--addr", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    base = json.loads(ui.stdout.readline())["url"].rstrip("/")
    times, share = {False: [], True: []}, []
    try:
        for i in range(2 * pairs):
            watched = i % 2 == 1
            page = Page(base) if watched else None
            before, began = cpu(ui.pid), time.time()
            run = subprocess.run([lgl, "train", *flags, "--json", "--out", f"{dir}/runs/{i}"], capture_output=True, check=True)
            times[watched].append(json.loads(run.stdout)["train_seconds"])
            if watched:
                share.append((cpu(ui.pid) - before) / (time.time() - began))
                page.close()
    finally:
        ui.terminate()
    without, with_page = statistics.median(times[False]), statistics.median(times[True])
    print(f"train seconds without a page {without:.2f}, with one {with_page:.2f}: {100 * (with_page / without - 1):+.2f}%")
    print(f"lgl ui took {100 * statistics.median(share):.2f}% of one core; {page.asked} requests in the last run")


def cpu(pid):
    """Seconds that a process has computed."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Page(threading.Thread):
    def __init__(self, base):
        super().__init__(daemon=True)
        self.base, self.asked, self.open = base, 0, True
        self.start()

    def close(self):
        self.open = False

    def ask(self, path):
        self.asked += 1
        return urllib.request.urlopen(self.base + path).read()

    def run(self):
        self.ask("/api/runs")
        for line in urllib.request.urlopen(self.base + "/api/live"):
            if not self.open:
                return
            if line.startswith(b"data:"):
                id = json.loads(line[5:])["id"]
                try:
                    for path in ["/api/runs", f"/api/curves?metric=top1&run={id}", f"/api/curves?metric=train_loss&run={id}"]:
                        self.ask(path)
                except urllib.error.HTTPError:
                    pass  # a run that has not begun yet


if __name__ == "__main__":
    args = sys.argv[1:]
    flags = args[args.index("--") + 1:] if "--" in args else ["--data", "fashion-mnist", "--model", "smallcnn", "--train-samples", "6000", "--epochs", "6", "--method", "baseline"]
    args = args[: args.index("--")] if "--" in args else args
    main(args[0], int(args[1]) if len(args) > 1 else 5, flags)
