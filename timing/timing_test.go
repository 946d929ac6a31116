package timing

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
)

// counted is a model that counts its steps and evaluations, and fails where it is told to.
type counted struct {
	engine.Model
	steps, evaluations int
	err                error
}

func (c *counted) Step(data.Batch, engine.Hyper) (engine.StepStats, error) {
	c.steps++
	return engine.StepStats{}, c.err
}

func (c *counted) Logits(data.Batch, []float32) error {
	c.evaluations++
	return c.err
}

var small = nn.Net{Name: "n", Input: []int{3}, Classes: 2, Layers: []nn.Layer{{Name: "head", Op: nn.Linear{Out: 2}}}}

// Rounds that are not counted are made, and only the others are timed.
func TestRounds(t *testing.T) {
	m, b := &counted{}, Synthetic(small, 4)
	steps, err := Steps(t.Context(), m, b, 3)
	logits, err2 := Logits(t.Context(), m, b, small.Classes, 1)
	if err != nil || err2 != nil || len(steps) != 3 || m.steps != 3+uncounted || len(logits) != 1 || m.evaluations != 1+uncounted {
		t.Errorf("%d of %d steps, %v; %d of %d evaluations, %v", len(steps), m.steps, err, len(logits), m.evaluations, err2)
	}
}

// queued is a model that queues, each thing for a moment.
type queued struct{ counted }

func (q *queued) Enqueue(data.Batch, engine.Hyper) (func() (engine.StepStats, error), error) {
	q.steps++
	return func() (engine.StepStats, error) { time.Sleep(time.Millisecond); return engine.StepStats{}, q.err }, nil
}

func (q *queued) EnqueueLogits(data.Batch, []float32) (func() error, error) {
	q.evaluations++
	return func() error { time.Sleep(time.Millisecond); return q.err }, nil
}

// A model that queues is timed by ten at once, of which the time of one counts.
func TestRoundsOfQueue(t *testing.T) {
	m, b, began := &queued{}, Synthetic(small, 4), time.Now()
	steps, err := Steps(t.Context(), m, b, 1)
	logits, err2 := Logits(t.Context(), m, b, small.Classes, 1)
	if all := 10 * (1 + uncounted); err != nil || err2 != nil || m.steps != all || m.evaluations != all {
		t.Fatalf("%d steps, %v; %d evaluations, %v; want %d", m.steps, err, m.evaluations, err2, all)
	}
	for _, took := range []time.Duration{steps[0], logits[0]} {
		if all := time.Since(began); took < time.Millisecond || took > all/20 {
			t.Errorf("one of 60 takes %v of %v", took, all)
		}
	}
}

// What is timed for an estimate and fails, or is interrupted, has no time.
func TestBatchFails(t *testing.T) {
	over, stop := context.WithCancel(t.Context())
	stop()
	failed := errors.New("no memory")
	for want, c := range map[error]struct {
		ctx context.Context
		m   *counted
	}{failed: {t.Context(), &counted{err: failed}}, context.Canceled: {over, &counted{}}} {
		if _, _, err := batch(c.ctx, c.m, Synthetic(small, 4), small.Classes); !errors.Is(err, want) {
			t.Errorf("%v; want %v", err, want)
		}
	}
}

// Steps that take long are timed once.
func TestTypical(t *testing.T) {
	for took, want := range map[time.Duration]int{longStep: 1, time.Millisecond: timedSteps} {
		last := 0
		got, err := typical(func(n int) (all []time.Duration, _ error) {
			last = n
			for range n {
				all = append(all, took)
			}
			return all, nil
		})
		if err != nil || got != took || last != want {
			t.Errorf("%v of %d rounds, %v; want %v of %d", got, last, err, took, want)
		}
	}
}

// A model is trained on images as they are loaded, a time for each batch.
func TestLoaded(t *testing.T) {
	net := nn.Net{Name: "n", Input: []int{1, 8, 8}, Classes: 2, Layers: []nn.Layer{{Name: "flat", Op: nn.Flatten{}}, {Name: "head", Op: nn.Linear{Out: 2}}}}
	m, err := reference.New().Compile(net, 4, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, order, err := Images(net, 4, 3)
	if err := errors.Join(err, Initialise(m, net)); err != nil {
		t.Fatal(err)
	}
	took, err := Loaded(t.Context(), m, l, order)
	if err != nil || len(order) != 12 || len(took) != 3 || Median(took) <= 0 {
		t.Errorf("%v, %v", took, err)
	}
}
