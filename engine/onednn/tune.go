package onednn

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// margin is how much faster than direct Winograd must be to be chosen, and taps than the better of
// the two: timings on a busy machine vary by less, so that the choice is stable.
const margin = 0.9

// tuner chooses the algorithm of each convolution and direction: by timing all once, and then
// from the file of timings.
type tuner struct {
	timings
	engine  dnnl.Engine
	stream  dnnl.Stream
	threads int
	stop    func() error   // whether to leave off, nil: never
	spent   time.Duration  // on timing so far
	told    bool           // that it takes a while
	forced  *[ways]float64 // for tests: the times of all convolutions, of which then nothing is timed
}

// choose returns the algorithm for a convolution in a direction.
func (t *tuner) choose(direction string, g conv) (dnnl.Alg, error) {
	w := g.window
	if w.Kernel != [2]int{3, 3} || w.Stride != [2]int{1, 1} || w.Pad[0] > 1 {
		return dnnl.Direct, nil
	}
	tuned.Lock()
	defer tuned.Unlock()
	key := direction + " " + g.String()
	if e, ok := t.known(key); ok && t.usable(direction, g, e) {
		return e.alg(), nil
	}
	e, err := t.measure(direction, g)
	if err == nil {
		t.learn(key, e)
	}
	return e.alg(), err
}

// usable reports whether a choice can be had here and was made among all: timings of another model
// may be another machine's, whose library has other algorithms, and a file may be from before taps.
func (t *tuner) usable(direction string, g conv, e timing) bool {
	if g.sparse() && e.Taps == 0 && !e.Short || !g.sparse() && e.alg() == taps {
		return false
	}
	if e.alg() != dnnl.Winograd {
		return true
	}
	pd, err := g.primitive(t.engine, direction, dnnl.Winograd)
	return err == nil && pd.Close() == nil
}

// rival is an algorithm that may be chosen over direct, and where its time goes.
type rival struct {
	alg    dnnl.Alg
	choice string
	ms     *float64
}

func (e *timing) rivals(g conv) []rival {
	all := []rival{{dnnl.Winograd, winograd, &e.Winograd}}
	if g.sparse() {
		all = append(all, rival{taps, byTaps, &e.Taps})
	}
	return all
}

// measure times direct and each rival, in turn with the best so far. A rival that the library has no
// code for is none, and one that memory has no room for is passed over in this run.
func (t *tuner) measure(direction string, g conv) (timing, error) {
	e := timing{Choice: direct}
	fail := func(err error) (timing, error) {
		return timing{}, fmt.Errorf("onednn: timing the convolution %v %s: %w", g, direction, err)
	}
	best, err := t.trial(t.by(direction, g, dnnl.Direct))
	if err != nil {
		return fail(err)
	}
	defer best.free()
	least := &e.Direct
	for _, r := range e.rivals(g) {
		c, err := t.trial(t.by(direction, g, r.alg))
		switch {
		case lacking(err):
			continue
		case short(err):
			e.Short = true
			t.log(fmt.Sprintf("onednn: memory is short, so that this run goes without trying %s for the convolution %v %s: %v", r.choice, g, direction, err))
			continue
		case err != nil:
			return fail(err)
		}
		defer c.free()
		if *least, *r.ms, err = t.race(best, c); err != nil {
			return fail(err)
		}
		if *r.ms < margin**least {
			best, least, e.Choice = c, r.ms, r.choice
		}
	}
	return e, nil
}

// lacking reports whether err says that the library has no code for a primitive.
func lacking(err error) bool {
	return errors.Is(err, dnnl.NotImplemented) || errors.Is(err, dnnl.NoImplementations)
}

// race is two candidates run in turn: the least milliseconds of each so far.
type race struct {
	a, b   float64
	rounds int
}

// race returns the least milliseconds of each.
func (t *tuner) race(a, b trial) (float64, float64, error) {
	r := race{a: math.Inf(1), b: math.Inf(1)}
	start := time.Now()
	defer func() { t.spent += time.Since(start) }()
	for ; !r.settled(time.Since(start)); r.rounds++ {
		if err := t.round(start); err != nil {
			return 0, 0, err
		}
		first, err1 := a.time(t.stream)
		second, err2 := b.time(t.stream)
		if err := errors.Join(err1, err2); err != nil {
			return 0, 0, err
		}
		if r.rounds > 0 { // the first run touches the memory
			r.a, r.b = min(r.a, first), min(r.b, second)
		}
	}
	return rounded(r.a), rounded(r.b), nil
}

// long is how long timing goes by without a word.
const long = 2 * time.Second

// round is called before a round of a race that began then; an error ends the race.
func (t *tuner) round(began time.Time) error {
	if !t.told && t.spent+time.Since(began) > long {
		t.log("onednn: timing ways to compute this network; once on this machine, minutes for large networks and batches")
		t.told = true
	}
	if t.stop == nil {
		return nil
	}
	return t.stop()
}

// settled reports whether the runs so far, which took the given time, are enough: at least three;
// more while they are short, or the two are near each other.
func (r race) settled(spent time.Duration) bool {
	near := r.b > 0.6*r.a && r.b < 1.3*r.a
	switch {
	case r.rounds < 3:
		return false
	case near:
		return r.rounds >= 15 || spent > 300*time.Millisecond && r.rounds >= 5
	}
	return r.rounds >= 10 || spent > 20*time.Millisecond
}

// rounded keeps four digits, enough for people.
func rounded(ms float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(ms, 'g', 4, 64), 64)
	return v
}
