package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/record"
)

// sight is what a run's curriculum may ask: the evaluator of the training data, and the losses
// that the steps gave.
type sight struct {
	*Evaluator
	last []float32
}

// LastLosses returns the loss of every training sample in the step that last trained on it.
func (s sight) LastLosses() []float64 {
	losses := make([]float64, len(s.last))
	for i, l := range s.last {
		losses[i] = float64(l)
	}
	return losses
}

// neverTrained returns the last losses of n samples before the first step.
func neverTrained(n int) []float32 {
	last := make([]float32, n)
	for i := range last {
		last[i] = float32(math.NaN())
	}
	return last
}

// remember notes the losses that a step gave for the samples of its batch.
func remember(last []float32, samples []int, losses []float32) {
	for pos, i := range samples {
		last[i] = losses[pos]
	}
}

// next asks the curriculum for a stage, or the next epoch of one, and notes how long it took.
func (t *trainer) next(ctx context.Context) (curriculum.Stage, error) {
	begun := time.Now()
	s, err := t.Curriculum.Next(ctx, t.labels, t.done, sight{t.probe, t.last})
	t.selectSeconds = time.Since(begun).Seconds()
	return s, err
}

// reselect has the samples of the next epoch of a stage chosen.
func (t *trainer) reselect(ctx context.Context, st *stage) error {
	t.done = append(t.done, st.past())
	s, err := t.next(ctx)
	if errors.Is(err, io.EOF) {
		err = errors.New("the curriculum ends within its stage")
	}
	if err == nil {
		st.Weights, st.Lambda, st.Gamma, st.Note = s.Weights, s.Lambda, s.Gamma, s.Note
		err = t.take(st)
	}
	if err == nil && st.Note != "" {
		err = t.emit(record.Warning{Text: fmt.Sprintf("epoch %d: %s", st.epochs+1, st.Note)})
	}
	if err != nil {
		return fmt.Errorf("choosing the samples of epoch %d: %w", st.epochs+1, err)
	}
	return nil
}

// past is the stage, or the epoch of it, for the history. The weights of an epoch are not kept:
// they are many, and the next choice does not rest on them.
func (st *stage) past() curriculum.Stage {
	s := st.Stage
	if s.EachEpoch {
		s.Weights = nil
	}
	return s
}

// selection puts what was chosen for an epoch into its event.
func (t *trainer) selection(st *stage, e *record.EpochEnded) {
	if !st.EachEpoch {
		return
	}
	share := float64(len(st.samples)) / float64(len(t.labels))
	e.Selected, e.Lambda, e.Gamma, e.SelectSeconds = &share, st.Lambda, st.Gamma, t.selectSeconds
}
