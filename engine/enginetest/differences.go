package enginetest

import (
	"fmt"
	"math"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// chain is a network of unnamed layers between an input and a head of 4 classes.
func chain(name string, input []int, ops ...nn.Op) nn.Net {
	net := nn.Net{Name: name, Input: input, Classes: 4}
	for i, op := range append(ops, nn.Linear{Out: 4, Bias: true}) {
		net.Layers = append(net.Layers, nn.Layer{Name: fmt.Sprintf("layer%d", i), Op: op})
	}
	return net
}

// differenceNets has a network for every operation, with parameters before it, so that the
// gradient with respect to its input is seen, too.
func differenceNets() []nn.Net {
	conv := nn.Conv2D{Out: 3, Kernel: 3, Stride: 1, Pad: 1, Bias: true}
	image := func(name string, ops ...nn.Op) nn.Net {
		return chain(name, []int{2, 5, 4}, append(append([]nn.Op{conv}, ops...), nn.Flatten{})...)
	}
	linear := nn.Linear{Out: 7, Bias: true}
	vector := func(name string, ops ...nn.Op) nn.Net {
		return chain(name, []int{5}, append([]nn.Op{linear}, ops...)...)
	}
	add := image("add", nn.ReLU{}, conv, nn.Add{})
	add.Layers[3].Inputs = []int{2, 1} // the ReLU feeds two layers
	double := vector("add of one layer to itself", nn.Add{})
	double.Layers[1].Inputs = []int{0, 0}
	return []nn.Net{
		vector("linear", nn.Linear{Out: 3}),
		vector("batch norm of features", norm),
		vector("relu", nn.ReLU{}),
		vector("dropout", nn.Dropout{P: 0.4}),
		image("conv", nn.Conv2D{Out: 5, Kernel: 3, Stride: 1, Pad: 1}),
		image("conv with stride", nn.Conv2D{Out: 5, Kernel: 3, Stride: 2, Pad: 1, Bias: true}),
		image("conv without padding", nn.Conv2D{Out: 2, Kernel: 4, Stride: 1}),
		image("conv 1x1", nn.Conv2D{Out: 5, Kernel: 1, Stride: 1, Bias: true}),
		image("conv 1x1 with stride", nn.Conv2D{Out: 5, Kernel: 1, Stride: 2}),
		image("conv larger than its input", nn.Conv2D{Out: 2, Kernel: 8, Stride: 3, Pad: 2, Bias: true}),
		image("conv over one pixel", nn.GlobalAvgPool{}, nn.Conv2D{Out: 5, Kernel: 5, Stride: 1, Pad: 2, Bias: true}),
		image("batch norm of images", nn.BatchNorm{Eps: 1e-2, Momentum: 0.1}),
		image("batch norm and relu", norm, nn.ReLU{}),
		image("max pool", nn.MaxPool{Kernel: 2, Stride: 2}),
		image("max pool that overlaps", nn.MaxPool{Kernel: 3, Stride: 2, Pad: 1}),
		image("average pool", nn.AvgPool{Kernel: 2, Stride: 2}),
		image("average pool that overlaps", nn.AvgPool{Kernel: 3, Stride: 2, Pad: 1}),
		image("global average pool", nn.GlobalAvgPool{}),
		image("dropout of images", nn.Dropout{P: 0.4}, conv),
		add,
		double,
	}
}

// differences holds the gradient to central differences of the loss.
func differences(t *testing.T, e engine.Engine, tol Tolerance) {
	for i, net := range differenceNets() {
		t.Run(net.Name, func(t *testing.T) {
			g := generator(100 + i)
			h := engine.Hyper{Seed: 5}
			if i%2 == 1 {
				h.Active = even(net.Classes)
			}
			s := g.state(net)
			b := g.batch(net, 4, h.Active, true)
			if i%3 == 2 {
				b = g.soften(net, b, h.Active)
			}
			m := compile(t, e, net, b.Len(), s)
			grads, _, _ := gradient(t, m, net, s, b, h)
			for _, p := range net.Params() {
				if p.Trainable() {
					checkSlopes(t, m, s, p, grads[p.Name], b, h, &g, tol.Slope)
				}
			}
		})
	}
}

// checkSlopes compares four elements of one parameter's gradient. An element near which the loss
// has a kink (of ReLU, of a maximum) has no slope to compare: another one is drawn.
func checkSlopes(t *testing.T, m engine.Model, s nn.State, p nn.Param, grad []float32, b data.Batch, h engine.Hyper, g *generator, bound Bound) {
	t.Helper()
	var got, want []float32
	for tries := 0; len(got) < 4 && tries < 40; tries++ {
		e := int(g.u() * uint64(p.Len()) >> 24)
		wide, narrow := slope(t, m, s, p.Name, e, b, h, 1.0/256), slope(t, m, s, p.Name, e, b, h, 1.0/512)
		if math.Abs(wide-narrow) <= (bound.Absolute+bound.Relative*math.Abs(wide))/2 {
			got, want = append(got, grad[e]), append(want, float32(wide))
		}
	}
	if len(got) < 4 {
		t.Fatalf("loss along %s is smooth at %d of 40 elements; want 4", p.Name, len(got))
	}
	compare(t, "gradient of "+p.Name, got, want, bound)
}

// slope is the five-point difference quotient of the loss at element e of a parameter:
//
//	(8 (L(w+d) - L(w-d)) - (L(w+2d) - L(w-2d))) / 12d, error O(d^4)
//
// With d = 1/256 the rounding of float32 losses costs about 1e-4.
func slope(t *testing.T, m engine.Model, s nn.State, name string, e int, b data.Batch, h engine.Hyper, d float32) float64 {
	t.Helper()
	at := func(shift float32) float64 {
		moved := s.Clone()
		moved[name].Data[e] += shift
		load(t, m, moved)
		h.LR, h.Momentum, h.WeightDecay = 0, 0, 0
		return mean(step(t, m, b, h), b.Weight)
	}
	return (8*(at(d)-at(-d)) - (at(2*d) - at(-2*d))) / (12 * float64(d))
}
