package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
)

// stage is a stage while it runs.
type stage struct {
	curriculum.Stage
	number  int // from 1
	stop    *curriculum.Stopper
	active  []bool             // [K]
	samples []int              // of an epoch: training samples of active classes with a weight
	probed  []int              // those whose mean entropy is logged
	entropy *float64           // of the weights as they are now; nil where it is not known
	byClass map[int]float64    // the same for each active class
	tested  checkpoint.Tested  // these weights, on the test set
	epochs  int                // begun: at least one step was made
	within  *checkpoint.Within // where a run that is resumed goes on within an epoch; else nil

	before nn.State // weights before the first step, until all were seen to move
	best   *best    // of the epochs so far, for carry best and best-test
}

// best is the epoch whose weights a stage hands on.
type best struct {
	epoch  int
	score  float64
	state  nn.State
	tested checkpoint.Tested
}

// stage trains one stage, from its fresh head rows to its saved weights.
func (t *trainer) stage(ctx context.Context, s curriculum.Stage) error {
	st, err := t.open(s)
	if err != nil {
		return err
	}
	if err := t.renew(st); err != nil {
		return err
	}
	t.result.ClassesOrder = s.Classes
	err = t.measure(ctx, st)
	if emitErr := t.emit(st.started()); err == nil {
		err = emitErr
	}
	return t.epochs(ctx, st, err)
}

// epochs trains a stage that has begun, or could not because of err, to its end.
func (t *trainer) epochs(ctx context.Context, st *stage, err error) error {
	reason := st.stop.Reason() // the stage of a checkpoint may have but to close
	for err == nil && reason == "" {
		if reason, err = t.runEpoch(ctx, st); err == nil && reason == "" {
			err = t.turn(ctx, st)
		}
	}
	if err := t.close(ctx, st, reason, err); err != nil {
		return err
	}
	t.done = append(t.done, st.past())
	return t.keep(nil, true)
}

// rarely is how many times as long as a checkpoint takes must lie between it and that of an epoch.
const rarely = 20

// turn goes from one epoch to the next.
func (t *trainer) turn(ctx context.Context, st *stage) error {
	err := t.keep(st, time.Since(t.kept.at) >= max(time.Second, rarely*t.kept.took))
	if err == nil && st.EachEpoch {
		err = t.reselect(ctx, st)
	}
	return err
}

// open works out a stage's samples, and reports what cannot be trained.
func (t *trainer) open(s curriculum.Stage) (*stage, error) {
	st := &stage{Stage: s, number: t.stageCount, active: metric.Mask(t.Net.Classes, s.Classes)}
	var err error
	if st.stop, err = curriculum.NewStopper(s.Stop); err != nil {
		return nil, err
	}
	if err := t.take(st); err != nil {
		return nil, err
	}
	for _, i := range t.entropyOrder {
		if st.active[t.labels[i]] && (t.Config.EntropySamples == 0 || len(st.probed) < t.Config.EntropySamples) {
			st.probed = append(st.probed, i)
		}
	}
	return st, nil
}

// outputs are those over which the softmax runs, [K]; nil: all.
func (st *stage) outputs() []bool {
	if st.Masked {
		return st.active
	}
	return nil
}

// take sets the samples of an epoch: those of active classes with a weight.
func (t *trainer) take(st *stage) error {
	if w := st.Weights; w != nil && len(w) != len(t.labels) {
		return fmt.Errorf("%d weights for %d training samples", len(w), len(t.labels))
	}
	st.samples = st.samples[:0]
	for i, k := range t.labels {
		if st.active[k] && (st.Weights == nil || st.Weights[i] > 0) {
			st.samples = append(st.samples, i)
		}
	}
	if len(st.samples) == 0 {
		return errors.New("its classes have no training samples")
	}
	if t.Net.HasBatchNorm() {
		return plan.CheckNorm(t.Config.Batch, len(st.samples))
	}
	return nil
}

// started is the event that begins the stage.
func (st *stage) started() record.StageStarted {
	return record.StageStarted{
		Stage: st.number, Classes: st.Classes, New: st.New, Known: st.known(), Fresh: append([]int{}, st.Fresh...), Masked: st.Masked,
		Samples: len(st.samples), Epochs: st.stop.Planned(len(st.samples)), Note: st.Note, Scores: st.Scores,
		EntropyActive: st.entropy, EntropySamples: len(st.probed),
	}
}

// known are the classes that were trained before the run, where this is its first stage.
func (st *stage) known() []int {
	if st.number > 1 {
		return nil
	}
	return st.Old()
}

// measure sets the stage's entropy to the mean H_w(T|X = x) over the samples of active classes
// that are probed.
func (t *trainer) measure(ctx context.Context, st *stage) error {
	st.entropy, st.byClass = nil, nil
	mean, byClass, err := t.probe.ActiveEntropy(ctx, st.probed, st.Classes)
	if err == nil {
		st.entropy, st.byClass = &mean, byClass
	}
	return err
}

// close ends a stage for the given reason, or because of err, which it returns: in both cases it
// saves the weights that the model holds or that were best, if it still has them.
func (t *trainer) close(ctx context.Context, st *stage, reason curriculum.StopReason, err error) error {
	end := record.StageEnded{Stage: st.number, Epochs: st.epochs, Carry: "last", CarryEpoch: st.epochs}
	if err == nil {
		err = t.checkMoved(st)
	}
	if err == nil && st.best != nil {
		end.Carry, end.CarryEpoch = t.Config.Carry, st.best.epoch
		err = t.takeBest(ctx, st)
	}
	if st.epochs > 0 { // else no step was made, and there is nothing to keep
		err = after(err, t.save(st, &end))
	}
	if err != nil {
		reason = reasonOf(ctx, err)
	}
	end.Reason, end.EntropyActive, end.EntropyByClass = string(reason), st.entropy, st.byClass
	end.Top1, end.Top1ByClass, end.Confusion = st.tested.Top1, st.tested.Recalls, st.tested.Confusion
	if emitErr := t.emitEnd(end); err == nil {
		err = emitErr
	}
	return err
}

// emitEnd emits the end of a stage, without a confusion matrix that is too large for a log.
func (t *trainer) emitEnd(end record.StageEnded) error {
	if n := len(end.Confusion); n > record.MostCells {
		end.Confusion = nil
		text := fmt.Sprintf("stage %d: the confusion matrix has %d cells that are not 0, and is left out of the log, which takes %d", end.Stage, n, record.MostCells)
		if err := t.emit(record.Warning{Text: text}); err != nil {
			return err
		}
	}
	return t.emit(end)
}

// after returns an error that came while another was dealt with; either may be nil. It is both, but
// no interruption: a run that was interrupted and could not be saved has failed.
func after(first, err error) error {
	if first == nil || err == nil {
		return cmp.Or(first, err)
	} else if errors.Is(first, context.Canceled) || errors.Is(first, context.DeadlineExceeded) {
		return fmt.Errorf("%v; then %w", first, err)
	}
	return fmt.Errorf("%w; then %w", first, err)
}

// takeBest loads the best epoch's weights and measures their entropy.
func (t *trainer) takeBest(ctx context.Context, st *stage) error {
	if st.best.epoch == st.epochs {
		return nil // measured at the end of its epoch
	}
	if err := t.Model.Load(st.best.state); err != nil {
		return err
	}
	st.tested = st.best.tested
	return t.orKeep(ctx, st, nil, func() error { return t.measure(ctx, st) })
}

// save writes the model's weights to the stage's file, and notes its name in the run directory and
// its SHA-256.
func (t *trainer) save(st *stage, end *record.StageEnded) error {
	s, err := engine.SaveFinite(t.Model)
	if err != nil {
		return fmt.Errorf("the weights are not saved: %w", err)
	}
	m := t.Meta
	m.Stage, m.Trained = st.number, st.Classes
	name := fmt.Sprintf("weights/stage-%d.safetensors", st.number)
	sum, err := checkpoint.SaveWeights(filepath.Join(t.Dir, filepath.FromSlash(name)), s, m)
	if err != nil {
		return err
	}
	end.Weights, end.SHA256, t.result.Top1Kept = name, sum, st.tested.Top1
	return nil
}
