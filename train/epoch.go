package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/record"
)

// runEpoch trains and evaluates one epoch, or the rest of it, and returns why the stage ends with
// it, or "".
func (t *trainer) runEpoch(ctx context.Context, st *stage) (curriculum.StopReason, error) {
	at := &checkpoint.Within{}
	if st.within != nil {
		at, st.within = st.within, nil
	}
	e := record.EpochEnded{Stage: st.number, StageEpoch: st.epochs, Epoch: t.epoch, LR: t.rate(st, 0)}
	if at.Steps == 0 { // not begun
		e.StageEpoch, e.Epoch = e.StageEpoch+1, e.Epoch+1
	}
	t.selection(st, &e)
	order := t.order(st, e.StageEpoch)
	err := t.steps(ctx, st, e.StageEpoch, order, at)
	e.TrainLoss, e.TrainSeconds = at.Sum/float64(len(order)), at.Seconds
	t.result.TrainSeconds += at.Seconds
	if err == nil {
		forwarded := t.probe.Forwarded
		if err = t.evaluate(ctx, st, &e); interrupted(ctx, err) {
			t.probe.Forwarded = forwarded // what was evaluated so far will be, again
			err = after(err, t.keepWithin(st, at))
		}
	}
	if err != nil {
		return "", fmt.Errorf("epoch %d: %w", e.StageEpoch, err)
	}
	t.sinceRestart += float64(len(order)) / float64(len(st.samples))
	return st.stop.After(len(order), e.TrainLoss), nil
}

// rate returns the learning rate, LR x Decay^floor(e / LRStep) x lrScale, after done samples of the next
// epoch: e is the number of epochs since the schedule began over the stage's Stretch, so the first
// step runs at LR itself. Without a Stretch the rate is constant within an epoch.
func (t *trainer) rate(st *stage, done int) float64 {
	e := t.sinceRestart + float64(done)/float64(len(st.samples))
	if st.Stretch > 0 {
		e /= st.Stretch
	}
	steps := math.Floor(e/float64(t.Config.LRStep) + 1e-9) // a stretch like 1.9 divides inexactly
	return t.lrScale * t.Config.LR * math.Pow(t.Config.Decay(), steps)
}

// order returns the training samples of an epoch in random order, as many as the stop rule allows.
func (t *trainer) order(st *stage, epoch int) []int {
	order := slices.Clone(st.samples)
	data.Shuffle(order, seed.Stream(t.seedOrder, "order", uint64(st.number), uint64(epoch)))
	return order[:st.stop.Next(len(order))]
}

// steps trains on the samples of order, from at on, which it moves on.
func (t *trainer) steps(ctx context.Context, st *stage, epoch int, order []int, at *checkpoint.Within) error {
	h := engine.Hyper{Momentum: float32(t.Config.Momentum), WeightDecay: float32(t.Config.WeightDecay)}
	if st.Masked {
		h.Active = st.active
	}
	p := Progress{Stage: st.number, Stages: len(t.Plan.Stages), Epoch: epoch, Epochs: st.stop.Planned(len(st.samples)), Total: len(order)}
	begun, before, asked := time.Now(), *at, at.Samples
	made := func(number int, b data.Batch, stats engine.StepStats) {
		if number == 1 {
			st.epochs++
			t.epoch++
			st.entropy, st.byClass, st.top1, st.recalls = nil, nil, nil, nil // of the weights before
		}
		t.probe.Remember(b.Index, stats.Losses)
		at.Sum += weightedSum(stats.Losses, b.Weight)
		at.Steps, at.Samples = number, at.Samples+len(b.Index)
		t.result.SamplesSeen += int64(len(b.Index))
		p.Done, p.Loss = at.Samples, at.Sum/float64(at.Samples)
		t.tell(p, float64(at.Samples-before.Samples)/time.Since(begun).Seconds())
	}
	clock := func() { at.Seconds = before.Seconds + time.Since(begun).Seconds() }
	defer clock()
	pipe := engine.Pipeline{Model: t.Model}
	augment := seed.Derive(t.seedOrder, "augment", uint64(st.number), uint64(epoch))
	number := at.Steps
	for b, err := range t.loader.EpochFrom(ctx, number, order, weightsOf(st.Weights, order), augment) {
		if err != nil {
			err = errors.Join(pipe.Drain(), err)
			if interrupted(ctx, err) {
				clock()
				err = after(err, t.keepWithin(st, at))
			}
			return err
		}
		number++
		lr := t.rate(st, asked)
		h.LR = float32(lr)
		h.Seed = seed.Derive(t.seedInit, "dropout", uint64(st.number), uint64(epoch), uint64(number))
		step, of := number, data.Batch{Weight: b.Weight, Index: b.Index} // X and Y will be the next batch's
		err := pipe.Step(b, h, func(stats engine.StepStats, err error) error {
			if err != nil {
				return stepError(step, of, lr, err)
			}
			made(step, of, stats)
			return nil
		})
		asked += b.Len()
		if err == nil && t.due() {
			if err = pipe.Drain(); err == nil {
				clock()
				err = t.keepWithin(st, at)
			}
		}
		if err != nil {
			return err
		}
	}
	return pipe.Drain()
}

// tell reports the progress of an epoch.
func (t *trainer) tell(p Progress, rate float64) {
	if t.Step != nil {
		p.ImagesPerSecond = rate
		t.Step(p)
	}
}

// weightsOf returns the weights of the samples in order, nil if all are 1.
func weightsOf(weights []float32, order []int) []float32 {
	if weights == nil {
		return nil
	}
	w := make([]float32, len(order))
	for pos, i := range order {
		w[pos] = weights[i]
	}
	return w
}

// weightedSum returns the sum of the losses times their weights; nil weights are all 1.
func weightedSum(losses, weights []float32) float64 {
	sum := 0.0
	for i, l := range losses {
		w := float32(1)
		if weights != nil {
			w = weights[i]
		}
		sum += float64(w) * float64(l)
	}
	return sum
}

// stepError says where a step failed and, if it diverged, what to do.
func stepError(step int, b data.Batch, lr float64, err error) error {
	var bad *engine.NotFiniteError
	if !errors.As(err, &bad) {
		return fmt.Errorf("step %d: %w", step, err)
	}
	ids := fmt.Sprint(b.Index[:min(len(b.Index), 8)])
	if len(b.Index) > 8 {
		ids += fmt.Sprintf(" and %d more", len(b.Index)-8)
	}
	culprit := ""
	if bad.Index >= 0 {
		culprit = fmt.Sprintf(" (training sample %d)", b.Index[bad.Index])
	}
	return fmt.Errorf("step %d: %w%s; the batch holds training samples %s; the step was not made and the weights before it are kept; use a smaller --lr, it is %.3g now",
		step, err, culprit, ids, lr)
}

// evaluate completes the event of an epoch and emits it, and keeps the weights if they are best.
func (t *trainer) evaluate(ctx context.Context, st *stage, e *record.EpochEnded) error {
	test, seen, err := t.accuracy(ctx, st, t.test)
	if err != nil {
		return fmt.Errorf("test data: %w", err)
	}
	e.Test, st.top1, st.recalls = test, &test.Top1, seen.Recalls(st.Classes)
	if t.validation != nil {
		if e.Validation, _, err = t.accuracy(ctx, st, t.validation); err != nil {
			return fmt.Errorf("validation data: %w", err)
		}
	}
	if err := t.measure(ctx, st); err != nil {
		return err
	}
	e.EntropyActive = st.entropy
	t.result.Top1Last = &test.Top1
	if best := t.result.Top1Best; best == nil || *best < test.Top1 {
		t.result.Top1Best = &test.Top1
	}
	e.SamplesSeen, e.SamplesProbed = t.result.SamplesSeen, t.probe.Forwarded
	e.Seconds = time.Since(t.begun).Seconds()
	if err := t.emit(*e); err != nil {
		return err
	}
	return t.keepBest(st, e)
}

// accuracy evaluates with the stage's active classes.
func (t *trainer) accuracy(ctx context.Context, st *stage, e *evaluate.Probe) (*record.Accuracy, *metric.Evaluation, error) {
	a, v, err := e.Accuracy(ctx, st.Classes, st.Masked)
	if err == nil {
		a.Top1New, a.Top1Old = record.Known(v.Top1Of(st.New)), record.Known(v.Top1Of(st.Old()))
	}
	return &a, v, err
}

// keepBest keeps the weights of the epoch with the highest accuracy on the active classes, the
// first on a tie, where the stage carries on the best.
func (t *trainer) keepBest(st *stage, e *record.EpochEnded) error {
	var score float64
	switch t.Config.Carry {
	case "best":
		score = e.Validation.Top1Active
	case "best-test":
		score = e.Test.Top1Active
	default:
		return nil
	}
	if st.best != nil && score <= st.best.score {
		return nil
	}
	s, err := t.Model.Save()
	st.best = &best{e.StageEpoch, score, s, st.top1, st.recalls}
	return err
}
