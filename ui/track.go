package ui

import (
	"cmp"
	"math"
	"slices"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// track is a metric along one run.
type track struct {
	run      Run
	settings map[string]string
	tested   string // names its test set
	seeds    string // by which it is paired with runs of other groups
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
	t := track{run: run, settings: report.Settings(*d.started), tested: report.Tested(*d.started), seeds: report.Seeds(*d.started)}
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
