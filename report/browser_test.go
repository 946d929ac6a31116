package report

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/local-to-global/lgl/record"
)

// Of two runs of which the fast one, of fewer samples an epoch, goes on alone, no curve steps back, and the
// bands, from the lowest to the highest, are within the axes.
func TestBrowserForward(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	switch {
	case testing.Short():
		t.Skip("not in -short: a browser for three seconds")
	case err != nil && os.Getenv("LGL_REQUIRE_CHROMIUM") == "1":
		t.Fatal(err)
	case err != nil:
		t.Skip("no Chromium on the PATH: the report was not tested in a browser")
	}
	run := func(seed uint64, epochs int, each int64) Run {
		r := Run{Started: record.RunStarted{Label: "L", Seeds: map[string]uint64{"init": seed}}, Stages: []Stage{{Started: record.StageStarted{Stage: 1}}}}
		for e := range epochs {
			r.Stages[0].Epochs = append(r.Stages[0].Epochs, record.EpochEnded{Stage: 1, Epoch: e + 1, SamplesSeen: int64(e+1) * each, TrainLoss: 1 / float64(e+1), Test: &record.Accuracy{Top1: .3 * float64(seed)}})
		}
		r.Ended = &record.RunEnded{Status: "interrupted"} // one that is done would count on
		return r
	}
	home := t.TempDir()
	name := filepath.Join(home, "report.html")
	if err := os.WriteFile(name, []byte(htmlOf(t, []Run{run(1, 10, 1000), run(2, 70, 100)})), 0o644); err != nil {
		t.Fatal(err)
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(filepath.Join(home, "profile")), chromedp.Env("HOME="+home), chromedp.WSURLReadTimeout(time.Minute))
	alloc, endAlloc := chromedp.NewExecAllocator(t.Context(), flags...)
	defer endAlloc()
	tab, endTab := chromedp.NewContext(alloc)
	defer endTab()
	ctx, end := context.WithTimeout(tab, 2*time.Minute)
	defer end()
	// Lines of curves are paths; each notes where it stands. Bands are drawn on the canvas, within a rectangle.
	note := cdpage.AddScriptToEvaluateOnNewDocumentParams{Source: `window.lines = window.back = window.band = window.cut = 0;
		const canvas = CanvasRenderingContext2D.prototype, { rect, lineTo: draw, restore } = canvas;
		canvas.rect = function (x, y, w, h) { this.box = [y, y + h]; rect.call(this, x, y, w, h); };
		canvas.restore = function () { this.box = null; restore.call(this); };
		canvas.lineTo = function (x, y) { if (this.box) { band++; if (y < this.box[0] || y > this.box[1]) cut++; } draw.call(this, x, y); };
		const { moveTo, lineTo } = Path2D.prototype;
		Path2D.prototype.moveTo = function (x, y) { this.at = x; moveTo.call(this, x, y); };
		Path2D.prototype.lineTo = function (x, y) { lines++; if (x < this.at) back++; this.at = x; lineTo.call(this, x, y); };`}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, cdpage.AddScriptToEvaluateOnNewDocument, note); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+name)); err != nil {
		t.Fatal(err)
	}
	for axis, points := range map[string]int{"epoch": 70, "samples": 26} { // 10 of both, and those from 5,500 samples on
		drawn, err := chromedp.Run(ctx, chromedp.Evaluate[[]int](`(async () => { lines = back = band = cut = 0; const a = document.getElementById("axis"); a.value = "`+axis+`"; a.dispatchEvent(new Event("change")); await new Promise((f) => setTimeout(f, 300)); return [lines / (`+"document.querySelectorAll('[id^=chart-] canvas').length"+`), back, band, cut]; })()`, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		if t.Logf("over %s: %v", axis, drawn); drawn[1] != 0 || drawn[0] < points-1 {
			t.Errorf("over %s: %d lines, %d of them back; want about %d, all forward", axis, drawn[0], drawn[1], points)
		}
		if drawn[2] == 0 || drawn[3] != 0 {
			t.Errorf("over %s: %d corners of bands, %d of them cut off at the axes", axis, drawn[2], drawn[3])
		}
	}
}
