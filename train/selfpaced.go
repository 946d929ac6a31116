package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/record"
)

// next asks the curriculum for a stage, or the next epoch of one, and notes how long it took.
func (t *trainer) next(ctx context.Context, done []curriculum.Stage) (curriculum.Stage, error) {
	begun := time.Now()
	s, err := t.Curriculum.Next(ctx, t.labels, done, t.probe)
	t.selectSeconds = time.Since(begun).Seconds()
	return s, err
}

// reselect has the samples of the next epoch of a stage chosen.
func (t *trainer) reselect(ctx context.Context, st *stage) error {
	var s curriculum.Stage
	done := append(t.done, st.past())
	err := t.orKeep(ctx, st, nil, func() (err error) {
		s, err = t.next(ctx, done)
		return err
	})
	if errors.Is(err, io.EOF) {
		err = errors.New("the curriculum ends within its stage")
	}
	if err == nil {
		t.done = done
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

// past is the stage, or the epoch of it, for the history, without the many weights of an epoch: the next choice does not rest on them.
func (st *stage) past() curriculum.Stage {
	s := st.Stage
	if s.EachEpoch {
		s.Weights = nil
	}
	return s
}

// selection puts what was chosen for an epoch into its event.
func (t *trainer) selection(st *stage, at *checkpoint.Within, e *record.EpochEnded) {
	if !st.EachEpoch {
		return
	}
	share := float64(len(st.samples)) / float64(len(t.labels))
	at.SelectSeconds = max(at.SelectSeconds, t.selectSeconds) // a run that was resumed within the epoch chose nothing
	e.Selected, e.Lambda, e.Gamma, e.SelectSeconds = &share, st.Lambda, st.Gamma, at.SelectSeconds
}
