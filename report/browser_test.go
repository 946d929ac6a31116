package report

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/local-to-global/lgl/record"
)

// browse opens a browser that runs script ahead of those of each page.
func browse(t *testing.T, script string) context.Context {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	switch {
	case testing.Short():
		t.Skip("not in -short: a browser for three seconds")
	case err != nil && os.Getenv("LGL_REQUIRE_CHROMIUM") == "1":
		t.Fatal(err)
	case err != nil:
		t.Skip("no Chromium on the PATH: the report was not tested in a browser")
	}
	home := t.TempDir()
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(filepath.Join(home, "profile")), chromedp.Env("HOME="+home), chromedp.WSURLReadTimeout(time.Minute))
	alloc, endAlloc := chromedp.NewExecAllocator(t.Context(), flags...)
	tab, endTab := chromedp.NewContext(alloc)
	ctx, end := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(func() {
		end()
		endTab()
		endAlloc()
	})
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, cdpage.AddScriptToEvaluateOnNewDocument, cdpage.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// visit opens the page of runs, and returns what JavaScript makes of an expression in it.
func visit[T any](t *testing.T, ctx context.Context, runs []Run, js string) T {
	t.Helper()
	name := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(name, []byte(htmlOf(t, runs)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+name)); err != nil {
		t.Fatal(err)
	}
	return eval[T](t, ctx, js)
}

// eval returns what JavaScript makes of an expression, which may be a promise.
func eval[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// equalEpochs is a run of one stage, of so many samples an epoch.
func equalEpochs(label string, seed uint64, epochs int, each int64) Run {
	r := Run{Started: record.RunStarted{Label: label, Seeds: map[string]uint64{"init": seed}}, Stages: []Stage{{Started: record.StageStarted{Stage: 1}}}}
	for e := range epochs {
		r.Stages[0].Epochs = append(r.Stages[0].Epochs, record.EpochEnded{Stage: 1, Epoch: e + 1, SamplesSeen: int64(e+1) * each, TrainLoss: 1 / float64(e+1), Test: &record.Accuracy{Top1: .3 * float64(seed)}})
	}
	r.Ended = &record.RunEnded{Status: "interrupted"} // one that is done would count on
	return r
}

// Curves of one method open over epochs, those of two over samples, on axes that name these in one unit.
func TestBrowserAxis(t *testing.T) {
	ctx := browse(t, `window.texts = []; const { fillText } = CanvasRenderingContext2D.prototype;
		CanvasRenderingContext2D.prototype.fillText = function (text, ...at) { texts.push(text.replace("\u202f", " ")); fillText.call(this, text, ...at); };`)
	// drawn is over what the curves are, and which of marks the page writes at its axes, once each.
	const drawn = `(async () => { await new Promise((f) => setTimeout(f, 300)); return document.getElementById("axis").value + ": " + [...new Set(texts)].filter((s) => marks.includes(s)).join(", "); })()`
	for _, c := range []struct {
		runs        []Run
		marks, want string
	}{
		{[]Run{equalEpochs("A", 1, 5, 1000), equalEpochs("A", 2, 5, 1000)}, `["epochs", "samples seen", "5"]`, "epoch: epochs, 5"},
		{[]Run{equalEpochs("A", 1, 5, 1000), equalEpochs("B", 1, 9, 1000)}, `["epochs", "samples seen", "9", "2 k", "8 k"]`, "samples: samples seen, 2 k, 8 k"},
		{[]Run{equalEpochs("A", 1, 5, 200_000), equalEpochs("B", 1, 11, 100_000)}, `["epochs", "samples seen", "200 k", "0.2 M", "1 M"]`, "samples: samples seen, 0.2 M, 1 M"},
	} {
		if got := visit[string](t, ctx, c.runs, "window.marks = "+c.marks+", "+drawn); got != c.want {
			t.Errorf("drawn is %q; want %q", got, c.want)
		}
	}
}

// What stands at the marks of an axis of values is not cut off at the page's edge, and long numbers are written short.
func TestBrowserWideMarks(t *testing.T) {
	ctx := browse(t, `window.texts = []; window.cut = []; const { fillText } = CanvasRenderingContext2D.prototype;
		CanvasRenderingContext2D.prototype.fillText = function (text, x, ...y) {
			texts.push(text.replace("\u202f", " "));
			if (this.textAlign === "right" && x < this.measureText(text).width) cut.push(text);
			fillText.call(this, text, x, ...y);
		};`)
	for mark, loss := range map[string]float64{"4,000": 4e3, "400 M": 5e8, "4e16": 5e16} {
		run := equalEpochs("A", 1, 5, 1000)
		for i := range run.Stages[0].Epochs {
			run.Stages[0].Epochs[i].TrainLoss *= loss
		}
		const drawn = `(async () => { while (!texts.length) await new Promise((f) => setTimeout(f, 100)); return [cut.join(", "), texts.join(", ")]; })()`
		got := visit[[]string](t, ctx, []Run{run}, drawn)
		if got[0] != "" || !strings.Contains(got[1], mark) {
			t.Errorf("loss %v: cut off are %q of %s; want %q among them", loss, got[0], got[1], mark)
		}
	}
}

// A stage of one epoch is a point in a chart of which the line is broken between stages.
func TestBrowserLonePoint(t *testing.T) {
	ctx := browse(t, `window.arcs = 0; const { arc } = Path2D.prototype; Path2D.prototype.arc = function (...a) { arcs++; arc.apply(this, a); };`)
	const drawn = `(async () => { await new Promise((f) => setTimeout(f, 300)); return arcs; })()`
	run := equalEpochs("A", 1, 30, 1000)
	if n := visit[float64](t, ctx, []Run{run}, drawn); n != 0 {
		t.Errorf("%v points of one stage of 30 epochs; want a line alone", n)
	}
	all := run.Stages[0].Epochs
	run.Stages = []Stage{{Started: record.StageStarted{Stage: 1}, Epochs: all[:1]}, {Started: record.StageStarted{Stage: 2}, Epochs: all[1:]}}
	for i := range all[1:] {
		all[i+1].Stage = 2
	}
	if n := visit[float64](t, ctx, []Run{run}, drawn); n == 0 {
		t.Error("a stage of one epoch is not to be seen")
	}
}

// Of two runs of which the fast one, of fewer samples an epoch, goes on alone, no curve steps back, and the
// bands, from the lowest to the highest, are within the axes.
func TestBrowserForward(t *testing.T) {
	// Lines of curves are paths; each notes where it stands. Bands are drawn on the canvas, within a rectangle.
	ctx := browse(t, `window.lines = window.back = window.band = window.cut = 0;
		const canvas = CanvasRenderingContext2D.prototype, { rect, lineTo: draw, restore } = canvas;
		canvas.rect = function (x, y, w, h) { this.box = [y, y + h]; rect.call(this, x, y, w, h); };
		canvas.restore = function () { this.box = null; restore.call(this); };
		canvas.lineTo = function (x, y) { if (this.box) { band++; if (y < this.box[0] || y > this.box[1]) cut++; } draw.call(this, x, y); };
		const { moveTo, lineTo } = Path2D.prototype;
		Path2D.prototype.moveTo = function (x, y) { this.at = x; moveTo.call(this, x, y); };
		Path2D.prototype.lineTo = function (x, y) { lines++; if (x < this.at) back++; this.at = x; lineTo.call(this, x, y); };`)
	charts := visit[int](t, ctx, []Run{equalEpochs("L", 1, 10, 1000), equalEpochs("L", 2, 70, 100)}, `document.querySelectorAll("[id^=chart-] canvas").length`)
	for axis, points := range map[string]int{"epoch": 70, "samples": 26} { // 10 of both, and those from 5,500 samples on
		drawn := eval[[]int](t, ctx, fmt.Sprintf(`(async () => { lines = back = band = cut = 0; const a = document.getElementById("axis"); a.value = %q; a.dispatchEvent(new Event("change")); await new Promise((f) => setTimeout(f, 300)); return [lines / %d, back, band, cut]; })()`, axis, charts))
		if t.Logf("over %s: %v", axis, drawn); drawn[1] != 0 || drawn[0] < points-1 {
			t.Errorf("over %s: %d lines, %d of them back; want about %d, all forward", axis, drawn[0], drawn[1], points)
		}
		if drawn[2] == 0 || drawn[3] != 0 {
			t.Errorf("over %s: %d corners of bands, %d of them cut off at the axes", axis, drawn[2], drawn[3])
		}
	}
}

// On a phone pictures are as large as they must be to be read, and scroll; the page does not.
func TestBrowserPhone(t *testing.T) {
	ctx := browse(t, "")
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile)); err != nil {
		t.Fatal(err)
	}
	got := visit[[]int](t, ctx, []Run{equalEpochs("A", 1, 5, 1000)}, `(() => {
		const figure = document.createElement("figure"), img = new Image(1200, 300);
		figure.className = "picture";
		figure.append(img);
		document.body.append(figure);
		return [img.offsetWidth, document.documentElement.scrollWidth];
	})()`)
	if got[0] < 500 || got[1] > 390 {
		t.Errorf("a picture is %d pixels wide on a page of %d; want 500 or more, and 390", got[0], got[1])
	}
}
