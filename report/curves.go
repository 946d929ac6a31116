package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
)

// chart is one diagram of the page: a curve per method.
type chart struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	About   string  `json:"-"`
	Unit    string  `json:"unit"`    // "%" or "nats"
	Gaps    bool    `json:"gaps"`    // what is measured changes with the stage: no line across
	Aligned bool    `json:"aligned"` // counts from the start of the first stage with all classes
	Curves  []curve `json:"curves"`  // by group
}

// curve is a measure of one group along its training: the mean over its runs.
type curve struct {
	Epoch   []float64 `json:"epoch"`   // epochs done
	Samples []int64   `json:"samples"` // samples trained on by then
	Stage   []int     `json:"stage"`
	Start   []bool    `json:"start"` // measured before the stage's first step
	N       []int     `json:"n"`     // runs behind the point
	Mean    []float64 `json:"mean"`
	Low     []float64 `json:"low"`
	High    []float64 `json:"high"`
}

// point is a measure at one moment of one run.
type point struct {
	moment
	epoch   int // of the run
	samples int64
	stage   int
	value   float64
}

// moment is where in a run a point stands: after an epoch of one of its stages, counted from 0 and from the
// first that a curve shows; epoch 0 is before the stage's first step.
type moment struct{ part, epoch int }

// compare orders moments.
func (a moment) compare(b moment) int {
	return cmp.Or(cmp.Compare(a.part, b.part), cmp.Compare(a.epoch, b.epoch))
}

// measure reads a curve's points off a run.
type measure func(Run) []point

// charts returns the diagrams of the page: along the whole run, and from all classes on.
func charts(all []*group) []chart {
	accuracy := func(a record.Accuracy) float64 { return 100 * a.Top1 }
	active := func(a record.Accuracy) float64 { return 100 * a.Top1Active }
	list := []chart{
		{ID: "top1", Title: "Test accuracy, all classes", Unit: "%", Curves: curves(all, onTest(accuracy)),
			About: "Share of the whole test set that is right. A class that has not entered yet counts as wrong."},
		{ID: "active", Title: "Test accuracy, active classes", Unit: "%", Gaps: true, Curves: curves(all, onTest(active)),
			About: "On the test samples of the classes trained so far."},
		{ID: "loss", Title: "Training loss", Unit: "nats", Gaps: true, Curves: curves(all, loss),
			About: "Mean cross-entropy over the epoch, on the active classes."},
		{ID: "entropy", Title: "H(T|X) of the active data", Unit: "nats", Gaps: true, Curves: curves(all, entropy),
			About: "How unsure the network is of the active classes' training samples" + behindEntropy(all) + ", before each stage and after each epoch."},
		{ID: "in-top1", Title: "Test accuracy since all classes are active", Unit: "%", Aligned: true,
			Curves: curves(all, sinceAllIn(onTest(accuracy))),
			About:  "As the paper's figure 3, which is over epochs: LGL's last stage beside training from scratch."},
		{ID: "in-entropy", Title: "H(T|X) since all classes are active", Unit: "nats", Aligned: true,
			Curves: curves(all, sinceAllIn(entropy)),
			About:  "At 0: LGL as it enters its last stage, and a fresh network."},
	}
	if selected := curves(all, selected); slices.ContainsFunc(selected, func(c curve) bool { return len(c.Mean) > 0 }) {
		list = append(list, chart{ID: "selected", Title: "Samples selected", Unit: "%", Curves: selected,
			About: "Share of the training samples that a self-paced epoch trained on."})
	}
	return list
}

// selected measures the share of the samples that self-paced epochs trained on.
var selected = epochs(func(e record.EpochEnded) (float64, bool) {
	if e.Selected == nil {
		return 0, false
	}
	return 100 * *e.Selected, true
})

// onTest measures the test set after every epoch.
func onTest(f func(record.Accuracy) float64) measure {
	return epochs(func(e record.EpochEnded) (float64, bool) {
		if e.Test == nil {
			return 0, false
		}
		return f(*e.Test), true
	})
}

// loss is the training loss of every epoch.
var loss = epochs(func(e record.EpochEnded) (float64, bool) { return e.TrainLoss, true })

// epochs measures f after every epoch for which it is known and finite.
func epochs(f func(record.EpochEnded) (float64, bool)) measure {
	return func(r Run) (points []point) {
		for i, s := range r.Stages {
			for n, e := range s.Epochs {
				if v, ok := f(e); ok && finite(v) {
					points = append(points, point{moment{i, n + 1}, e.Epoch, e.SamplesSeen, e.Stage, v})
				}
			}
		}
		return points
	}
}

// entropy is H(T|X) of the active data before every stage and after every epoch.
func entropy(r Run) (points []point) {
	for i, s := range r.Stages {
		at := startOf(r, i)
		if h := s.Started.EntropyActive; h != nil && finite(*h) {
			at.value = *h
			points = append(points, at)
		}
		for n, e := range s.Epochs {
			if h := e.EntropyActive; h != nil && finite(*h) {
				points = append(points, point{moment{i, n + 1}, e.Epoch, e.SamplesSeen, e.Stage, *h})
			}
		}
	}
	return points
}

// behindEntropy says how many samples the values of entropy rest on.
func behindEntropy(all []*group) string {
	var counts []int
	for _, g := range all {
		for _, r := range g.runs {
			for _, s := range r.Stages {
				if s.Started.EntropyActive != nil {
					counts = append(counts, s.Started.EntropySamples)
				}
			}
		}
	}
	if len(counts) == 0 {
		return ""
	}
	lo, hi := plural.Thousands(slices.Min(counts)), plural.Thousands(slices.Max(counts))
	if lo != hi {
		hi = lo + " to " + hi
	}
	return ", over " + hi + " of them"
}

// startOf is the moment at which stage index i of r started.
func startOf(r Run, i int) point {
	epoch, samples := after(r, i)
	return point{moment: moment{part: i}, stage: r.Stages[i].Started.Stage, epoch: epoch, samples: samples}
}

// after returns how many epochs and samples a run has trained after so many of its stages.
func after(r Run, stages int) (epoch int, samples int64) {
	for _, s := range r.Stages[:stages] {
		if n := len(s.Epochs); n > 0 {
			epoch, samples = s.Epochs[n-1].Epoch, s.Epochs[n-1].SamplesSeen
		}
	}
	return epoch, samples
}

// sinceAllIn counts epochs and samples from the start of the first stage in which all classes are
// active, and leaves out what was before.
func sinceAllIn(m measure) measure {
	return func(r Run) (points []point) {
		i := r.allIn()
		if i < 0 {
			return nil
		}
		from := startOf(r, i)
		for _, p := range m(r) {
			if p.part >= i {
				p.part -= i
				p.epoch -= from.epoch
				p.samples -= from.samples
				points = append(points, p)
			}
		}
		return points
	}
}

// curves measures every group.
func curves(all []*group, m measure) []curve {
	out := make([]curve, len(all))
	for i, g := range all {
		out[i] = average(g.runs, m)
	}
	return out
}

// average joins the points that runs have at the same moment of the same stage.
func average(runs []Run, m measure) curve {
	var tracks []track
	all := map[moment]bool{}
	for _, r := range runs {
		t := track{m(r), r.Status() == "done"}
		for _, p := range t.points {
			all[p.moment] = true
		}
		tracks = append(tracks, t)
	}
	var c curve
	for _, at := range slices.SortedFunc(maps.Keys(all), moment.compare) {
		var points []point
		for _, t := range tracks {
			if p, ok := t.point(at); ok {
				points = append(points, p)
			}
		}
		c.add(at, points)
	}
	return c
}

// track is a measure along one run.
type track struct {
	points []point
	done   bool
}

// point is where t counts at a moment: at its point there, or, where it has ended that stage sooner than
// others, at the last one before, for what it reached holds. So a curve ends at the mean of all. A run that was
// stopped, or still goes on, counts as far as it has got.
func (t track) point(at moment) (point, bool) {
	i, is := slices.BinarySearchFunc(t.points, at, func(p point, at moment) int { return p.compare(at) })
	if is {
		return t.points[i], true
	}
	if i == 0 || !t.done && t.points[len(t.points)-1].part <= at.part {
		return point{}, false
	}
	return t.points[i-1], true
}

// add appends the mean of points, all of one moment.
func (c *curve) add(at moment, points []point) {
	var values, epochs, samples []float64
	stage := 0 // that of the run that has come farthest: one that has ended may have fewer
	for _, p := range points {
		values = append(values, p.value)
		epochs = append(epochs, float64(p.epoch))
		samples = append(samples, float64(p.samples))
		stage = max(stage, p.stage)
	}
	c.Epoch = append(c.Epoch, rounded(stat.Mean(epochs, nil)))
	c.Samples = append(c.Samples, int64(math.Round(stat.Mean(samples, nil))))
	c.Stage = append(c.Stage, stage)
	c.Start = append(c.Start, at.epoch == 0)
	c.N = append(c.N, len(points))
	c.Mean = append(c.Mean, rounded(stat.Mean(values, nil)))
	c.Low = append(c.Low, rounded(slices.Min(values)))
	c.High = append(c.High, rounded(slices.Max(values)))
}

// span is one stage of a group, to be marked on the charts.
type span struct {
	Stage   int        `json:"stage"`
	Classes int        `json:"classes"`
	Epoch   [2]float64 `json:"epoch"`   // from, to
	Samples [2]float64 `json:"samples"` // from, to
}

// spans returns the stages of g where its curves have them: each from where its runs begin it, in the
// mean, to where they begin the next, and the last to where the curve ends. A mean of fewer
// runs may be an earlier place: no stage begins, and none ends, before the one before it.
func (g *group) spans() []span {
	out := []span{}
	for i := 0; ; i++ {
		runs := slices.DeleteFunc(slices.Clone(g.runs), func(r Run) bool { return len(r.Stages) <= i })
		if len(runs) == 0 {
			return out
		}
		s := span{Stage: runs[0].Stages[i].Started.Stage, Classes: len(runs[0].Stages[i].Started.Classes)}
		s.Epoch[0], s.Samples[0] = meanAfter(runs, i)
		s.Epoch[1], s.Samples[1] = meanAfter(farthest(runs, i+1), i+1)
		if i > 0 {
			s.Epoch[0], s.Samples[0] = max(s.Epoch[0], out[i-1].Epoch[0]), max(s.Samples[0], out[i-1].Samples[0])
			out[i-1].Epoch[1], out[i-1].Samples[1] = s.Epoch[0], s.Samples[0]
		}
		s.Epoch[1], s.Samples[1] = max(s.Epoch[1], s.Epoch[0]), max(s.Samples[1], s.Samples[0])
		out = append(out, s)
	}
}

// farthest returns the runs at whose mean a curve ends: those that are done, or else those that have trained
// the most epochs after so many of their stages.
func farthest(runs []Run, stages int) []Run {
	if done := (&group{runs: runs}).done(); len(done) > 0 {
		return done
	}
	epochs := func(r Run) int { e, _ := after(r, stages); return e }
	most := epochs(slices.MaxFunc(runs, func(a, b Run) int { return epochs(a) - epochs(b) }))
	return slices.DeleteFunc(runs, func(r Run) bool { return epochs(r) < most })
}

// meanAfter is the mean of after over runs.
func meanAfter(runs []Run, stages int) (epoch, samples float64) {
	epoch = meanOf(runs, func(r Run) float64 { e, _ := after(r, stages); return float64(e) })
	samples = meanOf(runs, func(r Run) float64 { _, n := after(r, stages); return float64(n) })
	return epoch, math.Round(samples) // as the points of a curve
}

// summary says in words where each curve of the chart begins and ends.
func (c chart) summary(all []*group) string {
	var parts []string
	for i, g := range all {
		v := c.Curves[i].Mean
		if n := len(v); n > 0 {
			parts = append(parts, fmt.Sprintf("%s from %s to %s", g.label, c.value(v[0]), c.value(v[n-1])))
		}
	}
	if parts == nil {
		return c.Title + ": no values."
	}
	return c.Title + ", first to last value: " + strings.Join(parts, "; ") + "."
}

// value prints a value of the chart.
func (c chart) value(v float64) string {
	if c.Unit == "%" {
		return fmt.Sprintf("%.2f %%", v)
	}
	return fmt.Sprintf("%.3f %s", v, c.Unit)
}

// rounded keeps five decimals, more than a screen shows.
func rounded(v float64) float64 { return math.Round(v*1e5) / 1e5 }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
