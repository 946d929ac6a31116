package ui

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestBrowserLoad shows a thousand runs. The bounds are loose, for slow machines under load; the times are logged.
func TestBrowserLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: a browser for half a minute")
	}
	root := t.TempDir()
	p := sketch{label: "LGL(r,2)", method: "lgl", data: "made-up", model: "mlp", classes: garments[:4], stages: 2, epochs: 5, status: "done"}
	for i := range 1000 {
		p.dir, p.seed, p.tags = fmt.Sprintf("sweep/%03d", i), uint64(i), []string{fmt.Sprintf("lr%d", i%7)}
		p.label = fmt.Sprintf("LGL(r,%d)", 2+i/5%8)
		p.write(t, root)
	}
	s := open(t, root)
	s.screen(1440, 900)
	took := func(what string, bound time.Duration, f func()) {
		t.Helper()
		start := time.Now()
		f()
		d := time.Since(start)
		t.Logf("%s: %d ms", what, d.Milliseconds())
		if d > bound {
			t.Errorf("%s took %v; want less than %v", what, d, bound)
		}
	}
	took("1,000 runs, listed and the newest drawn", 20*time.Second, func() {
		s.run(chromedp.Navigate(s.url))
		s.until(`document.querySelector(".count").textContent === "1,000 runs" && document.querySelectorAll(".curves .u-over").length > 3`)
	})
	if n := eval[int](s, `document.querySelectorAll(".row").length`); n > 60 {
		t.Errorf("%d rows exist; want those in sight", n)
	}
	took("search", 5*time.Second, func() {
		s.run(chromedp.SendKeys(chromedp.CSS("#search"), "tag:lr3"))
		s.until(`document.querySelector(".count").textContent === "143 of 1,000 runs"`)
	})
	s.press(kb.Escape) // empties the search
	s.until(`document.querySelector(".count").textContent === "1,000 runs"`)
	took("to the last of 1,000 by keyboard", 5*time.Second, func() {
		s.press(kb.Enter, kb.End)
		s.until(`document.activeElement.ariaRowIndex === "1000"`)
	})
	if n := eval[int](s, `document.querySelectorAll(".row").length`); n > 60 {
		t.Errorf("at the end of the list %d rows exist; want those in sight", n)
	}
	frame := eval[float64](s, `(async () => { const list = document.querySelector(".list"); const all = [];
		for (let i = 0; i < 40; i++) { const t = performance.now(); list.scrollTop = (i * 7919) % list.scrollHeight; list.dispatchEvent(new Event("scroll")); list.getBoundingClientRect(); all.push(performance.now() - t); await new Promise(requestAnimationFrame); } return all.sort((a, b) => a - b)[20]; })()`)
	t.Logf("a jump through the list, the middle one of 40: %.1f ms", frame)
	if frame > 500 {
		t.Errorf("a jump in the list took %.0f ms", frame)
	}
	took("64 runs selected and drawn", 20*time.Second, func() {
		want(s, `document.activeElement.className`, "row")
		s.press("a")
		s.until(`document.querySelector(".picked").textContent.startsWith("64 selected")`)
		s.settle()
	})
	want(s, `document.querySelector(".note").textContent`, "64 runs can be selected at once; 936 more were left out.")
	want(s, `document.querySelector(".picked button").textContent`, "Compare first 20")
}

// TestBrowserLong shows a run of a hundred thousand epochs; with LGL_TORTURE=1, a log of 300 MB, of a million.
func TestBrowserLong(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: a log of 30 MB")
	}
	root := t.TempDir()
	epochs := 100_000
	if os.Getenv("LGL_TORTURE") != "" {
		epochs = 1_000_000
	}
	writeLong(t, root, epochs)
	s := open(t, root)
	s.screen(1440, 900)
	start := time.Now()
	s.visit("#/?x=epoch&sel=" + s.id("long"))
	s.until(`document.querySelector(".curves .chart .u-over") !== null`)
	t.Logf("a curve of %d points, its log read for the first time: %d ms", epochs, time.Since(start).Milliseconds())
	start = time.Now()
	x, y := s.within(".curves .chart .u-over", .5, .5)
	s.run(chromedp.DragAndDropXY(x, y, x+60, y))
	s.until(`location.hash.includes("from=")`)
	s.settle()
	d := time.Since(start)
	t.Logf("zoomed: %d ms", d.Milliseconds())
	if d > 20*time.Second {
		t.Errorf("a zoom took %v", d)
	}
	s.hover(".curves .chart .u-over", .5, .5)
	s.until(fmt.Sprintf(`Math.abs(+/^epoch ([\d,]+)/.exec(document.querySelector(".readout").textContent)?.[1].replaceAll(",", "") / %d - .55) <= .05`, epochs))
	want(s, `/^\d\d\.\d\d/.test(document.querySelector(".key .value").textContent)`, true)
	s.shot("million", false)
}

// writeLong writes a log of one stage with so many epochs.
func writeLong(t testing.TB, root string, epochs int) {
	t.Helper()
	one := sketch{dir: "long", label: "baseline", method: "baseline", data: "made-up", model: "mlp", classes: garments, stages: 1, epochs: 1, seed: 1}
	one.write(t, root)
	name := filepath.Join(root, "long", logName)
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// Without the end of its stage.
	if err := f.Truncate(int64(cutLines(text, 3))); err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for e := 2; e <= epochs; e++ {
		wave := float64(e%997)/9970 + float64(e)/float64(epochs)*.8
		fmt.Fprintf(w, `{"type":"epoch_ended","time":"2026-01-02T03:04:05Z","stage":1,"stage_epoch":%d,"epoch":%d,"lr":0.01,"train_loss":%.4f,"entropy_active":null,"test":{"samples":100,"loss":%.4f,"top1":%.4f,"top1_active":%.4f,"top1_new":null,"top1_old":null},"samples_seen":%d,"samples_probed":0,"train_seconds":0.1,"seconds":%.1f}`+"\n",
			e, e, 1-wave/2, 1-wave/2, wave, wave, e*100, float64(e)*.1)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// cutLines returns where line n+1 begins.
func cutLines(text []byte, n int) int {
	for i, b := range text {
		if b == '\n' {
			if n--; n == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// TestBrowserClasses shows a run of a thousand classes.
func TestBrowserClasses(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: a browser for ten seconds")
	}
	root := t.TempDir()
	p := sketch{dir: "wide", label: "LGL(d,5)", method: "lgl", data: "imagenet", model: "resnet50", kin: 10, stages: 5, epochs: 3, status: "done", scores: true, tiles: true}
	for i := range 1000 {
		p.classes = append(p.classes, fmt.Sprintf("synset-%04d", i))
	}
	p.write(t, root)
	s := open(t, root)
	s.screen(1440, 900)
	start := time.Now()
	s.visit("#/run/" + s.id("wide") + "/confusion")
	s.until(`document.querySelectorAll("#s-confusion .pair").length === 12`)
	t.Logf("the confusions of 1,000 classes: %d ms", time.Since(start).Milliseconds())
	s.hover("#s-confusion .matrix canvas", .5, .5)
	s.until(`/synset-\d+.* of 100/.test(document.querySelector("#s-confusion .matrix-read").textContent)`)
	draw := eval[float64](s, `(async () => { const c = document.querySelector("#s-confusion .matrix canvas"), r = c.getBoundingClientRect(), all = [];
		for (let i = 0; i < 20; i++) { const t = performance.now(); c.dispatchEvent(new PointerEvent("pointermove", {clientX: r.left + r.width / 2 + i, clientY: r.top + r.height / 2, pointerType: "mouse"})); all.push(performance.now() - t); await new Promise(requestAnimationFrame); } return all.sort((a, b) => a - b)[10]; })()`)
	t.Logf("a cell read under the pointer, the middle of 20: %.1f ms", draw)
	if draw > 300 {
		t.Errorf("to read a cell took %.0f ms", draw)
	}
	s.run(chromedp.Click(chromedp.CSS("#s-confusion .pair")))
	s.until(`document.querySelector("#s-confusion .matrix").classList.contains("zoomed")`)
	s.shot("classes 1000", false)
	colours := eval[float64](s, `(() => { const c = document.querySelector("#s-entropy .matrix canvas"), row = c.getContext("2d").getImageData(100, c.height / 2, 600, 1).data;
		return new Set(new Uint32Array(row.buffer)).size; })()`)
	if colours < 4 || colours > 40 { // ground, edges, and one in each of five stages
		t.Errorf("a row of H(T|X) has %.0f colours: the stages run into each other", colours)
	}
	s.press("5")
	s.until(`document.querySelectorAll("#s-classes tbody tr").length === 200`)
	s.run(chromedp.Click(chromedp.CSS("#s-classes .more button")))
	s.until(`document.querySelectorAll("#s-classes tbody tr").length === 1000`)
}
