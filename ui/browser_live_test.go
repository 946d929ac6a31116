package ui

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/local-to-global/lgl/internal/platform"
)

// growing is a run that writes its log while the page is open, and holds its lock as lgl train does.
type growing struct {
	t     testing.TB
	log   *os.File
	lock  *os.File
	lines [][]byte
}

// grow starts a run below root.
func grow(t testing.TB, root string, s sketch) *growing {
	t.Helper()
	dir := filepath.Join(root, s.dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	g := &growing{t: t, lines: bytes.SplitAfter(s.lines(t), []byte("\n"))}
	var err error
	if g.log, err = os.Create(filepath.Join(dir, logName)); err != nil {
		t.Fatal(err)
	}
	if g.lock, err = os.Create(filepath.Join(dir, lockName)); err != nil {
		t.Fatal(err)
	}
	if err := platform.TryLock(g.lock); err != nil {
		t.Fatal(err)
	}
	if _, err := g.lock.WriteString(strconv.Itoa(os.Getpid()) + "\n"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = g.log.Close(), g.lock.Close() })
	return g
}

// on writes the next n lines.
func (g *growing) on(n int) {
	g.t.Helper()
	for _, line := range g.lines[:n] {
		if _, err := g.log.Write(line); err != nil {
			g.t.Fatal(err)
		}
	}
	g.lines = g.lines[n:]
}

// TestBrowserLive watches a run that trains, loses the server, and finds it again.
func TestBrowserLive(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: a browser for twenty seconds")
	}
	t.Parallel() // it waits for the page most of the time
	root := t.TempDir()
	s := open(t, root)
	s.screen(1440, 900)
	s.visit("#/")
	want(s, `document.querySelectorAll(".row").length`, 0)
	run := grow(t, root, sketch{dir: "now", label: "LGL(d,3)", method: "lgl", data: "fashion-mnist", model: "mlp", classes: garments, kin: 5, stages: 3, epochs: 5, seed: 1, status: "done", scores: true, began: time.Now()})
	want(s, `[...document.querySelectorAll(".picked button")].every((b) => b.disabled)`, true)
	run.on(1) // begun
	s.until(`document.querySelectorAll(".row").length === 1`)
	s.visit("#/run/" + s.id("now") + "/timeline")
	s.until(`document.querySelector("#s-timeline .empty")?.textContent === "No stage in this run's log."`)
	run.on(1) // stage 1
	s.until(`document.querySelectorAll("#s-timeline tbody tr").length === 1 && document.querySelector("#s-timeline .empty") === null`)
	s.visit("#/")
	run.on(3) // epochs
	s.until(`document.querySelector('.row .mark[data-status="running"]') !== null`)
	s.until(`document.querySelector(".row-when").textContent.includes("left")`)
	s.until(`document.querySelector(".curves .chart .key .value") !== null`)
	before := eval[string](s, `document.querySelector(".row-top1").textContent`)
	const value = `document.querySelector(".curves .chart .key .value").textContent`
	drawnAt := eval[string](s, value)
	eval[bool](s, `document.querySelector(".curves .chart .key").focus() === undefined`)
	run.on(1)
	s.until(fmt.Sprintf(`document.querySelector(".row-top1").textContent !== %q`, before))
	s.until(fmt.Sprintf(`%s !== %q`, value, drawnAt))
	want(s, `document.activeElement.className`, "key") // news takes the focus from nothing, nor closes what was opened
	want(s, `import("/assets/dom.js").then(({ h, refill }) => {
		const el = document.body.appendChild(h("div")), make = () => h("details", {}, h("summary", {}, "x"));
		refill(el, make());
		el.firstChild.open = true;
		el.querySelector("summary").focus();
		refill(el, make());
		const kept = el.firstChild.open + document.activeElement.tagName;
		el.remove();
		return kept;
	})`, "trueSUMMARY")

	s.run(chromedp.Click(chromedp.CSS(".row a")))
	s.until(`document.querySelector(".facts")?.textContent.includes("Epoch4 of 15")`)
	s.until(`document.querySelector(".facts").textContent.includes("Time left")`)
	s.settle()
	s.press("2") // what is out of sight waits
	s.until(`document.querySelectorAll("#s-timeline tbody tr").length === 1`)
	run.on(5) // the end of stage 1, stage 2, two epochs
	s.until(`document.querySelector(".facts").textContent.includes("Epoch7 of 15")`)
	s.until(`document.querySelectorAll("#s-timeline tbody tr").length === 2`)
	s.until(`document.querySelectorAll(".progress-mark").length === 1`)
	s.shot("live-run", false)

	s.allow("ERR_CONNECTION_REFUSED")
	s.allow("ERR_INCOMPLETE_CHUNKED_ENCODING")
	s.allow("ERR_CONNECTION_RESET")
	s.allow("ERR_EMPTY_RESPONSE")
	s.stop()
	s.until(`document.getElementById("live").dataset.state === "gone" && !document.getElementById("gone").hidden`)
	want(s, `document.querySelector("h1").textContent`, "now") // what was known stays
	s.shot("gone", false)
	charts := `[...document.querySelectorAll("#s-curves .chart:not([hidden])")].map(c => c.querySelectorAll(".u-over").length).join()`
	drawn := eval[string](s, charts)
	eval[bool](s, `document.querySelector('.seg input[value="samples"]').click() === undefined`)
	s.settle()
	want(s, charts, drawn) // and so do the curves, asked for in vain
	run.on(len(run.lines)) // to its end, unseen
	if err := run.lock.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := Listen(strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	s.serve(l)
	s.until(`document.getElementById("live").dataset.state === "live" && document.getElementById("gone").hidden`)
	s.until(`document.querySelector(".pill").textContent.includes("done")`)
	s.until(`document.querySelectorAll("#s-timeline tbody tr").length === 3`)
	s.within("#s-curves .u-over", .5, .5) // drawn when it comes into sight
	s.settle()
	s.hover("#s-curves .u-over", .5, .5)
	s.until(`/^[\d,]+ samples/.test(document.querySelector("#s-curves .readout").textContent)`)
	if err := errors.Join(os.MkdirAll(filepath.Join(root, "odd", logName), 0o755), os.RemoveAll(filepath.Join(root, "now"))); err != nil {
		t.Fatal(err)
	}
	s.allow("404 (Not Found)")
	s.until(`document.querySelector(".note.bad")?.textContent.includes("gone")`)
	s.visit("#/")
	s.until(`document.querySelector(".left").textContent.includes("odd/events.jsonl is no regular file")`)
}

// TestBrowserPace watches a run of very short epochs: what is new is gathered, so that the page costs next to
// nothing on the machine that trains, but the end is shown at once.
func TestBrowserPace(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: a browser for fifteen seconds")
	}
	root := t.TempDir()
	run := grow(t, root, sketch{dir: "now", label: "baseline", method: "baseline", data: "fashion-mnist", model: "mlp", classes: garments, stages: 1, epochs: 60, seed: 1, status: "done", began: time.Now()})
	run.on(4)
	s := open(t, root)
	s.screen(1440, 900)
	for _, hash := range []string{"#/", "#/run/" + s.id("now")} {
		s.visit(hash)
		s.until(`document.querySelector(".chart .u-over") !== null`)
		want(s, `document.getAnimations().length`, 0) // each would have the page drawn sixty times a second
		asked := `performance.getEntriesByType("resource").filter(e => e.name.includes("metric=top1&")).length`
		before := eval[int](s, asked)
		for range 16 {
			run.on(1)
			time.Sleep(250 * time.Millisecond)
		}
		if n := eval[int](s, asked) - before; n > 1 {
			t.Errorf("%s: in 4 s with 16 epochs the curve was asked for %d times; want once", hash, n)
		}
		s.until(fmt.Sprintf(`%s > %d`, asked, before))
	}
	run.on(len(run.lines))
	if err := run.lock.Close(); err != nil {
		t.Fatal(err)
	}
	ended := time.Now()
	s.until(`document.querySelector(".pill").textContent.includes("done")`)
	if d := time.Since(ended); d > 4*time.Second {
		t.Errorf("the end was shown after %v", d)
	}
}
