package train

import (
	"context"
	"fmt"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
)

// Checkpoints says where a run keeps what it can go on from, and when it does. It always does at
// the end of a stage, when it is interrupted, and at the end of an epoch unless the last time was
// less than a second ago, or less than 20 times as long as it took.
type Checkpoints struct {
	Store    *checkpoint.Store
	Mark     func() (record.Mark, error)         // makes the events so far last
	Identity func() (checkpoint.Identity, error) // of the run; called once or more
	Steps    int                                 // a checkpoint after so many steps; 0: not for that
	Every    time.Duration                       // or after so long; 0: not for that
}

// due counts a step, and reports whether a checkpoint is to follow it.
func (t *trainer) due() bool {
	c := t.Checkpoints
	if c == nil {
		return false
	}
	t.kept.steps++
	return c.Steps > 0 && t.kept.steps >= c.Steps || c.Every > 0 && time.Since(t.kept.at) >= c.Every
}

// keepAt makes a checkpoint within an epoch, or, if at is nil, between epochs.
func (t *trainer) keepAt(st *stage, at *checkpoint.Within) error {
	st.within = at
	defer func() { st.within = nil }()
	return t.keep(st, true)
}

// orKeep does what a resumed run does again, from its beginning, if it is interrupted here.
func (t *trainer) orKeep(ctx context.Context, st *stage, at *checkpoint.Within, do func() error) error {
	forwarded := t.probe.Forwarded
	err := do()
	if interrupted(ctx, err) {
		t.probe.Forwarded = forwarded
		err = after(err, t.keepAt(st, at))
	}
	return err
}

// keep makes a checkpoint of the run between steps, if it is to: within an epoch, between two
// epochs of st or after its last, or, if st is nil, between stages.
func (t *trainer) keep(st *stage, want bool) error {
	if t.Checkpoints == nil || !want {
		return nil
	}
	begun := time.Now()
	state, err := engine.SaveFinite(t.Model)
	if err != nil {
		return fmt.Errorf("no checkpoint is made: %w", err)
	}
	p := t.position(st)
	if p.Identity, err = t.Checkpoints.Identity(); err != nil {
		return err
	}
	if p.Log, err = t.Checkpoints.Mark(); err != nil {
		return fmt.Errorf("writing events: %w", err)
	}
	c, err := checkpoint.Pack(p, t.tensors(st, state), t.probe.Trained())
	if err == nil {
		_, err = t.Checkpoints.Store.Save(c)
	}
	t.kept.steps, t.kept.at, t.kept.took = 0, time.Now(), time.Since(begun)
	return err
}

// position is where the run is.
func (t *trainer) position(st *stage) checkpoint.Position {
	p := checkpoint.Position{
		Stages: t.stageCount, Epoch: t.epoch, SinceRestart: t.sinceRestart,
		Moved: t.moved, Done: t.done, Forwarded: t.probe.Forwarded, Seconds: time.Since(t.begun).Seconds(),
		Result: t.result, LRScale: t.lrScale, Resumed: t.result.Resumed,
	}
	models := []engine.Model{t.Model}
	if t.Teacher != nil {
		models = append(models, t.Teacher.Model)
	}
	p.Timings = engine.Timings(models...)
	if st == nil {
		return p
	}
	s := &checkpoint.Stage{
		Stage: st.Stage, Stop: st.stop.State(), Epochs: st.epochs, Entropy: st.entropy, ByClass: st.byClass,
		Tested: st.tested, Select: st.EachEpoch && st.within == nil && st.stop.Reason() == "", Within: st.within,
	}
	if b := st.best; b != nil {
		s.Best = &checkpoint.Best{Epoch: b.epoch, Score: b.score, Tested: b.tested}
	}
	p.Stage = s
	return p
}

// tensors are the numbers of the run, in groups.
func (t *trainer) tensors(st *stage, state nn.State) map[string]nn.State {
	groups := map[string]nn.State{checkpoint.ModelTensors: state}
	if t.Frozen != nil {
		groups[checkpoint.FrozenTensors] = t.Frozen.First()
	}
	if st != nil && st.best != nil {
		groups[checkpoint.BestTensors] = st.best.state
	}
	if taught := t.Teacher.Weights(); st != nil && taught != nil {
		groups[checkpoint.TeacherTensors] = taught
	}
	if st != nil && !t.moved {
		groups[checkpoint.BeforeTensors] = st.before
	}
	return groups
}

// resume takes the run to its checkpoint, if it has one, and finishes the stage that it stands in.
func (t *trainer) resume(ctx context.Context) error {
	if t.Resume == nil {
		return t.keep(nil, true) // so that there is one from the first step on
	}
	p, err := t.Resume.Unpack()
	if err == nil {
		err = t.Resume.Check(p, t.Net, len(t.labels), t.Config.Authors())
	}
	if err == nil {
		err = t.restore(p)
	}
	if err != nil || p.Stage == nil {
		t.Resume = nil
		return err
	}
	st, err := t.reopen(p.Stage)
	if err != nil {
		return fmt.Errorf("stage %d: %w", t.stageCount, err)
	}
	t.Resume = nil // which may have a gigabyte
	if p.Stage.Select {
		err = t.reselect(ctx, st)
	}
	if err = t.epochs(ctx, st, err); err != nil {
		return fmt.Errorf("stage %d: %w", t.stageCount, err)
	}
	return nil
}

// restore takes the run to p, but for its stage.
func (t *trainer) restore(p checkpoint.Position) error {
	t.stageCount, t.epoch, t.sinceRestart, t.moved = p.Stages, p.Epoch, p.SinceRestart, p.Moved
	t.done, t.result, t.lrScale, t.probe.Forwarded = p.Done, p.Result, p.LRScale, p.Forwarded
	t.result.Resumed = p.Resumed + 1
	if t.LRScale > 0 {
		t.lrScale = t.LRScale
	}
	t.begun = t.begun.Add(-time.Duration(p.Seconds * float64(time.Second)))
	t.probe.Restore(t.Resume.Losses())
	state := t.Resume.Group(checkpoint.ModelTensors)
	if t.Frozen != nil {
		t.Frozen.Restore(t.Resume.Group(checkpoint.FrozenTensors), state)
	}
	return t.Model.Load(state)
}

// reopen makes the stage that the run stands in.
func (t *trainer) reopen(from *checkpoint.Stage) (*stage, error) {
	st, err := t.open(from.Stage)
	if err != nil {
		return nil, err
	}
	st.stop.Resume(from.Stop)
	st.epochs, st.within = from.Epochs, from.Within
	st.entropy, st.byClass, st.tested = from.Entropy, from.ByClass, from.Tested
	st.before = t.Resume.Group(checkpoint.BeforeTensors)
	if b := from.Best; b != nil {
		st.best = &best{b.Epoch, b.Score, t.Resume.Group(checkpoint.BestTensors), b.Tested}
	}
	return st, t.Teacher.Learn(t.Resume.Group(checkpoint.TeacherTensors), t.Net.Classes, st.Old())
}
