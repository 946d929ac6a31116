package train

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/nn"
)

// checkMoved reports a trainable parameter that the first stage with a gradient did not change.
// Of the head, every row with a gradient must have changed: all of them under the full softmax,
// those of the active classes under the masked one. Under a masked softmax of one class the loss
// is zero whatever the weights, and there is nothing to see.
func (t *trainer) checkMoved(st *stage) error {
	if t.moved || st.Masked && len(st.Classes) == 1 {
		return nil
	}
	now, err := t.Model.Save()
	if err != nil {
		return err
	}
	frozen := -1 // a layer that must not have moved
	if t.Config.Authors() {
		frozen = t.Net.Head()
		if err := t.Frozen.Check(now); err != nil {
			return err
		}
	}
	for _, p := range t.Net.Params() {
		if p.Layer != frozen && p.Trainable() && !t.Net.Centred(p) {
			if err := st.checkParam(t.Net, p, st.before[p.Name].Data, now[p.Name].Data); err != nil {
				return err
			}
		}
	}
	t.moved = true
	return nil
}

// checkParam reports a parameter that did not change, or a row of it where it is the head's.
func (st *stage) checkParam(net nn.Net, p nn.Param, before, now []float32) error {
	const advice = "did not move in stage %d: the optimiser does not reach it, or --lr is too small to change a float32"
	if p.Layer != net.Head() {
		if slices.Equal(before, now) {
			return fmt.Errorf("parameter %s "+advice, p.Name, st.number)
		}
		return nil
	}
	width := p.Len() / net.Classes
	for k := range net.Classes {
		row := func(s []float32) []float32 { return s[k*width : (k+1)*width] }
		if (st.active[k] || !st.Masked) && slices.Equal(row(before), row(now)) {
			return fmt.Errorf("row %d of parameter %s "+advice, k, p.Name, st.number)
		}
	}
	return nil
}
