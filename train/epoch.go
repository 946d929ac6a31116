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
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/record"
)

// runEpoch trains and evaluates one epoch, or the rest of it, and returns why the stage ends with it, or "".
func (t *trainer) runEpoch(ctx context.Context, st *stage) (curriculum.StopReason, error) {
	at := &checkpoint.Within{}
	if st.within != nil {
		at, st.within = st.within, nil
	}
	e := record.EpochEnded{Stage: st.number, StageEpoch: st.epochs, Epoch: t.epoch, LR: t.rate(st, 0)}
	if at.Steps == 0 { // not begun
		e.StageEpoch, e.Epoch = e.StageEpoch+1, e.Epoch+1
	}
	t.selection(st, at, &e)
	order := t.order(st, e.StageEpoch)
	err := t.steps(ctx, st, e.StageEpoch, order, at)
	if err == nil && at.Skipped == len(order) {
		err = errors.New("not one step was finite; use a smaller --lr")
	}
	e.TrainLoss, e.TrainSeconds = at.Loss(), at.Seconds
	if err == nil {
		err = t.orKeep(ctx, st, at, func() error { return t.evaluate(ctx, st, &e) })
	}
	t.result.TrainSeconds += at.Seconds // behind the checkpoint, which has them in at
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

// order returns the training samples of an epoch in random order, as many as the stop rule allows; oversampled, some of
// them several times.
func (t *trainer) order(st *stage, epoch int) []int {
	order, r := slices.Clone(st.samples), seed.Stream(t.seedOrder, "order", uint64(st.number), uint64(epoch))
	if t.Config.Balance == "oversample" {
		order = data.Oversampled(st.samples, t.labels, r)
	}
	data.Shuffle(order, r)
	return order[:st.stop.Next(len(order))]
}

// evaluate completes the event of an epoch and emits it, and keeps the weights if they are best.
func (t *trainer) evaluate(ctx context.Context, st *stage, e *record.EpochEnded) error {
	test, seen, err := t.accuracy(ctx, st, t.test)
	if err != nil {
		return fmt.Errorf("test data: %w", err)
	}
	e.Test, st.tested = test, checkpoint.Tested{Top1: &test.Top1, Recalls: seen.Recalls(st.Classes), Confusion: seen.Confusion.Cells()}
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
	st.best = &best{e.StageEpoch, score, s, st.tested}
	return err
}
