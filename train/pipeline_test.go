package train

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
)

// queuing is a model whose steps are made when they are waited for: the latest that a device may.
type queuing struct {
	engine.Model
	t        *testing.T
	fails    int // the step that is not finite; 0: none
	begun    int
	waited   int
	most     int // under way at once
	poisoned bool
}

func (q *queuing) Enqueue(b data.Batch, h engine.Hyper) (func() (engine.StepStats, error), error) {
	q.begun++
	number := q.begun
	q.most = max(q.most, q.begun-q.waited)
	b.X, b.Y, h.Active = slices.Clone(b.X), slices.Clone(b.Y), slices.Clone(h.Active)
	return func() (engine.StepStats, error) {
		if q.waited++; q.waited != number {
			q.t.Errorf("step %d is waited for after %d others", number, q.waited-1)
		}
		if q.poisoned {
			return engine.StepStats{}, errors.New("behind one that failed")
		}
		if number == q.fails {
			q.poisoned = true
			return engine.StepStats{}, &engine.NotFiniteError{What: "loss", Index: 1, Value: float32(math.NaN())}
		}
		return q.Model.Step(b, h)
	}, nil
}

func (q *queuing) EnqueueLogits(b data.Batch, dst []float32) (func() error, error) {
	if q.begun != q.waited {
		q.t.Errorf("a pass with %d steps under way", q.begun-q.waited)
	}
	b.X = slices.Clone(b.X)
	return func() error { return q.Model.Logits(b, dst) }, nil
}

// Steps that are queued give the run that steps one by one give.
func TestQueuedSteps(t *testing.T) {
	var ends []any
	for _, queued := range []bool{false, true} {
		j, spy, l := newJob(t, toyConfig(), 40)
		var q *queuing
		if queued {
			q = &queuing{Model: spy.Model, t: t}
			j.Model = q
		}
		end := mustRun(t, j)
		s, err := spy.Model.Save()
		if err != nil {
			t.Fatal(err)
		}
		end.Seconds, end.TrainSeconds = 0, 0
		ends = append(ends, []any{s, end, len(l.events)})
		if queued && (q.most != 4 || q.begun != q.waited) {
			t.Errorf("%d steps under way; %d of %d waited for", q.most, q.waited, q.begun)
		}
	}
	if !reflect.DeepEqual(ends[0], ends[1]) {
		t.Error("the runs differ")
	}
}

// The error of a step names it, and those behind it are waited for.
func TestQueuedStepFails(t *testing.T) {
	j, spy, _ := newJob(t, toyConfig(), 40)
	q := &queuing{Model: spy.Model, t: t, fails: 2}
	j.Model = q
	_, err := Run(context.Background(), j)
	var bad *engine.NotFiniteError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "step 2: loss of sample 1 of the batch is NaN (training sample ") {
		t.Errorf("%v", err)
	}
	if q.begun != q.waited {
		t.Errorf("%d of %d steps waited for", q.waited, q.begun)
	}
}
