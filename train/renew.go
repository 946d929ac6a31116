package train

import (
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
)

// renew shows the weights that the stage is handed to the teacher, changes them, draws the fresh head
// rows and starts momentum and learning rate again.
func (t *trainer) renew(st *stage) error {
	if st.Restart {
		t.sinceRestart = 0
	}
	s, err := t.Model.Save()
	if err != nil {
		return err
	}
	if err := t.Teacher.Learn(s, t.Net.Classes, st.Old()); err != nil {
		return err
	}
	if err := t.warm(st, s); err != nil {
		return err
	}
	t.Net.RedrawHead(s, st.Fresh, nn.Scheme(t.Config.Scheme()), seed.Stream(t.seedInit, "head", uint64(st.number)))
	t.replay(st, s)
	if !st.KeepMomentum {
		s.ClearMomentum()
	}
	if !t.moved {
		st.before = s.Clone()
	}
	return t.Model.Load(s)
}

// warm does to the weights that a stage is handed what the stage asks for.
func (t *trainer) warm(st *stage, s nn.State) error {
	r := seed.Stream(t.seedInit, "warm", uint64(st.number))
	if st.Warm.Shrink > 0 {
		t.Net.ShrinkPerturb(s, st.Warm.Shrink, st.Warm.Noise, r)
	}
	if st.Warm.Redraw > 0 {
		return t.Net.RedrawLast(s, st.Warm.Redraw, nn.Scheme(t.Config.Scheme()), r)
	}
	return nil
}

// replay does to the weights that a stage begins with what the published script does.
func (t *trainer) replay(st *stage, s nn.State) {
	if !t.Config.Authors() {
		return
	}
	t.Frozen.Place(s, st.active)
	if st.Restart {
		t.sinceRestart = 1 // fault 3 of package compat
	}
}
