package ui

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/url"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// Limits of an answer with curves.
const (
	mostRuns    = 2000
	mostPoints  = 10_000  // of a curve
	mostAnswer  = 400_000 // of all
	leastPoints = 50
)

// curveQuery is what is asked of /api/curves.
type curveQuery struct {
	runs   []string // ids
	metric int
	x      string
	group  bool
	points int
	from   float64 // what of the axis is wanted
	to     float64
}

// series is a curve: of a run, or the mean of the runs of a group.
type series struct {
	ID    *string `json:"id"`
	Group string  `json:"group"`
	Label string  `json:"label"`
	N     int     `json:"n"`    // runs
	Done  int     `json:"done"` // of them, those that came to their end
	X     places  `json:"x"`
	Y     values  `json:"y"`
	Low   values  `json:"low,omitempty"`
	High  values  `json:"high,omitempty"`
	Bands []band  `json:"bands"`

	data     string // its name, which stands beside the label
	settings map[string]string
}

// band is a stage on the axis of a curve.
type band struct {
	Stage int      `json:"stage"`
	From  number   `json:"from"`
	To    number   `json:"to"`
	New   []string `json:"new"`   // names of the classes that entered; none where they differ with the seed
	Count int      `json:"count"` // of these classes
}

// curves answers /api/curves.
func (s *Server) curves(ctx context.Context, query url.Values) (any, error) {
	q, err := parseCurves(query)
	if err != nil {
		return nil, err
	}
	tracks, err := s.tracks(ctx, q)
	if err != nil {
		return nil, err
	}
	groups := apart(tracks)
	if q.group {
		groups = together(tracks)
	}
	each := min(q.points, max(leastPoints, mostAnswer/max(1, len(groups))))
	out := []series{}
	for _, g := range groups {
		c := g.series(q.x)
		c.cut(q.from, q.to)
		c.thin(each)
		out = append(out, c)
	}
	distinguish(out)
	return struct {
		Metric string   `json:"metric"`
		X      string   `json:"x"`
		Series []series `json:"series"`
	}{metrics[q.metric].name, q.x, out}, nil
}

// tracks reads the logs of the runs, one a processor at a time. Runs that have not begun, and those whose
// log cannot be read, which the list tells, are left out.
func (s *Server) tracks(ctx context.Context, q curveQuery) ([]track, error) {
	type place struct {
		run Run
		dir string
	}
	var asked []place
	for _, id := range q.runs {
		run, dir, ok := s.index.pick(id)
		if !ok {
			return nil, notFound("no run has the id %q", id)
		}
		asked = append(asked, place{run, dir})
	}
	found := make([]*track, len(asked))
	jobs, ctx := errgroup.WithContext(ctx)
	jobs.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range asked {
		jobs.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err // who asked is gone
			}
			_ = s.shelf.read(p.run.ID, p.dir, func(d *detail) error {
				if d.started != nil {
					t := trackOf(p.run, d, q.metric)
					found[i] = &t
				}
				return nil
			})
			return nil
		})
	}
	if err := jobs.Wait(); err != nil {
		return nil, err
	}
	var tracks []track
	for _, t := range found {
		if t != nil {
			tracks = append(tracks, *t)
		}
	}
	return tracks, nil
}

// parseCurves reads the query.
func parseCurves(v url.Values) (q curveQuery, err error) {
	q.runs, q.x, q.points, q.from, q.to = v["run"], v.Get("x"), 2000, math.Inf(-1), math.Inf(1)
	if len(q.runs) > mostRuns {
		return q, badRequest("%d runs; want at most %d", len(q.runs), mostRuns)
	}
	if q.metric = metricNamed(v.Get("metric")); q.metric < 0 {
		return q, badRequest("metric %q: want one of the measures of an epoch, such as top1", v.Get("metric"))
	}
	if q.x == "" {
		q.x = "epoch"
	}
	if !slices.Contains([]string{"epoch", "samples", "seconds"}, q.x) {
		return q, badRequest("x %q: want epoch, samples or seconds", q.x)
	}
	if g := v.Get("group"); g != "" && g != "0" && g != "1" {
		return q, badRequest("group %q: want 0 or 1", g)
	}
	q.group = v.Get("group") == "1"
	if text := v.Get("points"); text != "" {
		q.points, err = strconv.Atoi(text)
		if err != nil || q.points < leastPoints || q.points > mostPoints {
			return q, badRequest("points %q: want a number from %d to %d", text, leastPoints, mostPoints)
		}
	}
	for name, to := range map[string]*float64{"from": &q.from, "to": &q.to} {
		if text := v.Get(name); text != "" {
			if *to, err = strconv.ParseFloat(text, 64); err != nil || math.IsNaN(*to) {
				return q, badRequest("%s %q: want a number", name, text)
			}
		}
	}
	return q, nil
}

// track is a metric along one run.
type track struct {
	run      Run
	settings map[string]string
	points   []point
	bands    []span
}

// point is a value at an instant.
type point struct {
	instant
	at    [3]float64
	value float32
}

// instant is where in a run a point stands. The parts are of epoch 0, before the first one of a stage: the gap
// at its beginning, and what was measured there.
type instant struct {
	stage, epoch int32 // from 0 on, and from 1 on in the stage
	part         int8
}

// The parts of the beginning of a stage.
const (
	gapPart, startPart = 1, 2
)

// compare orders instants.
func (a instant) compare(b instant) int {
	return cmp.Or(cmp.Compare(a.stage, b.stage), cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.part, b.part))
}

// span is a stage of a run, between two moments.
type span struct {
	stage    int
	from, to [3]float64 // epoch, samples, seconds
	names    []string
}

var axes = []string{"epoch", "samples", "seconds"}

// trackOf reads a metric off a log.
func trackOf(run Run, d *detail, m int) track {
	if d.problem != "" {
		run.Status = "stopped" // of one that is damaged no end was read
	}
	t := track{run: run, settings: report.Settings(*d.started)}
	var last [3]float64
	for i, s := range d.stages {
		epochs := d.epochs[s.first:d.end(i)]
		b := span{stage: s.started.Stage, from: last, names: names(d.started.Data, s.started.New)}
		t.begin(i, s, m, epochs, last)
		for n, e := range epochs {
			last = e.at()
			t.points = append(t.points, point{instant{int32(i), int32(n + 1), 0}, last, e.values[m]})
		}
		b.to = last
		t.bands = append(t.bands, b)
	}
	return t
}

// begin adds what stands at the beginning of a stage: a gap where the metric has one, and H(T|X)
// before the first step.
func (t *track) begin(i int, s stage, m int, epochs []moment, last [3]float64) {
	if !metrics[m].gaps || len(epochs) == 0 {
		return
	}
	// A hair behind the epoch before, since no two points of a curve stand at one place.
	behind := func(share float64) (at [3]float64) {
		for i, next := range epochs[0].at() {
			at[i] = last[i] + share*(next-last[i])
		}
		return at
	}
	start := last
	if len(t.points) > 0 {
		t.points = append(t.points, point{instant{int32(i), 0, gapPart}, behind(1e-3), float32(math.NaN())})
		start = behind(2e-3)
	}
	if h := s.started.EntropyActive; h != nil && metrics[m].name == "entropy_active" {
		t.points = append(t.points, point{instant{int32(i), 0, startPart}, start, float32(*h)})
	}
}

// at is where a moment stands on the axes.
func (m moment) at() [3]float64 {
	return [3]float64{float64(m.epoch), float64(m.samples), float64(m.seconds)}
}

// names returns the names of classes.
func names(all record.Data, classes []int) []string {
	out := []string{}
	for _, k := range classes {
		out = append(out, all.Class(k))
	}
	return out
}

// group is tracks that become one curve.
type group []track

// apart makes each track a group.
func apart(tracks []track) (all []group) {
	for _, t := range tracks {
		all = append(all, group{t})
	}
	return all
}

// together puts runs that differ in their seeds only into a group.
func together(tracks []track) (all []group) {
	at := map[string]int{}
	for _, t := range tracks {
		i, ok := at[t.run.Group]
		if !ok {
			i = len(all)
			at[t.run.Group] = i
			all = append(all, nil)
		}
		all[i] = all[i].with(t)
	}
	return all
}

// with returns g with one more run. Of two that are the same sample, which tell no more than one, that counts
// which came to its end, and otherwise the later one, as in a report.
func (g group) with(t track) group {
	i := slices.IndexFunc(g, func(o track) bool { return o.run.Sample == t.run.Sample })
	if i < 0 {
		return append(g, t)
	}
	old, now := g[i].run, t.run
	if was, is := old.Status == "done", now.Status == "done"; is && !was || is == was && now.Started >= old.Started {
		g[i] = t
	}
	return g
}

// series returns the curve of a group along an axis.
func (g group) series(x string) series {
	axis := slices.Index(axes, x)
	c := series{Group: g[0].run.Group, Label: g[0].run.Label, N: len(g), Done: g.done(), data: g[0].run.Data, settings: g[0].settings, Bands: g.bands(axis)}
	if len(g) == 1 {
		c.ID = &g[0].run.ID
		for _, p := range g[0].points {
			c.add(p.at[axis], []float64{float64(p.value)}, false)
		}
	} else {
		g.average(&c, axis)
	}
	if n, m := len(c.Bands), len(c.X); n > 0 && m > 0 {
		c.Bands[n-1].To = max(c.Bands[n-1].From, number(c.X[m-1]))
	}
	return c
}

// done is how many runs came to their end.
func (g group) done() (n int) {
	for _, t := range g {
		if t.run.Status == "done" {
			n++
		}
	}
	return n
}

// bands returns the stages of a group along an axis, as its curve has them: each from where its runs begin
// it, in the mean, to where they begin the next, and the last to where those that came farthest are. A mean
// of fewer runs, which are the fast ones, may be an earlier place: no stage begins before the one before it.
func (g group) bands(axis int) []band {
	out := []band{}
	for i := 0; ; i++ {
		spans := g.spans(i)
		if len(spans) == 0 {
			return out
		}
		from := mean(spans, func(s span) float64 { return s.from[axis] })
		if i > 0 {
			from = max(from, out[i-1].From)
			out[i-1].To = from
		}
		to := max(from, mean(farthest(spans), func(s span) float64 { return s.to[axis] }))
		out = append(out, band{spans[0].stage, from, to, agreed(spans), len(spans[0].names)})
	}
}

// spans returns stage index i of the runs that have it.
func (g group) spans(i int) (spans []span) {
	for _, t := range g {
		if i < len(t.bands) {
			spans = append(spans, t.bands[i])
		}
	}
	return spans
}

// farthest returns the spans that end with the latest epoch.
func farthest(spans []span) []span {
	last := slices.MaxFunc(spans, func(a, b span) int { return cmp.Compare(a.to[0], b.to[0]) }).to[0]
	return slices.DeleteFunc(slices.Clone(spans), func(s span) bool { return s.to[0] < last })
}

// mean is that of a place of spans.
func mean(spans []span, of func(span) float64) number {
	sum := 0.0
	for _, s := range spans {
		sum += of(s)
	}
	return number(sum / float64(len(spans)))
}

// agreed returns the classes that entered with a stage, none where not all of its runs agree.
func agreed(spans []span) []string {
	sorted := func(s span) []string { return slices.Sorted(slices.Values(s.names)) }
	for _, s := range spans[1:] {
		if !slices.Equal(sorted(s), sorted(spans[0])) {
			return []string{}
		}
	}
	return spans[0].names
}

// average joins the points that runs have at the same moment of the same stage.
func (g group) average(c *series, axis int) {
	for _, m := range g.moments() {
		var x, y []float64
		for _, t := range g {
			if p, ok := t.point(m); ok {
				x, y = append(x, p.at[axis]), append(y, float64(p.value))
			}
		}
		c.add(stat.Mean(x, nil), y, true)
	}
}

// moments returns all at which a run has a point, in their order.
func (g group) moments() []instant {
	all := map[instant]bool{}
	for _, t := range g {
		for _, p := range t.points {
			all[p.instant] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), instant.compare)
}

// point is where t counts at m: at its point there, or, where it has ended that stage sooner than others, at
// the last one before, for what it reached holds. So a curve ends at the mean of all. A run that was stopped,
// or still goes on, counts as far as it has got.
func (t track) point(m instant) (point, bool) {
	i, is := slices.BinarySearchFunc(t.points, m, func(p point, m instant) int { return p.compare(m) })
	if is {
		return t.points[i], true
	}
	if i == 0 || t.run.Status != "done" && t.points[len(t.points)-1].stage <= m.stage {
		return point{}, false
	}
	p := t.points[i-1]
	if m.part == gapPart {
		p.value = float32(math.NaN())
	}
	return p, true
}

// add appends the mean of the values at x, and a standard deviation of the sample to both sides. A point
// that does not stand behind the one before is left out: a damaged log may have such, and a group whose
// slow runs were stopped, so that the mean place of the others is an earlier one.
func (c *series) add(x float64, values []float64, spread bool) {
	if n := len(c.X); n > 0 && !(x > c.X[n-1]) {
		return
	}
	values = slices.DeleteFunc(values, math.IsNaN)
	mean, sd := math.NaN(), math.NaN()
	if len(values) > 0 {
		mean = stat.Mean(values, nil)
	}
	if len(values) > 1 {
		sd = stat.StdDev(values, nil)
	}
	c.X, c.Y = append(c.X, x), append(c.Y, float32(mean))
	if spread {
		c.Low, c.High = append(c.Low, float32(mean-sd)), append(c.High, float32(mean+sd))
	}
}

// distinguish adds to the labels of groups on data of one name that have the same one the settings in which they differ.
func distinguish(all []series) {
	by := map[[2]string]map[string]map[string]string{} // label and data, group, settings
	for _, c := range all {
		key := [2]string{c.Label, c.data}
		if by[key] == nil {
			by[key] = map[string]map[string]string{}
		}
		by[key][c.Group] = c.settings
	}
	for i, c := range all {
		groups := by[[2]string{c.Label, c.data}]
		if len(groups) < 2 {
			continue
		}
		for _, key := range report.Differing(slices.Collect(maps.Values(groups))) {
			all[i].Label += fmt.Sprintf(" %s=%s", key, c.settings[key])
		}
	}
}
