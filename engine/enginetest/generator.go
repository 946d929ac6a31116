package enginetest

import (
	"math"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/nn"
)

// generator makes the weights and batches that testdata/make_vectors.py makes: Knuth's linear
// congruential generator of MMIX, of which the upper 24 bits are taken.
type generator uint64

func (g *generator) u() uint64 {
	*g = *g*6364136223846793005 + 1442695040888963407
	return uint64(*g >> 40)
}

// v is uniform in [-1, 1) and exact in float32.
func (g *generator) v() float32 { return float32(int64(g.u())-1<<23) / (1 << 23) }

// state draws weights of the size of He's, and running statistics that are not those of a start.
func (g *generator) state(net nn.Net) nn.State {
	s := nn.State{}
	for _, p := range net.Params() {
		values := make([]float32, p.Len())
		bound := float32(math.Sqrt(6 / float64(p.FanIn)))
		for i := range values {
			switch v := g.v(); p.Role {
			case nn.Weight:
				values[i] = v * bound
			case nn.Scale, nn.RunningVar:
				values[i] = 1 + v/2
			default:
				values[i] = v / 4
			}
		}
		s[p.Name] = nn.Tensor{Shape: slices.Clone(p.Shape), Data: values}
	}
	return s
}

// batch draws n samples with labels of the active classes (nil: all), weighted or not.
func (g *generator) batch(net nn.Net, n int, active []bool, weighted bool) data.Batch {
	b := data.Batch{X: make([]float32, n*nn.Size(net.Input)), Y: make([]int32, n), Index: make([]int, n)}
	for i := range b.X {
		b.X[i] = g.v()
	}
	classes := listed(net.Classes, active)
	for i := range b.Y {
		b.Y[i] = int32(classes[g.u()*uint64(len(classes))>>24])
		b.Index[i] = i
	}
	if weighted {
		b.Weight = make([]float32, n)
		for i := range b.Weight {
			b.Weight[i] = 1 + g.v()/2
		}
	}
	return b
}

// soften gives a batch targets of the active classes (nil: all), about half of them 0, which do not add
// up to 1.
func (g *generator) soften(net nn.Net, b data.Batch, active []bool) data.Batch {
	b.Targets = make([]float32, b.Len()*net.Classes)
	for i := range b.Len() {
		for _, k := range listed(net.Classes, active) {
			b.Targets[i*net.Classes+k] = max(g.v(), 0)
		}
	}
	return b
}

// listed returns the indices of the active classes.
func listed(k int, active []bool) []int {
	var classes []int
	for c := range k {
		if active == nil || active[c] {
			classes = append(classes, c)
		}
	}
	return classes
}

// even is the mask of the even classes.
func even(k int) []bool {
	mask := make([]bool, k)
	for c := 0; c < k; c += 2 {
		mask[c] = true
	}
	return mask
}
