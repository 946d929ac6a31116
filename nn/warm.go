package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// ShrinkPerturb replaces every trainable tensor w of s by shrink w + noise std(w) N(0, 1), std(w)
// being the deviation of the tensor's values before (Ash and Adams 2020, "On Warm-Starting Neural
// Network Training"). Running statistics are left as they are: training soon replaces them.
func (n Net) ShrinkPerturb(s State, shrink, noise float64, r *rand.Rand) {
	for _, p := range n.Params() {
		if !p.Trainable() {
			continue
		}
		w := s[p.Name].Data
		scale := noise * deviation(w)
		for i, v := range w {
			w[i] = float32(shrink*float64(v) + scale*r.NormFloat64())
		}
	}
}

// deviation returns the population's standard deviation of x.
func deviation(x []float32) float64 {
	mean, squares := 0.0, 0.0
	for _, v := range x {
		mean += float64(v) / float64(len(x))
	}
	for _, v := range x {
		squares += (float64(v) - mean) * (float64(v) - mean)
	}
	return math.Sqrt(squares / float64(len(x)))
}

// Hidden returns the number of linear layers and convolutions before the head.
func (n Net) Hidden() int { return len(n.hidden()) }

// hidden returns the indices of these layers.
func (n Net) hidden() []int {
	var found []int
	for i, l := range n.Layers[:n.Head()] {
		switch l.Op.(type) {
		case Linear, Conv2D:
			found = append(found, i)
		}
	}
	return found
}

// RedrawLast draws anew the last linear layers and convolutions before the head, so many of them,
// and every layer between them and the head: batch norms start again with their running
// statistics. Momentum buffers of what is drawn become zero.
func (n Net) RedrawLast(s State, layers int, scheme Scheme, r *rand.Rand) error {
	hidden := n.hidden()
	if layers > len(hidden) {
		return fmt.Errorf("network %s has %d layers with weights before its head; %d are to be drawn anew", n.Name, len(hidden), layers)
	}
	first := hidden[len(hidden)-layers]
	for _, p := range n.Params() {
		if p.Layer < first || p.Layer == n.Head() {
			continue
		}
		draw(s[p.Name].Data, p, scheme, r)
		if m, ok := s[MomentumPrefix+p.Name]; ok {
			clear(m.Data)
		}
	}
	return nil
}
