// Package timing measures how long training steps, evaluations, loading and decoding take.
//
//  1. Task times a step and an evaluation on a run's data, for the estimate of lgl plan;
//  2. Steps, Logits and Loaded time a model, on Synthetic data or Images; Peak is what its engine could do, and Profile
//     tells the parts of a step apart;
//  3. Pictures times how files become samples, and a Peer, another program that does the same, in turn.
package timing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/task"
)

// uncounted are the rounds before those that are timed.
const uncounted = 2

// rounds times n calls of do, which returns how many things it did, of which the time of one counts.
func rounds(ctx context.Context, n int, do func(i int) (things int, err error)) ([]time.Duration, error) {
	var took []time.Duration
	for i := range n + uncounted {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		begun := time.Now()
		things, err := do(i)
		if err != nil {
			return nil, err
		}
		if i >= uncounted {
			took = append(took, time.Since(begun)/time.Duration(things))
		}
	}
	return took, nil
}

// hyper are those of steps of which only the time matters.
var hyper = engine.Hyper{LR: 0.01, Momentum: 0.9, WeightDecay: 5e-4}

// atOnce is how many things a round begins before it waits for them: ten, where the model queues them.
func atOnce(m engine.Model) int {
	if _, ok := m.(engine.Queuer); ok {
		return 10
	}
	return 1
}

// Steps times n rounds of training on b, after two that are not counted. A round is a step, or ten at once where m queues them, and
// the time that of one.
func Steps(ctx context.Context, m engine.Model, b data.Batch, n int) ([]time.Duration, error) {
	steps := atOnce(m)
	return rounds(ctx, n, func(i int) (int, error) {
		pipe, h := engine.Pipeline{Model: m}, hyper
		h.Seed = uint64(i)
		for range steps {
			if err := pipe.Step(b, h, stepped); err != nil {
				return 0, err
			}
		}
		return steps, pipe.Drain()
	})
}

// stepped takes the result of a step of which only the time matters.
func stepped(_ engine.StepStats, err error) error { return err }

// Logits times n rounds of evaluating b by a network of so many classes, as Steps does.
func Logits(ctx context.Context, m engine.Model, b data.Batch, classes, n int) ([]time.Duration, error) {
	logits := make([][]float32, atOnce(m))
	for i := range logits {
		logits[i] = make([]float32, b.Len()*classes)
	}
	return rounds(ctx, n, func(int) (int, error) {
		pipe := engine.Pipeline{Model: m}
		for _, dst := range logits {
			if err := pipe.Logits(b, dst, func(err error) error { return err }); err != nil {
				return 0, err
			}
		}
		return len(logits), pipe.Drain()
	})
}

// Loaded trains on the batches of an epoch and returns the times from one step's end to the next.
func Loaded(ctx context.Context, m engine.Model, l *data.Loader, order []int) ([]time.Duration, error) {
	var took []time.Duration
	pipe := engine.Pipeline{Model: m}
	begun := time.Now()
	for batch, err := range l.Epoch(ctx, order, nil, 1) {
		if err != nil {
			return nil, errors.Join(pipe.Drain(), err)
		}
		if err := pipe.Step(batch, hyper, stepped); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begun))
		begun = time.Now()
	}
	if err := pipe.Drain(); err != nil {
		return nil, err
	}
	took[len(took)-1] += time.Since(begun)
	return took, nil
}

// Milliseconds are those of d, to the microsecond.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// Median returns the median of times, of which there is one at least.
func Median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	n := len(d)
	return (d[n/2] + d[(n-1)/2]) / 2
}

// Task returns the median times of a training step and of an evaluation, of a batch of the training data of t.
func Task(ctx context.Context, t task.Task, m engine.Model) (step, infer time.Duration, err error) {
	init, order, _ := t.Config.Seeds()
	if err := initialise(m, t.Net, nn.Scheme(t.Config.Scheme()), init); err != nil {
		return 0, 0, err
	}
	l, err := data.NewLoader(t.Train, t.Augment, t.Config.Batch, 0)
	if err != nil {
		return 0, 0, err
	}
	some := data.Spread(t.Config.Batch, t.Train.Len()) // of every class, in whatever order they lie
	for b, err := range l.Epoch(ctx, some, nil, order) {
		if err != nil {
			return 0, 0, err
		}
		return batch(ctx, m, b, t.Net.Classes)
	}
	return 0, 0, errors.New("the training data have no batch")
}

// batch returns the median times of a training step and of an evaluation of b.
func batch(ctx context.Context, m engine.Model, b data.Batch, classes int) (step, infer time.Duration, err error) {
	if step, err = typical(func(n int) ([]time.Duration, error) { return Steps(ctx, m, b, n) }); err != nil {
		return 0, 0, err
	}
	infer, err = typical(func(n int) ([]time.Duration, error) { return Logits(ctx, m, b, classes, n) })
	return step, infer, err
}

// timedSteps are the steps behind an estimate; one, where it takes longStep or longer.
const (
	timedSteps = 5
	longStep   = 3 * time.Second
)

// typical is the median of what measure has for as many rounds as there is time for.
func typical(measure func(rounds int) ([]time.Duration, error)) (time.Duration, error) {
	took, err := measure(1)
	if err == nil && took[0] < longStep {
		took, err = measure(timedSteps)
	}
	if err != nil {
		return 0, err
	}
	return Median(took), nil
}

// Initialise gives m, a model of net, weights to be timed with.
func Initialise(m engine.Model, net nn.Net) error { return initialise(m, net, nn.Default, 1) }

func initialise(m engine.Model, net nn.Net, scheme nn.Scheme, from uint64) error {
	s, err := net.Init(scheme, seed.Stream(from, "init"))
	if err != nil {
		return err
	}
	return m.Load(s)
}

// Peak is the FLOP/s of a matrix product that is large enough to show what the engine has that compiles it.
func Peak(ctx context.Context, compile func(nn.Net, int, engine.Options) (engine.Model, error)) (flops float64, err error) {
	const n = 1024
	net := nn.Net{Name: "matrix product", Input: []int{n}, Classes: n, Layers: []nn.Layer{{Name: "head", Op: nn.Linear{Out: n}}}}
	m, err := compile(net, n, engine.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if err := Initialise(m, net); err != nil {
		return 0, err
	}
	took, err := Logits(ctx, m, Synthetic(net, n), n, 5)
	if err != nil {
		return 0, err
	}
	return 2 * n * n * n / slices.Min(took).Seconds(), nil
}
