package ui

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/report"
)

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
	for _, t := range g {
		c.Runs = append(c.Runs, t.run.ID)
	}
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
