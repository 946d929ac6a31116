package train

import "fmt"

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
	if err := t.Net.CheckMoved(st.before, now, st.outputs(), frozen); err != nil {
		return fmt.Errorf("%w: the optimiser does not reach it, or --lr is too small to change a float32", err)
	}
	t.moved = true
	return nil
}
