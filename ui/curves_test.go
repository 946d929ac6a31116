package ui

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
)

// curveAnswer is the answer to /api/curves.
type curveAnswer struct {
	Metric, X string
	Series    []struct {
		ID           *string
		Group, Label string
		N            int
		Runs         []string
		Best         bool
		Behind       *struct {
			N         int
			Mean      float64
			Low, High *float64
		}
		X            []float64
		Y, Low, High []*float64
		Bands        []struct {
			Stage    int
			From, To float64
			New      []string
			Count    int
		}
	}
}

// A curve of one run is its log's numbers, with gaps where what is measured changes.
func TestCurve(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "run", logOf(t, usual().tell())...)
	s := serve(t, dir)
	s.list()
	text := func(v []*float64) string {
		var out []string
		for _, p := range v {
			if p == nil {
				out = append(out, "-")
			} else {
				out = append(out, fmt.Sprintf("%.3f", *p))
			}
		}
		return strings.Join(out, " ")
	}
	for query, want := range map[string][2]string{
		"metric=top1":                      {"[1 2 3 4 5 6]", "0.500 0.667 0.750 0.800 0.833 0.857"},
		"metric=top1&x=samples":            {"[400 800 1200 1600 2000 2400]", "0.500 0.667 0.750 0.800 0.833 0.857"},
		"metric=lr&x=seconds":              {"[0.5 1 1.5 2 2.5 3]", "0.100 0.100 0.100 0.100 0.100 0.100"},
		"metric=train_loss":                {"[1 2 3 3.001 4 5 6]", "2.000 1.000 0.667 - 0.500 0.400 0.333"},
		"metric=entropy_active":            {"[0 1 2 3 3.001 3.002 4 5 6]", "1.000 0.500 0.333 0.250 - 0.500 0.250 0.167 0.125"},
		"metric=top1_old":                  {"[1 2 3 3.001 4 5 6]", "0.250 0.333 0.375 - 0.400 0.417 0.429"},
		"metric=samples_per_second":        {"[1 2 3 4 5 6]", "1000.000 1000.000 1000.000 1000.000 1000.000 1000.000"},
		"metric=selected":                  {"[1 2 3 4 5 6]", "- - - - - -"},
		"metric=lr&from=2.5&to=4":          {"[2 3 4 5]", "0.100 0.100 0.100 0.100"},
		"metric=lr&from=2&to=2":            {"[1 2 3]", "0.100 0.100 0.100"},
		"metric=lr&to=-1":                  {"[1]", "0.100"},
		"metric=lr&from=7":                 {"[6]", "0.100"},
		"metric=test_loss&group=1&x=epoch": {"[1 2 3 4 5 6]", "0.500 0.500 0.500 0.500 0.500 0.500"},
	} {
		var a curveAnswer
		s.decode("/api/curves?"+query+"&run="+idOf("run"), &a)
		c := a.Series[0]
		if got := fmt.Sprint(c.X); got != want[0] || text(c.Y) != want[1] || c.N != 1 || c.ID == nil {
			t.Errorf("%s: %s\n%s\nwant %s", query, got, text(c.Y), want)
		}
		if strings.Contains(query, "x=") {
			continue
		}
		if b := fmt.Sprintf("%+v", c.Bands); b != "[{Stage:1 From:0 To:3 New:[class a0 class b1] Count:2} {Stage:2 From:3 To:6 New:[class c2 class d3] Count:2}]" {
			t.Errorf("bands %s", b)
		}
	}
	for query, want := range map[string]int{"": 400, "metric=top2": 400, "metric=top1&x=hours": 400, "metric=top1&points=1": 400, "metric=top1&points=x": 400,
		"metric=top1&points=99999": 400, "metric=top1&group=2": 400, "metric=top1&from=x": 400, "metric=top1&to=NaN": 400, "metric=top1&run=none": 404, "metric=top1&run=%zz": 400, "metric=top1;x": 400} {
		if status, body := s.get("/api/curves?" + query); status != want {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
	if status, body := s.get("/api/curves?metric=top1"); status != 200 || !strings.Contains(string(body), `"series":[]`) {
		t.Errorf("no run: %d %s", status, body)
	}
}

// Seeds become mean and standard deviation, worked out here by their definitions; one that has got less
// far counts as far as it has.
func TestGroups(t *testing.T) {
	dir := t.TempDir()
	gains := []float64{0, .01, .04}
	var ids []string
	for i, gain := range gains {
		seed := usual()
		seed.seed, seed.gain = uint64(i+1), gain
		lines := logOf(t, seed.tell())
		if i == 2 {
			lines = lines[:4] // two epochs
		}
		put(t, dir, fmt.Sprint("s", i), lines...)
		ids = append(ids, "run="+idOf(fmt.Sprint("s", i)))
	}
	other := usual()
	other.lr = .5
	put(t, dir, "other", logOf(t, other.tell())...)
	s := serve(t, dir)
	s.list()
	var a curveAnswer
	again := usual() // the first seed again, stopped: it tells nothing new
	again.gain, again.status = .5, ""
	put(t, dir, "again", logOf(t, again.tell())...)
	damaged := usual() // and again, damaged before its end
	damaged.gain = .25
	lines := logOf(t, damaged.tell())
	lines[4] = []byte("{}\n")
	put(t, dir, "damaged", lines...)
	s.list()
	s.decode("/api/curves?metric=top1&group=1&"+strings.Join(ids, "&")+"&run="+idOf("other")+"&run="+idOf("again")+"&"+ids[0]+"&run="+idOf("damaged"), &a)
	if len(a.Series) != 2 || a.Series[0].N != 3 || a.Series[0].ID != nil || a.Series[1].N != 1 {
		t.Fatalf("%+v", a.Series)
	}
	if a.Series[0].Label != "LGL(r,2) lr=0.1" || a.Series[1].Label != "LGL(r,2) lr=0.5" {
		t.Errorf("labels %q and %q", a.Series[0].Label, a.Series[1].Label)
	}
	c := a.Series[0]
	if len(c.X) != 6 {
		t.Fatalf("%d points", len(c.X))
	}
	for i, behind := range []int{3, 3, 2, 2, 2, 2} { // seeds
		base, sum, squares := 1-1/float64(i+2), 0.0, 0.0
		n := float64(behind)
		for _, g := range gains[:behind] {
			sum += base + g
		}
		mean := sum / n
		for _, g := range gains[:behind] {
			squares += (base + g - mean) * (base + g - mean)
		}
		sd := math.Sqrt(squares / (n - 1))
		if !near(*c.Y[i], mean) || !near(*c.Low[i], mean-sd) || !near(*c.High[i], mean+sd) {
			t.Errorf("epoch %d: %v in %v..%v; want %v -+ %v", i+1, *c.Y[i], *c.Low[i], *c.High[i], mean, sd)
		}
	}
}

// Runs of one seed that extend two networks are no seed twice.
func TestExtendedGroups(t *testing.T) {
	dir, query := t.TempDir(), "/api/curves?metric=top1&group=1"
	for _, base := range []string{"a", "b"} {
		events := usual().tell()
		begun := events[0].(record.RunStarted)
		begun.Extends = &record.Extends{Run: base, SHA256: strings.Repeat(base, 64)}
		events[0] = begun
		put(t, dir, base, logOf(t, events)...)
		query += "&run=" + idOf(base)
	}
	s := serve(t, dir)
	s.list()
	var a curveAnswer
	if s.decode(query, &a); len(a.Series) != 1 || a.Series[0].N != 2 {
		t.Errorf("%+v; want one series of two runs", a.Series)
	}
}

// The stages of a group are where its curve has them: at the mean of its runs, the last up to those that came
// farthest; also of a stage that the first run has not.
func TestBandsOfAGroup(t *testing.T) {
	run := func(second, third []string, starts ...float64) (t track) {
		names := [][]string{{"a"}, second, third}
		for i := range starts[1:] {
			t.bands = append(t.bands, span{i + 1, [3]float64{float64(3 * i), 0, starts[i]}, [3]float64{float64(3*i + 3), 0, starts[i+1]}, names[i]})
		}
		return t
	}
	g := group{run([]string{"b", "c"}, nil, 0, 2, 7), run([]string{"c", "b"}, []string{"d"}, 0, 4, 9, 20), run([]string{"b", "c"}, []string{"e"}, 0, 6, 11, 22)}
	if got, want := fmt.Sprint(g.bands(2)), "[{1 0 4 [a] 1} {2 4 10 [b c] 2} {3 10 21 [] 1}]"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
	fast := group{run([]string{"b"}, nil, 0, 50, 60), run([]string{"b"}, []string{"c"}, 0, 3, 4, 5)} // the third stage is that of the fast run alone
	if got, want := fmt.Sprint(fast.bands(2)), "[{1 0 26.5 [a] 1} {2 26.5 26.5 [b] 1} {3 26.5 26.5 [c] 1}]"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
	fast[0].points, fast[1].points = []point{{instant{0, 1, 0}, [3]float64{1, 0, 50}, 1}}, []point{{instant{0, 1, 0}, [3]float64{1, 0, 3}, 1}, {instant{0, 2, 0}, [3]float64{2, 0, 5}, 1}, {instant{0, 3, 0}, [3]float64{3, 0, 40}, 1}}
	if c := fast.series("seconds"); fmt.Sprint(c.X, c.Bands[2].To) != "[26.5 40] 40" {
		t.Errorf("points at %v, stages %v", c.X, c.Bands)
	}
	if got, want := fmt.Sprint(g[:2].bands(2)), "[{1 0 3 [a] 1} {2 3 9 [b c] 2} {3 9 20 [d] 1}]"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// Seeds whose stages differ in length are joined stage by stage, and count with what they reached until the
// others are there; but for a run that came to no end, a curve ends at the mean of all, as the table does.
func TestStagesOfDifferentLengths(t *testing.T) {
	run := func(status string, stages ...[]float32) (t track) {
		t.run.Status = status
		epoch := 0.0
		for i, values := range stages {
			for n, v := range values {
				if i > 0 && n == 0 {
					t.points = append(t.points, point{instant{int32(i), 0, gapPart}, [3]float64{epoch + .25}, float32(math.NaN())})
				}
				epoch++
				t.points = append(t.points, point{instant{int32(i), int32(n + 1), 0}, [3]float64{epoch}, v})
			}
		}
		return t
	}
	long := run("done", []float32{.25, .5, .75}, []float32{.25, .5})
	for status, want := range map[string]string{
		"done":    "[1 2 2.5 2.75 3.5 4] [0.25 0.5 0.625 NaN 0.25 0.375] [0 0 0.1767767 NaN 0 0.1767767]",
		"stopped": "[1 2 2.5 2.75 3.5 5] [0.25 0.5 0.625 NaN 0.25 0.5] [0 0 0.1767767 NaN 0 NaN]",
	} {
		c := group{run(status, []float32{.25, .5}, []float32{.25}), long}.series("epoch")
		var sd []float32
		for i := range c.High {
			sd = append(sd, c.High[i]-c.Y[i])
		}
		if got := fmt.Sprint(c.X, c.Y, sd); got != want {
			t.Errorf("%s: %s; want %s", status, got, want)
		}
	}
	fewer := group{run("done", []float32{.75}), long}.series("epoch") // stages: there is a gap all the same
	if got, want := fmt.Sprint(fewer.Y), "[0.5 0.625 0.75 NaN 0.5 0.625]"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// Thinned, a curve keeps its lowest and highest values, overall and in every stretch, its gaps, and its
// ends; and no more points than asked for.
func TestThin(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		n, most := 1+r.IntN(3000), 50+r.IntN(300)
		c := series{}
		for i := range n {
			v := float32(math.Sin(float64(i)/200) + r.NormFloat64())
			if r.IntN(50) == 0 {
				v = float32(math.NaN())
			}
			c.X, c.Y, c.Low, c.High = append(c.X, float64(i)), append(c.Y, v), append(c.Low, float32(i)), append(c.High, float32(-i))
		}
		all := slices.Clone(c.Y)
		c.thin(most)
		if len(c.X) > most && len(c.X) != n || len(c.X) != len(c.Y) || len(c.Low) != len(c.X) || len(c.High) != len(c.X) || c.X[0] != 0 || c.X[len(c.X)-1] != float64(n-1) {
			t.Fatalf("%d points of %d, at most %d, from %v to %v", len(c.X), n, most, c.X[0], c.X[len(c.X)-1])
		}
		for i, x := range c.X {
			if v := all[int(x)]; v != c.Y[i] && (v == v || c.Y[i] == c.Y[i]) || i > 0 && x <= c.X[i-1] || c.Low[i] != float32(x) || c.High[i] != float32(-x) {
				t.Fatalf("point %d is (%v, %v, %v, %v); the curve has %v there", i, x, c.Y[i], c.Low[i], c.High[i], v)
			}
		}
		// Each stretch that has a gap keeps one.
		for k, stretches := 0, (most-2)/3; k < stretches && len(c.X) < n; k++ {
			from, to := 1+k*(n-2)/stretches, 1+(k+1)*(n-2)/stretches
			gaps := func(y []float32) bool { return slices.ContainsFunc(y, func(v float32) bool { return v != v }) }
			first, _ := slices.BinarySearch(c.X, float64(from))
			behind, _ := slices.BinarySearch(c.X, float64(to))
			if gaps(all[from:to]) != gaps(c.Y[first:behind]) {
				t.Fatalf("a gap from %d to %d: %v; drawn: %v", from, to, all[from:to], c.Y[first:behind])
			}
		}
		// In any span of three stretches the extremes are seen to a stretch.
		span := 3*n/((most-2)/3) + 3
		for from := 0; from+span <= n && len(c.X) < n; from += span / 2 {
			low, high := extremes(all[from : from+span])
			var seen []float32
			for i, x := range c.X {
				if int(x) >= from-span && int(x) < from+2*span {
					seen = append(seen, c.Y[i])
				}
			}
			if l, h := extremes(seen); l > low || h < high {
				t.Fatalf("from %d: %v..%v is drawn as %v..%v", from, low, high, l, h)
			}
		}
		if l, h := extremes(c.Y); true {
			if low, high := extremes(all); l != low && low == low || h != high && high == high {
				t.Fatalf("%v..%v is drawn as %v..%v", low, high, l, h)
			}
		}
	}
}

// extremes returns the lowest and the highest that is no gap.
func extremes(y []float32) (low, high float32) {
	low, high = float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range y {
		if v == v {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

// The view of a run, and what of two runs differs.
func TestViewAndCompare(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a", logOf(t, usual().tell())...)
	other := usual()
	other.lr, other.seed = .25, 9
	lines := logOf(t, other.tell())
	lines[0] = bytes.Replace(lines[0], []byte(`"lr":`), []byte(`"balance":"none","lr":`), 1) // which the other log lacks, and means
	put(t, dir, "b", lines...)
	s := serve(t, dir)
	s.list()
	var v struct {
		Config map[string]any
		Stages []struct {
			Stage      int
			Classes    []int
			Scores     map[string]float64
			Confusion  bool
			Start, End *struct{ Epoch, Samples, Seconds float64 }
			Top1       float64
		}
		Ledger  map[string]any
		Nearest []struct {
			Class             int
			Nearest, Farthest []struct {
				Class int
				Score float64
			}
		}
	}
	s.decode("/api/runs/"+idOf("a"), &v)
	if got := fmt.Sprintf("%v %v %v %v %v", v.Stages[1].Classes, v.Stages[1].Scores, v.Stages[1].Confusion, *v.Stages[1].Start, *v.Stages[1].End); got != "[0 1 2 3] map[2:0.30000000000000004 3:0.4] true {3 1200 1.5} {6 2400 3}" {
		t.Errorf("stage 2: %s", got)
	}
	for key, want := range map[string]float64{"samples_seen": 2400, "samples_probed": 0, "flops_trained": 6000 * 2400, "flops_forwarded": 14000, "seconds": 100, "train_seconds": 80} {
		if got, _ := v.Ledger[key].(float64); !near(got, want) {
			t.Errorf("ledger: %s is %v; want %v", key, v.Ledger[key], want)
		}
	}
	// 2 of 10 of class 0 are taken for 1, 4 of 10 the other way round: (.2 + .4) / 2.
	if n := v.Nearest[0]; len(n.Nearest) != 1 || n.Nearest[0].Class != 1 || !near(n.Nearest[0].Score, .3) || len(n.Farthest) != 3 {
		t.Errorf("nearest to class 0: %+v", n)
	}
	var c struct {
		Differences []struct {
			Key    string
			Values []any
		}
		Same []struct{ Key string }
	}
	s.decode("/api/compare?run="+idOf("a")+"&run="+idOf("b"), &c)
	if got := fmt.Sprint(c.Differences); got != "[{lr [0.1 0.25]} {seed [1 9]}]" || len(c.Same) < 15 {
		t.Errorf("differences %s, %d the same", got, len(c.Same))
	}
	var rest struct {
		Runs []struct{ ID string }
		Left []string
	}
	if s.decode("/api/compare?run=0123&run="+idOf("a"), &rest); len(rest.Runs) != 1 || fmt.Sprint(rest.Left) != `[the run of the id "0123" is gone from the directory]` {
		t.Errorf("with one that is gone: %+v", rest)
	}
	var h struct {
		Stages  []int
		Classes []string
		Entropy [][]*float64
	}
	s.decode("/api/runs/"+idOf("a")+"/heat", &h)
	if len(h.Stages) != 2 || len(h.Entropy[1]) != 4 || h.Entropy[0][3] != nil || !near(*h.Entropy[0][1], .02) || !near(*h.Entropy[1][3], .05) {
		t.Errorf("heat %v %v", h.Stages, h.Entropy)
	}
	for query, want := range map[string]int{"": 400, "run=" + idOf("a"): 400, "run=x&run=y": 404, "run=x&run=" + idOf("a"): 200} {
		if status, _ := s.get("/api/compare?" + query); status != want {
			t.Errorf("compare %s: %d", query, status)
		}
	}
}

// Labels get the settings in which groups on the same data differ; those on other data have these beside them.
func TestDistinguish(t *testing.T) {
	one := func(group, data, lr string) series {
		return series{Label: "baseline", Group: group, data: data, settings: map[string]string{"data": data, "lr": lr}}
	}
	all := []series{one("1", "a", ".1"), one("2", "a", ".2"), one("3", "b", ".1")}
	distinguish(all)
	for i, want := range []string{"baseline lr=.1", "baseline lr=.2", "baseline"} {
		if all[i].Label != want {
			t.Errorf("series %d: %q; want %q", i, all[i].Label, want)
		}
	}
}

// Of groups on one test set the best is named and how far the others are behind it, seed by seed: one with enough seeds,
// of runs that are done, each seed once.
func TestStanding(t *testing.T) {
	dir := t.TempDir()
	var ids []string
	write := func(name string, lr, top1 float64, seed uint64, classes int, status string) {
		run := usual()
		run.lr, run.seed, run.classes, run.status = lr, seed, letters(classes), status
		events := run.tell()
		for i, e := range events {
			if end, ok := e.(record.RunEnded); ok {
				end.Top1Last = &top1
				events[i] = end
			}
		}
		put(t, dir, name, logOf(t, events)...)
		ids = append(ids, "run="+idOf(name))
	}
	for seed, top1 := range []float64{.80, .82, .84} {
		write(fmt.Sprint("good", seed), .1, top1, uint64(seed), 4, "done")
		write(fmt.Sprint("near", seed), .2, top1-[]float64{.01, -.005, .01}[seed], uint64(seed), 4, "done")
		write(fmt.Sprint("poor", seed), .3, top1-[]float64{.10, .11, .12}[seed], uint64(seed), 4, "done")
	}
	write("once", .4, .99, 1, 4, "done")
	write("stopped", .5, .99, 1, 4, "failed")
	write("elsewhere", .6, .99, 1, 6, "done")
	write("again", .1, .50, 2, 4, "failed") // good2 counts
	s := serve(t, dir)
	s.list()
	var got curveAnswer
	s.decode("/api/curves?metric=lr&group=1&"+strings.Join(ids, "&"), &got)
	var text []string
	for _, c := range got.Series {
		line := fmt.Sprint(len(c.Runs), c.Best)
		if b := c.Behind; b != nil {
			line += fmt.Sprintf(" %d %.3f", b.N, b.Mean)
			if b.Low != nil {
				line += fmt.Sprint(" ", *b.Low < 0 && *b.High < 0)
			}
		}
		text = append(text, line)
	}
	if got, want := strings.Join(text, "; "), "3 true; 3 false 3 -0.005 false; 3 false 3 -0.110 true; 1 false 1 0.170; 1 false; 1 false"; got != want {
		t.Errorf("runs, best, common seeds, mean, surely less:\n%s; want\n%s", got, want)
	}
	if slices.Contains(got.Series[0].Runs, idOf("again")) {
		t.Error("a run that failed counts beside one of the same seeds that is done")
	}
}
