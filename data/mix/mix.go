// Package mix does to a training batch what concerns it as a whole, and gives it targets, the shares
// that its samples have in the classes, and weights.
//
//  1. the loader makes a batch of transformed samples;
//  2. every label becomes a row of targets, 1 for its class;
//  3. mixup (Zhang et al. 2018) draws lambda ~ Beta(alpha, alpha), once for the batch, and makes every
//     sample x_i, its targets t_i and its weight v_i
//     lambda x_i + (1 - lambda) x_(i-1), the same for t and v,
//     where the first sample's neighbour is the last: torchvision's RandomMixup, which rolls the batch
//     by one. The order of an epoch is random, so that neighbours are random pairs;
//  4. label smoothing (Szegedy et al. 2016) makes t_i (1 - e) t_i + e / L on each of the L outputs in
//     use: those of the softmax, which are all K, or under a masked head the active ones. That is
//     label_smoothing of PyTorch's CrossEntropyLoss;
//  5. ClassWeights weigh what came of that, and of distillation, which lies between: PyTorch's weight.
package mix

import (
	"math/rand/v2"

	"github.com/local-to-global/lgl/data"
)

// Mix says what is done to a batch.
type Mix struct {
	Alpha     float64 // of mixup; 0: none
	Smoothing float64 // e of label smoothing, 0..1; 0: none
	Classes   int     // K
	Active    []bool  // the outputs in use, [K]; nil: all
}

// Nothing reports whether nothing is done.
func (m Mix) Nothing() bool { return m.Alpha == 0 && m.Smoothing == 0 }

// Apply changes b.X in place and returns b with targets [N K], and with weights of its own if it has
// any. Y stays: the labels of the samples with the share lambda.
func (m Mix) Apply(b data.Batch, r *rand.Rand) data.Batch {
	lambda := 1.0
	if m.Alpha > 0 {
		lambda = beta(m.Alpha, r)
		blend(b.X, len(b.X)/b.Len(), lambda)
		b.Weight = blended(b.Weight, lambda)
	}
	b.Targets = m.targets(b.Y, lambda)
	return b
}

// blend makes every row of x, of so many values, lambda times itself plus 1 - lambda times the row
// before it as that was; the last row is the one before the first.
func blend(x []float32, size int, lambda float64) {
	own, other := float32(lambda), float32(1-lambda)
	last := append([]float32(nil), x[len(x)-size:]...)
	for at := len(x) - size; at >= 0; at -= size {
		row, before := x[at:at+size], last
		if at > 0 {
			before = x[at-size : at]
		}
		for i, v := range before {
			row[i] = float32(own*row[i]) + float32(other*v)
		}
	}
}

// blended returns blend of weights, which stay as they are; nil for nil.
func blended(weights []float32, lambda float64) []float32 {
	if weights == nil {
		return nil
	}
	w := append([]float32(nil), weights...)
	blend(w, 1, lambda)
	return w
}

// targets returns the targets of samples with labels y, [N K].
func (m Mix) targets(y []int32, lambda float64) []float32 {
	t := make([]float32, len(y)*m.Classes)
	if m.Smoothing > 0 {
		m.smooth(t)
	}
	own, other := float32((1-m.Smoothing)*lambda), float32((1-m.Smoothing)*(1-lambda))
	before := y[len(y)-1]
	for i, label := range y {
		row := t[i*m.Classes : (i+1)*m.Classes]
		row[label] += own
		row[before] += other
		before = label
	}
	return t
}

// smooth writes e / L for the outputs in use into every row of t.
func (m Mix) smooth(t []float32) {
	used := m.Classes
	if m.Active != nil {
		used = 0
		for _, a := range m.Active {
			if a {
				used++
			}
		}
	}
	share := float32(m.Smoothing / float64(used))
	for at := range t {
		if m.Active == nil || m.Active[at%m.Classes] {
			t[at] = share
		}
	}
}
