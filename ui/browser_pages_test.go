package ui

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// want checks what an expression of JavaScript gives.
func want[T comparable](s *site, js string, value T) {
	s.Helper()
	if got := eval[T](s, js); got != value {
		s.Errorf("%s is %v; want %v", js, got, value)
	}
}

// press presses keys, one after the other.
func (s *site) press(keys ...string) {
	s.Helper()
	for _, k := range keys {
		s.run(chromedp.KeyEvent(k))
	}
}

// within scrolls to an element, as a reader does with the wheel, and returns a point in it, in shares
// of its size.
func (s *site) within(selector string, x, y float64) (float64, float64) {
	s.Helper()
	at := eval[[]float64](s, fmt.Sprintf(`(() => { dispatchEvent(new Event("wheel")); const e = document.querySelector(%q); e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.left + %g * r.width, r.top + %g * r.height]; })()`, selector, x, y))
	return at[0], at[1]
}

// hover moves the pointer to a point within an element.
func (s *site) hover(selector string, x, y float64) {
	s.Helper()
	px, py := s.within(selector, x, y)
	s.run(chromedp.MouseEvent(chromedp.MouseMoved, px-2, py-2), chromedp.MouseEvent(chromedp.MouseMoved, px, py))
}

// colors counts the different colours in a grid of points of a picture.
func colors(p image.Image) int {
	seen := map[[3]uint32]bool{}
	b := p.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 3 {
		for x := b.Min.X; x < b.Max.X; x += 3 {
			r, g, b, _ := p.At(x, y).RGBA()
			seen[[3]uint32{r >> 8, g >> 8, b >> 8}] = true
		}
	}
	return len(seen)
}

// TestBrowser clicks through all pages, as a person would.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: a browser for half a minute")
	}
	t.Parallel() // with those that wait most of the time
	root := t.TempDir()
	gallery(t, root)
	s := open(t, root)
	s.screen(1440, 900)
	for _, test := range []struct {
		name string
		run  func(*site)
	}{
		{"list", (*site).testList}, {"curves", (*site).testCurves}, {"run", (*site).testRun}, {"clock", (*site).testClock}, {"matrices", (*site).testMatrices}, {"anew", (*site).testAnew}, {"extended", (*site).testExtended}, {"classes", (*site).testClasses},
		{"compare", (*site).testCompare}, {"keyboard", (*site).testKeyboard}, {"download", (*site).testDownload}, {"phone", (*site).testPhone}, {"dark", (*site).testDark},
	} {
		t.Run(test.name, func(t *testing.T) {
			one := &site{TB: t, root: s.root, url: s.url, ctx: s.ctx, complaints: s.complaints}
			test.run(one)
			s.silent(t)
		})
	}
}

// testList searches, filters, sorts and selects.
func (s *site) testList() {
	s.visit("")
	want(s, `document.querySelectorAll(".row").length`, 17)
	want(s, `[...new Set([...document.querySelectorAll('.row[aria-selected="true"] .row-what')].map((e) => e.textContent.split(" · ")[0]))].join()`, "cifar100") // one data set, the newest, of which accuracies can be compared
	s.run(chromedp.SendKeys(chromedp.CSS("#search"), `tag:table3 -label:"LGL(r" `+"baseline"))
	s.until(`document.querySelectorAll(".row").length === 3`)
	want(s, `[...document.querySelectorAll(".row .base")].every(e => e.textContent.startsWith("baseline"))`, true)
	s.until(`location.hash.includes("q=tag:table3")`)
	want(s, `import("/assets/search.js").then((m) => m.sorted([["a", "running", 3], ["b", "running", 4], ["c", "done", 5], ["d", "done", 6]].map(([name, status, s]) => ({ name, status, updated: "2026-01-02T03:04:0" + s + "Z" })), "updated").map((r) => r.name).join(""))`, "abdc")
	want(s, `import("/assets/format.js").then((m) => [[0, 200, 400], [0, 2e4, 4e4], [0, 5e5, 1e6], [1234500, 1235000]].map((marks) => m.counts(marks).join(" ").replaceAll("\u202f", "")).join())`, "0 200 400,0 20k 40k,0 0.5M 1M,1.2345M 1.235M")
	want(s, `import("/assets/format.js").then((m) => m.listed(["cat", "a, b", "red  square", "étoile", " dog", "owl"], 5))`, `cat, "a, b", "red  square", étoile, " dog" and 1 more`)
	want(s, `import("/assets/format.js").then((m) => [m.short("brown bat, female", 9), m.short("brown bat, male", 9), m.short("brown", 5)].join("|"))`, "brow…male|brow…male|brown")
	want(s, `import("/assets/metrics.js").then((m) => [m.yText("top1")(.7781, true, .00804), m.yText("top1")(.7781, true), m.yText("test_loss")(.6235, true, .024381), m.yText("test_loss")(.6235, true)].join().replaceAll("\u202f", ""))`, "77.81 ± 0.80%,77.81%,0.6235 ± 0.024,0.6235")
	want(s, `import("/assets/chart.js").then((m) => [[3], [1, null, 2, undefined, null, 3, undefined, 4, null, undefined, 5], [undefined, null]].map(m.lone).join(" | "))`, "0 | 0,2,10 | ")
	// A page that is opened behind another takes none of the few connections that the browser has for all.
	want(s, `import("/assets/live.js").then((m) => {
		const Source = EventSource, turn = () => dispatchEvent(new Event("visibilitychange"));
		let opened = 0;
		window.EventSource = class extends Source { constructor(url) { super(url); opened++; } };
		Object.defineProperty(document, "hidden", { value: true, configurable: true });
		turn();
		m.start();
		const hidden = opened;
		delete document.hidden;
		turn();
		return hidden + "," + opened;
	})`, "0,1")
	s.visit("#/?q=status:failed")
	want(s, `document.querySelector(".row .base").textContent`, "broken-lr")
	want(s, `document.querySelector(".count").textContent`, "1 of 17 runs")
	s.run(chromedp.Click(chromedp.CSS(`.chip[aria-pressed="true"]`)))
	s.until(`document.querySelectorAll(".row").length === 17`)

	for query, other := range map[string]string{"tag:long1": "", `tag:"a ""b"""`: `a "b"`, "tag:longer tag:x": "x", "a?b": ""} { // chips know whole words only
		s.visit("#/?q=" + url.QueryEscape(query))
		s.run(chromedp.Click(chromedp.CSS(`.chip[data-field="tag"]:last-child`))) // long
		s.until(`document.getElementById("search").value.endsWith(" tag:long")`)
		s.run(chromedp.Click(chromedp.CSS(`.chip[data-field="tag"]:last-child`)))
		s.until(fmt.Sprintf(`document.getElementById("search").value === %q`, query))
		if other != "" {
			want(s, fmt.Sprintf(`import("/assets/search.js").then((m) => m.hasTerm(%q, "tag", %q) && !m.toggleTerm(%[1]q, "tag", %[2]q).includes(%[2]q))`, query, other), true)
		}
	}
	s.visit("#/?from=0&to=Infinity&sel=" + s.id("killed"))
	s.until(`document.querySelector(".curves .u-over") !== null`)
	s.visit("#/?from=-1e308&to=1e308&sel=" + s.id("killed"))
	s.until(`document.querySelector(".curves .u-over") !== null`)

	s.visit("#/?sort=top1&sel=none")
	s.until(`document.querySelector(".curves .chart .empty:not([hidden])")?.textContent === "Select runs to see their curves."`)
	shares := eval[[]string](s, `[...document.querySelectorAll(".row")].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map(r => r.querySelector(".row-top1").textContent)`)
	for i := 1; i < len(shares); i++ {
		if shares[i] > shares[i-1] {
			s.Errorf("sorted by accuracy, row %d has %s, behind %s", i, shares[i], shares[i-1])
		}
	}
	want(s, `document.querySelectorAll('.row[aria-selected="true"]').length`, 0)
	s.run(chromedp.Click(chromedp.CSS(`.row[data-id="` + s.id("killed") + `"] .pick`)))
	s.until(`document.querySelectorAll('.row[aria-selected="true"]').length === 1`)
	s.run(chromedp.Click(chromedp.CSS(`.row[data-id="` + s.id("table3/LGL-d3-seed2") + `"] .seeds`)))
	s.until(`document.querySelectorAll('.row[aria-selected="true"]').length === 4`)
	s.until(`document.querySelectorAll(".curves > div .chart .key").length >= 2`)
	hash := eval[string](s, `location.hash`)
	if n := strings.Count(hash, ","); n != 3 {
		s.Errorf("with four runs selected the address is %s", hash)
	}
	s.visit(hash) // a deep link
	want(s, `document.querySelectorAll('.row[aria-selected="true"]').length`, 4)
	s.run(chromedp.Click(chromedp.CSS(`.row[data-id="` + s.id("killed") + `"] a`)))
	s.until(`document.querySelector("h1")?.textContent === "killed"`)
	s.run(chromedp.NavigateBack())
	s.until(`document.querySelectorAll('.row[aria-selected="true"]').length === 4`)
	s.run(chromedp.Click(chromedp.CSS(`.row[data-id="` + s.id("killed") + `"] a`)))
	s.until(`document.querySelector("h1")?.textContent === "killed"`)
	s.press(kb.Escape) // to the list as it was left
	s.until(fmt.Sprintf(`location.hash === %q && document.querySelectorAll('.row[aria-selected="true"]').length === 4`, hash))
	want(s, `document.querySelector(".sortbar select").value`, "top1")
}

// over is what curves are over.
const over = `document.querySelector(".seg input:checked").value`

// testCurves reads, zooms and changes the large chart.
func (s *site) testCurves() {
	s.visit("#/?sel=" + strings.Join([]string{s.id("table3/LGL-d3-seed1"), s.id("table3/LGL-d3-seed2"), s.id("table3/LGL-d3-seed3"), s.id("table3/baseline-seed1")}, ","))
	const chart = ".curves .chart"
	s.until(`document.querySelector("` + chart + `").querySelectorAll(".key").length === 2`)
	want(s, `document.querySelector(".key-note").textContent.includes("3 seeds")`, true)
	want(s, `document.querySelectorAll(".results tbody tr").length`, 2)
	want(s, `document.documentElement.scrollHeight`, eval[int](s, `innerHeight`)) // what is hidden from the eye adds no second scroll bar
	want(s, `document.querySelector(".results .scroll").scrollWidth`, eval[int](s, `document.querySelector(".results .scroll").clientWidth`))
	// A seed that was run twice counts once: the run that came to its end; and one that did not come to it, apart.
	again := sketch{dir: "again", label: "LGL(d,3)", method: "lgl", stages: 3, gain: -.4, scores: true, data: "fashion-mnist", model: "vgg11", classes: garments, kin: 5, epochs: 12, seed: 1, stop: 20, tags: []string{"paper", "table3"}}
	again.write(s, s.root)
	late := again
	late.dir, late.seed = "late", 4
	late.write(s, s.root)
	table := eval[string](s, `document.querySelector(".results tbody tr").textContent`)
	s.visit(eval[string](s, `location.hash`) + "," + s.id("again"))
	s.until(`document.querySelectorAll('.row[aria-selected="true"]').length === 5`)
	want(s, `document.querySelector(".results tbody tr").textContent`, table)
	s.visit(eval[string](s, `location.hash`) + "," + s.id("late"))
	s.until(`document.querySelectorAll('.row[aria-selected="true"]').length === 6`)
	want(s, `document.querySelector(".results tbody tr").textContent`, strings.Replace(table, "LGL(d,3)3", "LGL(d,3)3 of 4", 1))
	s.until(`document.querySelector(".key-note").textContent.includes("3 of 4 seeds done")`)
	for _, dir := range []string{again.dir, late.dir} {
		if err := os.RemoveAll(filepath.Join(s.root, dir)); err != nil {
			s.Fatal(err)
		}
	}
	s.until(`document.querySelectorAll('.row[aria-selected="true"]').length === 4`)
	s.settle()
	want(s, `[...document.querySelectorAll(".results tbody tr")].map((r) => r.cells[3].textContent.replace(/[\d.]+/, "x") + Boolean(r.classList.contains("best"))).join()`, "besttrue,−x, few seedsfalse")
	before := eval[string](s, `document.querySelector(".key .value").textContent`)
	if !strings.Contains(before, "±") {
		s.Errorf("the last value of three seeds is %q; want their spread too", before)
	}
	// Smoothed, a curve has its band around it, and the deviation is that of the seeds.
	smooth := func(to string) {
		eval[bool](s, `(() => { const e = document.querySelector(".toolbar input[type=range]"); e.value = `+to+`; return e.dispatchEvent(new Event("input")); })()`)
		s.until(fmt.Sprintf(`(document.querySelector(".key .value").textContent === %q) === (%s === 0)`, before, to))
	}
	smooth("1")
	want(s, `document.querySelector(".key .value").textContent.split("±")[1]`, strings.Split(before, "±")[1])
	smooth("0")
	want(s, `import("/assets/chart.js").then((m) => {
		const [[, y, , low, high]] = [m.Chart.prototype.data.call({ content: { smoothing: 1 }, shown: [{ x: [1, 1.1, 2, 3], y: [.25, .75, null, .5], low: [.125, .5, null, null], high: [.375, 1, null, null] }] })];
		return (y[1] < .7) + y.map((v, i) => " " + [v - low[i], high[i] - v].map((d) => (low[i] === null ? null : d.toFixed(3))).join("/")).join("");
	})`, "true 0.125/0.125 0.250/0.250 / /")
	want(s, `(() => { const e = document.querySelector(".key"), w = e.offsetWidth, v = e.querySelector(".value"), t = v.textContent; v.textContent = "–"; const d = w - e.offsetWidth; v.textContent = t; return d; })()`, 0) // no value moves what is below
	s.hover(chart+" .u-over", .5, .5)
	s.until(`/^[\d,]+ samples/.test(document.querySelector(".readout").textContent)`)
	s.until(`/^\d/.test(document.querySelector(".key .value").textContent) && document.querySelector(".key .value").textContent !== ` + fmt.Sprintf("%q", before))
	want(s, `[...document.querySelectorAll(".curves .chart")[0].querySelectorAll(".u-cursor-pt")].length`, 2)
	want(s, `document.querySelector(".readout").textContent.includes("stage 3")`, true) // the last, of all samples, has half of them

	x, y := s.within(chart+" .u-over", .25, .5)
	x2, _ := s.within(chart+" .u-over", .5, .5)
	s.run(chromedp.DragAndDropXY(x, y, x2, y))
	s.until(`/from=\d/.test(location.hash) && !document.querySelector(".chart .tools button").hidden`)
	s.settle()
	s.run(chromedp.Click(chromedp.CSS(".chart .tools button")))
	s.until(`!location.hash.includes("from=")`)

	s.run(chromedp.Click(chromedp.CSS(`.seg input[value="epoch"]`)))
	s.until(`location.hash.includes("x=epoch")`)
	s.settle()
	s.hover(chart+" .u-over", .4, .5)
	s.until(`/^epoch \d+/.test(document.querySelector(".readout").textContent)`)
	s.visit(eval[string](s, `location.hash`))
	want(s, over, "epoch")
	s.run(chromedp.Click(chromedp.CSS(`.toolbar .check input`))) // seeds apart
	s.until(`location.hash.includes("group=0")`)
	s.until(`document.querySelector("` + chart + `").querySelectorAll(".key").length === 4`)
	s.run(chromedp.Click(chromedp.CSS(`.swap`))) // a small chart becomes the large one
	s.until(`location.hash.includes("metric=")`)
	s.settle()
	s.run(chromedp.Click(chromedp.CSS(".key"))) // hidden
	s.until(`document.querySelector(".key").getAttribute("aria-pressed") === "false"`)
	s.run(chromedp.NavigateBack())
	s.until(`!location.hash.includes("metric=")`)
	s.until(`document.querySelector(".curves select").value === "top1"`)
	// Stages are drawn over all curves where these share them as far as they are, in the colour of the one that has any.
	for lists, marks := range map[string]string{
		`[[0, 2], [2, 4], [4, 9]], [[0, 2], [2, 4]]`: "0 2 4 ", // a run that has not come to its third stage
		`[[0, 2], [2, 4], [4, 9]], [[0, 2], [2, 9]]`: "none",   // one that has no third stage
		`[[0, 2], [2, 9]], [[0, 3], [3, 9]]`:         "none",
		`[[0, 2], [2, 9]], [[0, 9]]`:                 "0 2 red",
		`[[0, 9]], [[0, 9]]`:                         "none",
	} {
		want(s, `import("/assets/bands.js").then((m) => { const c = m.common([`+lists+`].map((l, i) => ({ color: ["red", "blue"][i], bands: l.map(([from, to]) => ({ from, to })) }))); return c ? c.map((b) => b.from).join(" ") + " " + c[0].color : "none"; })`, marks)
	}
	// Two settings of one label are told apart in the table, too.
	other := again
	other.dir, other.epochs, other.stop = "short", 6, 0
	other.write(s, s.root)
	s.visit("#/?sel=" + s.id("table3/LGL-d3-seed1") + "," + s.id("short"))
	s.until(`[...document.querySelectorAll(".results tbody th")].map(e => e.textContent.trim()).sort().join() === "LGL(d,3) epochs=12,LGL(d,3) epochs=6"`)
	if err := os.RemoveAll(filepath.Join(s.root, other.dir)); err != nil {
		s.Fatal(err)
	}
}

// testRun looks at the page of a run.
func (s *site) testRun() {
	s.visit("#/run/" + s.id("broken-lr"))
	want(s, `document.querySelector("h1").textContent`, "broken-lr")
	want(s, `document.querySelector(".pill").textContent.trim().endsWith("failed")`, true)
	want(s, `document.querySelector(".warnings").textContent.includes("lower --lr")`, true)
	s.visit("#/run/" + s.id("cifar100/lgl-d4"))
	want(s, `document.querySelector(".facts").textContent.includes("4 of 4")`, true)
	want(s, `document.querySelectorAll(".progress-mark").length`, 3)
	s.until(`document.querySelectorAll("#s-curves .chart:not([hidden])").length === 5`)
	want(s, over, "epoch") // as the stages and tables of one run count
	s.visit("#/run/" + s.id("table3/LGL-d3-seed1"))
	s.run(chromedp.Focus(chromedp.CSS(".crumbs select")))
	s.press(kb.ArrowDown, kb.ArrowDown) // past two others, which must not lead there
	s.press(kb.Tab, kb.Enter)
	s.until(`document.querySelectorAll(".compare-table thead a").length === 2`)
	want(s, `document.querySelectorAll(".compare-table thead a")[1].textContent.endsWith("seed3")`, false)
	s.visit("#/run/" + s.id("cifar100/lgl-d4"))
	for i, name := range []string{"timeline", "entropy", "confusion", "classes", "neighbours", "ledger", "config"} {
		s.run(chromedp.Click(chromedp.CSS(fmt.Sprintf(`.sections a:nth-child(%d)`, i+2))))
		s.until(`location.hash.includes("/` + name + `")`)
		s.until(`document.querySelector("#s-` + name + ` .section-body").childElementCount > 0`)
		s.settle()
		s.until(`Math.abs(document.querySelector("#s-` + name + `").getBoundingClientRect().top - 76) < 120 || innerHeight + scrollY >= document.body.scrollHeight - 2`)
	}
	want(s, `document.querySelector("#s-ledger").textContent.includes("2.50")`, true) // (4+1)/2 baselines
	want(s, `document.querySelector("#s-config .settings").textContent.includes("augment.crop")`, true)
	s.run(chromedp.SendKeys(chromedp.CSS("#s-config input"), "partition"))
	s.until(`document.querySelectorAll("#s-config dl > div").length === 1`)
	// A section that was asked for before the run was read is where one is then.
	eval[bool](s, `(async () => { for (const section of ["timeline", "config"]) {
		location.hash = "#/run/`+s.id("killed")+`/" + section;
		await new Promise((done) => addEventListener("hashchange", done, { once: true }));
	} return true; })()`)
	s.until(`document.activeElement.id === "s-config"`)
	s.settle()
	want(s, `document.activeElement.id`, "s-config")
	s.allow("404 (Not Found)")
	put(s, s.root, "not-begun/a")
	put(s, s.root, "not-begun/b")
	s.visit("#/run/" + s.id("not-begun/a"))
	s.until(`document.querySelector(".note.bad").textContent === "not-begun/a: no run_started event in it: the run was stopped before it began"`)
	s.visit("#/?q=not-begun")
	s.until(`document.querySelectorAll(".row").length === 2`)
	want(s, `document.querySelectorAll(".row .seeds").length`, 0) // of which nothing is known, they are no seeds of one another
	if err := os.RemoveAll(filepath.Join(s.root, "not-begun")); err != nil {
		s.Fatal(err)
	}
	s.visit("#/run/0123456789abcdef")
	want(s, `document.querySelector(".note.bad").textContent.includes("no such run")`, true)
	want(s, `document.querySelector("main").innerText.replace(/\s+/g, " ").trim()`, "All runs There is no such run here, or none any more.")
}

// testClock looks at a run, and at the page of one, as time goes by.
func (s *site) testClock() {
	s.visit("#/")
	want(s, `import("/assets/status.js").then((m) => [[0, 9], [58, 3], [61, 9], [61, 20], [600, 9]].map(([ago, epoch]) => {
		const run = { status: "running", seconds: 100, epoch, seconds_left: 90.4, awaited: new Date(Date.now() - 1000 * ago).toISOString() };
		return m.late(run) + "|" + m.timeLeft(run);
	}).join("; ").replaceAll("\u202f", " "))`, "|1 min 30 s left; |32 s left; no epoch for 1 min 01 s|29 s left; no epoch for 1 min 01 s|29 s left; no epoch for 10 min 00 s|< 1 s left")
	eval[bool](s, `(() => {
		const [set, clear] = [setInterval, clearInterval];
		window.clocks = new Map();
		window.setInterval = (f, ms) => { const id = set(f, ms); clocks.set(id, f); return id; };
		window.clearInterval = (id) => { clear(id); clocks.delete(id); };
		location.hash = "#/run/`+s.id("killed")+`";
		return true;
	})()`)
	s.until(`document.querySelector(".run-sub")?.textContent.endsWith("1\u202fh ago")`)
	eval[bool](s, `(() => { const now = Date.now; Date.now = () => now() + 7200e3; for (const f of clocks.values()) f(); return true; })()`)
	want(s, `document.querySelector(".run-sub").textContent.endsWith("3\u202fh ago")`, true)
	s.settle()
	s.press(kb.Escape)
	s.until(`document.querySelector(".row") !== null`)
	want(s, `window.clocks.size`, 1) // the list's
}

// readable says whether numbers in matrices have a contrast of 4.5 on all colours that a cell may have.
const readable = `import("/assets/palette.js").then((m) => {
	const linear = (v) => (v <= 10 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4), luminance = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
	const contrast = (a, b) => (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
	return [m.entropyColor, m.shareRamp()].every((ramp) => [...Array(201).keys()].map((i) => ramp(i / 200)).every((c) => contrast(luminance(c), luminance(m.rgb(m.inkOn(c)))) >= 4.5));
})`

// testMatrices reads cells of the heat map and of the confusions.
func (s *site) testMatrices() {
	s.visit("#/run/" + s.id("table3/LGL-d3-seed1") + "/entropy")
	s.hover("#s-entropy .matrix canvas", .12, .5)
	s.until(`/H\(T\|X\)|not measured/.test(document.querySelector("#s-entropy .matrix-read").textContent)`)
	want(s, readable, true)
	s.visit("#/run/" + s.id("cifar100/lgl-d4") + "/confusion")
	s.until(`document.querySelectorAll("#s-confusion .groups button").length >= 2`)
	s.until(`document.querySelectorAll("#s-confusion .pair").length > 3`)
	// Of mistakes only the colours reach as far as the most frequent one, and their key says so, and the picture's.
	want(s, `(() => {
		const say = () => { const key = document.querySelector("#s-confusion .ramp-key").textContent; return key.replace(/0 %(.*) % of the class/, "$1"); }, box = document.querySelector("#s-confusion .check input");
		const all = say();
		box.click();
		const some = Number(say()), worst = parseFloat(document.querySelector("#s-confusion .pair .value").textContent);
		box.click();
		return [all, Math.abs(some - worst) < .006, say()].join();
	})()`, "100,true,100")
	want(s, `import("/assets/run-confusion.js").then((m) => m.ConfusionSection.prototype.legend.call({ most: .125 }).map((l) => l.label).join())`, "0 %,0.125 %,1.25 %,6.25 %,12.5 %")
	// The key is drawn anew in light and dark, and what was left is not.
	left := `(() => { const c = document.querySelector("#s-confusion .ramp"); return c.seen ??= c.getContext("2d").getImageData(0, 0, 1, 1).data.join(); })()`
	ground := eval[string](s, left)
	eval[bool](s, `import("/assets/ramp-key.js").then((m) => { window.drawn = 0; return Boolean(m.rampKey((t) => (window.drawn++, [t, t, t]), "", "")); })`)
	s.press("t")
	s.until(fmt.Sprintf(`%s !== %q`, left, ground))
	s.press("t")
	s.until(fmt.Sprintf(`%s === %q`, left, ground))
	want(s, `window.drawn`, 100)
	s.settle()
	s.hover("#s-confusion .matrix canvas", .5, .5)
	s.until(`/ of 100/.test(document.querySelector("#s-confusion .matrix-read").textContent)`)
	s.run(chromedp.Click(chromedp.CSS("#s-confusion .groups button")))
	s.until(`document.querySelector("#s-confusion .matrix").classList.contains("zoomed")`)
	s.run(chromedp.Focus(chromedp.CSS("#s-confusion .matrix")))
	s.press("0")
	s.until(`!document.querySelector("#s-confusion .matrix").classList.contains("zoomed")`)
	read := eval[string](s, `document.querySelector("#s-confusion .matrix-read").textContent`)
	s.press(kb.ArrowRight)
	s.until(fmt.Sprintf(`document.querySelector("#s-confusion .matrix-read").textContent !== %q`, read))
	s.run(chromedp.Click(chromedp.CSS("#s-confusion .pair")))
	s.until(`document.querySelector("#s-confusion .matrix-read").textContent.includes("taken for")`)
	total := eval[string](s, `document.querySelector("#s-confusion .section-note").textContent`)
	if !strings.HasPrefix(total, "10,000 test samples") {
		s.Errorf("the confusions are of %q; want 10,000 test samples", total)
	}
	s.run(chromedp.Focus(chromedp.CSS("#s-confusion select")))
	for n := 3; n >= 1; n-- {
		s.press(kb.ArrowUp)
		s.settle()
		want(s, `document.activeElement.value`, fmt.Sprint(n)) // it keeps the focus
	}
}

// testAnew looks at a run while another is made in its place.
func (s *site) testAnew() {
	p := sketch{dir: "anew", label: "LGL(r,2)", method: "lgl", data: "fashion-mnist", model: "mlp", classes: garments, kin: 5, stages: 2, epochs: 2, seed: 1, status: "done", tiles: true}
	p.write(s, s.root)
	s.visit("#/run/" + s.id("anew") + "/config")
	s.press("4", "5")
	s.until(`document.querySelectorAll("#s-confusion .pair").length > 3 && document.querySelectorAll("#s-classes tbody tr").length === 10`)
	s.settle()
	blank := image.NewGray(image.Rect(0, 0, 16*28, 28))
	var out bytes.Buffer
	if err := errors.Join(png.Encode(&out, blank), os.WriteFile(filepath.Join(s.root, "anew", thumbnailsName), out.Bytes(), 0o644)); err != nil {
		s.Fatal(err)
	}
	p.classes, p.status, p.stop, p.seed, p.tiles, p.began = hundred[:10], "", 1, 7, false, time.Now()
	p.write(s, s.root)
	s.until(`document.querySelector("#s-classes tbody .class-name").textContent === "beaver"`)
	s.press("4", "8")
	s.until(`document.querySelector("#s-confusion .empty")?.textContent.startsWith("No confusions") && document.querySelector("#s-config .settings") !== null`)
	want(s, `["section-note", "tools"].map((c) => document.querySelector("#s-confusion ." + c).textContent).join()`, ",")
	want(s, `[...document.querySelectorAll("#s-config dl > div")].filter((e) => /^(seed|time)\d/.test(e.textContent)).map((e) => e.textContent).join()`, "seed7") // the time would stand still
	// As one who waits for a picture does.
	s.allow("willReadFrequently")
	s.until(`[...document.querySelectorAll("#s-classes .thumb")].every((c) => c.getContext("2d").getImageData(0, 0, 28, 28).data.every((v, i) => v === (i % 4 < 3 ? 0 : 255)))`)
	if err := os.RemoveAll(filepath.Join(s.root, "anew")); err != nil {
		s.Fatal(err)
	}
}

// testExtended looks at a run that goes on with the network of another, of eight classes.
func (s *site) testExtended() {
	run := "#/run/" + s.id("few-extended")
	s.visit(run + "/timeline")
	s.until(`document.querySelectorAll("#s-timeline tbody tr").length === 2`)
	want(s, `document.querySelector("#s-timeline .section-note").textContent`, "10 classes, 8 of them known before, 1 stage")
	want(s, `document.querySelector("#s-timeline tbody tr").textContent`, "before"+strings.Join(garments[:8], ", ")+"known to the run that this one extends")
	want(s, `document.querySelector("#s-timeline canvas").ariaLabel.startsWith("before: T-shirt/top, Pullover")`, true)
	s.shot("extended", false)
	s.visit(run + "/entropy")
	s.until(`document.querySelector("#s-entropy .matrix canvas") !== null`)
	s.run(chromedp.Focus(chromedp.CSS("#s-entropy .matrix")))
	s.press(kb.ArrowDown)
	s.until(`/^T-shirt.top, stage 1: .*; it was known before the run$/.test(document.querySelector("#s-entropy .matrix-read").textContent)`)
	for range 9 {
		s.press(kb.ArrowDown)
	}
	s.until(`/; it entered with stage 1$/.test(document.querySelector("#s-entropy .matrix-read").textContent)`)
	s.visit(run + "/ledger")
	s.until(`document.querySelector("#s-ledger .section-body").textContent.includes("None of these has what was spent on the run that this one extends, few.")`)
	want(s, `document.querySelector(".facts").textContent.includes("Cost, extension alone")`, true)
	s.visit(run + "/classes")
	s.until(`document.querySelectorAll("#s-classes tbody tr").length === 10`)
	want(s, `[...document.querySelectorAll("#s-classes tbody tr td:nth-child(2)")].map(e => e.textContent).join(" ")`, strings.Repeat("before ", 8)+"1 1")
}

// testClasses sorts the table of classes, and looks at the neighbours with their pictures.
func (s *site) testClasses() {
	s.visit("#/run/" + s.id("cifar100/lgl-d4") + "/classes")
	s.until(`document.querySelectorAll("#s-classes tbody tr").length === 100`)
	s.run(chromedp.Click(chromedp.CSS("#s-classes th:nth-child(3) button")))
	s.until(`document.querySelector("#s-classes th:nth-child(3)").ariaSort === "descending"`)
	shares := eval[[]float64](s, `[...document.querySelectorAll("#s-classes .bar-text")].map(e => parseFloat(e.textContent))`)
	for i := 1; i < len(shares); i++ {
		if shares[i] > shares[i-1] {
			s.Errorf("sorted by accuracy, row %d has %g, behind %g", i, shares[i], shares[i-1])
		}
	}
	want(s, `[...document.querySelectorAll("#s-classes tbody td:last-child")].every(e => e.textContent === "100")`, true) // test samples
	// H now: their points stand one below the other.
	want(s, `[...document.querySelectorAll("#s-classes tbody td:nth-child(6)")].every(e => /^\d+\.\d{3}$/.test(e.textContent))`, true)
	s.until(`document.querySelector("#s-classes").textContent.includes("mean of the classes ")`)
	s.run(chromedp.SendKeys(chromedp.CSS("#s-classes input"), "tulip"))
	s.until(`document.querySelectorAll("#s-classes tbody tr").length === 1`)
	s.visit("#/run/" + s.id("broken-lr") + "/classes") // whose second stage was broken off
	s.until(`document.querySelector("#s-classes .section-note").textContent.startsWith("after stage 1, ")`)
	want(s, `document.querySelectorAll("#s-classes .bar-text").length`, 5)
	s.visit("#/run/" + s.id("table3/LGL-d3-seed1") + "/neighbours")
	s.until(`document.querySelectorAll("#s-neighbours .near-col li").length > 4`)
	want(s, `[...document.querySelectorAll("#s-neighbours .thumb")].every(c => c.getContext("2d").getImageData(0, 0, 28, 28).data.some((v, i) => i % 4 < 3 && v > 60))`, true)
	want(s, `document.querySelectorAll("#s-neighbours .near-stage").length`, 2)
}

// testCompare sets two runs side by side.
func (s *site) testCompare() {
	a, b := s.id("table3/LGL-d3-seed1"), s.id("table3/baseline-seed1")
	s.visit("#/?sel=" + a + "," + b)
	s.press("c")
	s.until(`location.hash.startsWith("#/compare")`)
	s.until(`document.querySelectorAll(".compare-table .differs").length > 0`)
	want(s, `[...document.querySelectorAll(".differs th")].map(e => e.textContent).includes("method")`, true)
	want(s, `[...document.querySelectorAll(".differs th")].map(e => e.textContent).includes("batch")`, false)
	s.until(`document.querySelectorAll(".compare .key").length === 2`)
	want(s, over, "samples")
	want(s, `document.querySelector(".compare .note").hidden`, true)
	both := eval[string](s, `location.hash`)
	eval[bool](s, `(location.hash += ",0123456789abcdef") !== ""`) // one that is gone
	s.until(`document.querySelector(".compare .note:not([hidden])")?.textContent.startsWith("Left out: the run of the id")`)
	s.settle()
	want(s, `document.querySelectorAll(".compare-table thead a").length + document.querySelectorAll(".compare .key").length`, 4)
	s.run(chromedp.NavigateBack())
	s.until(fmt.Sprintf(`location.hash === %q && document.querySelector(".compare .note").hidden`, both))
	s.run(chromedp.Click(chromedp.CSS("summary")))
	s.until(`[...document.querySelectorAll("details dt")].map(e => e.textContent).includes("batch")`)
	s.run(chromedp.NavigateBack())
	s.until(`document.querySelectorAll('.row[aria-selected="true"]').length === 2`)
}

// testKeyboard uses nothing else.
func (s *site) testKeyboard() {
	s.run(chromedp.MouseEvent(chromedp.MouseMoved, 1, 1)) // where it rested what scrolls under it is read, as by a pointer that moves
	s.visit("#/?sel=none&sort=name")
	s.press(kb.Tab)
	want(s, `document.activeElement.id`, "skip")
	s.press(kb.Enter)
	want(s, `document.activeElement.id`, "main")
	s.until(`document.querySelectorAll(".row").length === 17`)
	for _, control := range []string{".seg input:checked", ".toolbar input[type=range]"} { // set by the arrows, which lead on elsewhere
		was := eval[string](s, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.focus(); return e.value; })()`, control))
		s.press(kb.ArrowUp)
		want(s, fmt.Sprintf(`document.activeElement.matches("input") && document.activeElement.value !== %q`, was), true)
		s.press(kb.ArrowDown)
		want(s, `document.activeElement.value`, was)
	}
	s.press("j")
	s.until(`document.activeElement.classList.contains("row")`)
	s.press(kb.ArrowDown, "j", kb.ArrowUp, " ")
	s.until(`document.querySelectorAll('.row[aria-selected="true"]').length === 1`)
	want(s, `document.activeElement.getAttribute("aria-selected") + document.activeElement.ariaRowIndex`, "true2")
	want(s, `getComputedStyle(document.activeElement).outlineStyle`, "solid") // the focus is seen
	want(s, `document.querySelectorAll('.row[tabindex="0"]').length`, 1)
	s.press(kb.End)
	s.until(`document.activeElement.ariaRowIndex === "17"`)
	s.press("g")
	s.until(`document.querySelectorAll('.row[aria-selected="true"]').length === 4`)
	s.press("/")
	want(s, `document.activeElement.id`, "search")
	s.press(kb.Backspace, "k", "i", "l", kb.Enter) // the driver types the / too, which a browser does not
	s.until(`document.activeElement.classList.contains("row")`)
	s.press(kb.Enter)
	s.until(`document.querySelector("h1")?.textContent === "killed"`)
	s.press("?")
	s.until(`document.querySelector("dialog.help").open`)
	want(s, `document.querySelectorAll("dialog kbd").length > 8`, true)
	s.press(kb.Escape)
	s.until(`!document.querySelector("dialog.help").open`)
	s.until(`document.querySelector("#s-timeline")?.checkVisibility()`) // the name of a run is there before its log is read
	s.press("2")
	s.until(`document.activeElement.id === "s-timeline"`)
	s.until(`document.querySelector("#s-curves .u-over") !== null`)
	s.run(chromedp.Focus(chromedp.CSS("#s-curves .plot")))
	s.press(kb.ArrowRight, kb.ArrowRight)
	s.until(`document.querySelector("#s-curves .chart .hide").textContent.startsWith("epoch 2")`)
	s.press("+")
	s.until(`location.hash.includes("from=")`)
	s.press("0")
	s.until(`!location.hash.includes("from=")`)
	theme := eval[string](s, `getComputedStyle(document.body).backgroundColor`)
	s.press("t")
	s.until(fmt.Sprintf(`getComputedStyle(document.body).backgroundColor !== %q`, theme))
	s.press("t", kb.Escape)
	s.until(`document.querySelector(".row") !== null`)
}

// testDownload saves pictures of a chart and of a matrix.
func (s *site) testDownload() {
	dir := s.TempDir()
	if _, err := chromedp.CallBrowser(s.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir}); err != nil {
		s.Fatal(err)
	}
	s.visit("#/run/" + s.id("table3/LGL-d3-seed1") + "/confusion")
	s.until(`document.querySelectorAll("#s-confusion .pair").length > 3`)
	for _, at := range []string{"#s-curves .chart", "#s-timeline", "#s-entropy", "#s-confusion"} {
		eval[bool](s, fmt.Sprintf(`document.querySelector(%q).scrollIntoView() === undefined`, at+" .png"))
		s.settle()
		s.run(chromedp.Click(chromedp.CSS(at + " .png")))
	}
	var files []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && len(files) < 4; time.Sleep(50 * time.Millisecond) {
		files, _ = filepath.Glob(filepath.Join(dir, "*.png"))
	}
	if len(files) != 4 {
		s.Fatalf("downloaded %q; want four pictures", files)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			s.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(text))
		if err != nil {
			s.Errorf("%s: %v", name, err)
			continue
		}
		if b := picture.Bounds(); b.Dx() < 320 || b.Dy() < 150 || colors(picture) < 10 {
			s.Errorf("%s is %v with %d colours; want a chart", name, b, colors(picture))
		}
		s.keep(filepath.Base(name), text)
	}
}

// testPhone looks at every page on a narrow screen: nothing may stick out.
func (s *site) testPhone() {
	s.screen(360, 740)
	defer s.screen(1440, 900)
	run := s.id("cifar100/lgl-d4")
	for _, hash := range []string{"#/", "#/?tab=curves", "#/compare?runs=" + run + "," + s.id("killed"), "#/run/" + run, "#/run/" + run + "/timeline", "#/run/" + run + "/confusion", "#/run/" + run + "/classes", "#/run/" + run + "/config"} {
		s.visit(hash)
		if over := eval[[]string](s, `(() => { const w = document.documentElement.clientWidth; if (document.documentElement.scrollWidth <= w && w === 360) return [];
			return ["" + document.documentElement.scrollWidth].concat([...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest(".scroll, .sections, .chips")).map(e => e.tagName + "." + e.className)).slice(0, 8); })()`); len(over) > 0 {
			s.Errorf("%s is wider than a phone of 360 pixels: %q", hash, over)
		}
		s.shot("phone "+strings.NewReplacer("#", "", "/", " ", "?", " ", run, "run").Replace(strings.Split(hash, ",")[0]), false)
	}
	// A name that is too long ends in an ellipsis, not in half a letter.
	s.visit("#/")
	want(s, `(() => { const e = document.querySelector(".row-name .dir:not(:empty) + .base"); e.textContent = "0".repeat(200); return e.parentNode.scrollWidth - e.parentNode.clientWidth; })()`, 0)
	// Beside a long name of a class its accuracy is still to be seen.
	s.visit("#/run/" + run + "/classes")
	s.until(`document.querySelector("#s-classes .class-name") !== null`)
	want(s, `(() => { document.querySelector("#s-classes .class-name").textContent = "Northern_long-eared_brown_bat_(Myotis) ".repeat(3); return document.querySelector("#s-classes tbody th").clientWidth < 240; })()`, true)
	// A value as long as a SHA-256 is broken, so that the next run stands beside it.
	s.visit("#/compare?runs=" + run + "," + s.id("killed"))
	s.until(`document.querySelector(".differs td") !== null`)
	want(s, `(() => { const e = document.querySelector(".differs td"); e.textContent = "0".repeat(64); return e.clientWidth < 240; })()`, true)
	s.screen(320, 640)
	s.visit("#/?tab=curves&sel=" + s.id("table3/LGL-d3-seed1") + "," + s.id("table3/LGL-d3-seed2"))
	s.until(`document.querySelector(".curves .key-label") !== null`)
	// What tells curves apart is whole: no narrower than it would be alone.
	want(s, `(() => { const e = document.querySelector(".curves .key-label"), w = e.getBoundingClientRect().width; e.nextSibling.remove(); return e.getBoundingClientRect().width - w < .05; })()`, true)
	s.screen(360, 740)
	s.visit("#/")
	s.run(chromedp.Click(chromedp.CSS(`.tab[data-tab="curves"]`)))
	s.until(`document.querySelector(".curves .plot").clientWidth > 200`)
	want(s, `document.querySelector(".side").offsetParent === null`, true)
	s.run(chromedp.NavigateBack())
	s.until(`document.querySelector(".side").offsetParent !== null`)
}

// testDark follows the system, and the switch, which is kept.
func (s *site) testDark() {
	light := func() bool {
		return eval[bool](s, `(() => { const c = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number); return c[0] + c[1] + c[2] > 380; })()`)
	}
	s.dark(true)
	defer s.dark(false)
	s.visit("#/")
	if light() {
		s.Error("the system is dark, the page light")
	}
	s.until(`document.querySelector(".plot canvas") !== null`)
	want(s, readable, true)
	s.shot("dark", false)
	s.run(chromedp.Click(chromedp.CSS("#theme")))
	s.visit("#/")
	if !light() {
		s.Error("switched to light, and loaded anew, the page is dark")
	}
	s.run(chromedp.Click(chromedp.CSS("#theme")))
	if light() {
		s.Error("switched back, the page is light")
	}
}
