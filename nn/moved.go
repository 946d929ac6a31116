package nn

import (
	"fmt"
	"slices"
)

// CheckMoved reports a trainable parameter that is the same in both states, or a row of the head's:
// of those that rows marks, [K]; nil: all. The layer at index except may be as it was (-1: none), and
// so may biases whose gradient is zero (Centred).
func (n Net) CheckMoved(before, after State, rows []bool, except int) error {
	for _, p := range n.Params() {
		if p.Layer == except || !p.Trainable() || p.Role == Bias && n.Centred(p.Layer) {
			continue
		}
		if err := n.checkMoved(p, before[p.Name].Data, after[p.Name].Data, rows); err != nil {
			return err
		}
	}
	return nil
}

// checkMoved reports one parameter that did not change, or a row of it where it is the head's.
func (n Net) checkMoved(p Param, before, after []float32, rows []bool) error {
	if p.Layer != n.Head() {
		if slices.Equal(before, after) {
			return fmt.Errorf("parameter %s did not move", p.Name)
		}
		return nil
	}
	width := p.Len() / n.Classes
	for k := range n.Classes {
		row := func(s []float32) []float32 { return s[k*width : (k+1)*width] }
		if (rows == nil || rows[k]) && slices.Equal(row(before), row(after)) {
			return fmt.Errorf("row %d of parameter %s did not move", k, p.Name)
		}
	}
	return nil
}
