package nn

import "fmt"

// Grow replaces the tensors of s, which fits the network, by those of from, the weights of the same
// network with fewer classes: the rows of from's head become the first ones of the head of s, bit for
// bit, and the rows behind them stay as they are in s. It returns how many rows these are.
func (n Net) Grow(s, from State) (known int, err error) {
	if known, err = n.Adopts(from); err != nil {
		return 0, err
	}
	if known == 0 || known >= n.Classes {
		return 0, fmt.Errorf("network %s: the weights are for %d classes; want fewer than %d", n.Name, max(known, n.Classes), n.Classes)
	}
	for _, p := range n.Params() {
		copy(s[p.Name].Data, from[p.Name].Data) // rows are the first dimension, so they lie in front
	}
	return known, nil
}
