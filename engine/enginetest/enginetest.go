// Package enginetest is the conformance suite of the engines: Run holds an engine to
//
//  1. vectors: what PyTorch computed in double precision for small networks (testdata);
//  2. differences: the gradient of every operation against finite differences of the loss;
//  3. promises: what package engine says of determinism, dropout, Save, Load and Reduce;
//  4. refusals: an error for bad input and numbers that are not finite, after which nothing moved.
//
// Agree holds it to another engine, step by step. Both need nothing but the interface: gradients
// are read off one step of plain SGD. RunReduced is Run for engines of fewer digits.
package enginetest

import (
	"math"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// Bound allows |got - want| <= Absolute + Relative x the largest |want| of the same tensor: what
// a sum loses by rounding grows with its largest terms, and not with what is left of them.
type Bound struct{ Absolute, Relative float64 }

// Tolerance is how far an engine may be from what it is held to.
type Tolerance struct {
	Forward  Bound // logits, losses and running statistics after one pass
	Gradient Bound // gradients after one pass
	Run      Bound // losses and states after several steps
	Slope    Bound // gradients against finite differences of float32 losses
}

// Float32 is the tolerance for an engine that computes in float32. PyTorch in float32 is from
// PyTorch in double precision, on the networks of testdata, at most 1e-6 of the largest value for
// one pass and for ten steps, and 1e-5 for gradients that are zero but for rounding (biases before
// batch norm in vgg16). The rest is room for other orders of summation and for Winograd's
// convolutions; a wrong term is off by far more.
var Float32 = Tolerance{
	Forward:  Bound{1e-6, 2e-5},
	Gradient: Bound{3e-5, 1e-4},
	Run:      Bound{5e-5, 1e-4},
	Slope:    Bound{3e-4, 1e-3},
}

// BFloat16 is the tolerance for an engine whose activations and products are bfloat16, of 8 bits,
// and whose weights and sums are float32: room for rounding that grows from layer to layer, and
// behind batch norms over few values.
var BFloat16 = Tolerance{
	Forward:  Bound{1e-2, 1e-1},
	Gradient: Bound{1e-1, 7e-1},
	Run:      Bound{1e-1, 5e-1},
}

// BFloat16Operation is its tolerance for AgreeOperations: a rounding is 4e-3.
var BFloat16Operation = Tolerance{
	Forward:  Bound{1e-2, 2e-2},
	Gradient: Bound{1e-2, 5e-2},
	Run:      Bound{1e-2, 5e-2},
}

// Run runs the suite. open opens the engine under test, and closes it with the test it gets;
// it is called once for each part.
func Run(t *testing.T, open func(t *testing.T) engine.Engine, tol Tolerance) {
	t.Run("vectors", func(t *testing.T) { vectors(t, open(t), tol) })
	t.Run("differences", func(t *testing.T) { differences(t, open(t), tol) })
	t.Run("promises", func(t *testing.T) { promises(t, open(t), tol) })
	t.Run("refusals", func(t *testing.T) { refusals(t, open(t)) })
}

// RunReduced runs what of the suite holds for an engine that computes with fewer digits than
// float32. Left out: vectors, since ten steps in a row go apart, and Agree has one by one; and
// differences, since a loss has not the digits for a slope.
func RunReduced(t *testing.T, open func(t *testing.T) engine.Engine, tol Tolerance) {
	t.Run("promises", func(t *testing.T) { promises(t, open(t), tol) })
	t.Run("refusals", func(t *testing.T) { refusals(t, open(t)) })
}

// compare reports the worst value of got that is out of bound.
func compare(t *testing.T, what string, got, want []float32, b Bound) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values; want %d", what, len(got), len(want))
		return
	}
	if at, off, allowed := b.worst(got, want); off > allowed {
		t.Errorf("%s: value %d is %v; want %v (off by %.3g, allowed %.3g)", what, at, got[at], want[at], off, allowed)
	}
}

// worst returns where two tensors of one size differ most, by how much, and what is allowed. A
// NaN is infinitely far from everything.
func (b Bound) worst(got, want []float32) (at int, off, allowed float64) {
	largest := 0.0
	for i, v := range want {
		d := math.Abs(float64(got[i]) - float64(v))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		if d > off {
			at, off = i, d
		}
		largest = math.Max(largest, math.Abs(float64(v)))
	}
	return at, off, b.Absolute + b.Relative*largest
}

// compile compiles net and loads s; the model is closed with the test.
func compile(t *testing.T, e engine.Engine, net nn.Net, batch int, s nn.State) engine.Model {
	t.Helper()
	return compileWith(t, e, net, batch, s, engine.Options{})
}

func compileWith(t *testing.T, e engine.Engine, net nn.Net, batch int, s nn.State, o engine.Options) engine.Model {
	t.Helper()
	m, err := e.Compile(net, batch, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("closing the model of %s: %v", net.Name, err)
		}
	})
	load(t, m, s)
	return m
}

func load(t *testing.T, m engine.Model, s nn.State) {
	t.Helper()
	if err := m.Load(s); err != nil {
		t.Fatal(err)
	}
}

func save(t *testing.T, m engine.Model) nn.State {
	t.Helper()
	s, err := m.Save()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// step does one step and returns a copy of its losses.
func step(t *testing.T, m engine.Model, b data.Batch, h engine.Hyper) []float32 {
	t.Helper()
	stats, err := m.Step(b, h)
	if err != nil {
		t.Fatal(err)
	}
	return append([]float32(nil), stats.Losses...)
}

func logits(t *testing.T, m engine.Model, net nn.Net, b data.Batch) []float32 {
	t.Helper()
	dst := make([]float32, b.Len()*net.Classes)
	if err := m.Logits(b, dst); err != nil {
		t.Fatal(err)
	}
	return dst
}

// plainLR is the learning rate of the step that gradients are read off. A large one keeps more
// of the gradient's digits: w - LR g is rounded to float32, and the difference divided by LR.
const plainLR = 64

// gradient does one step of plain SGD on s and returns the gradient of the mean weighted loss,
// by parameter, with the losses and the state after the step.
func gradient(t *testing.T, m engine.Model, net nn.Net, s nn.State, b data.Batch, h engine.Hyper) (grads map[string][]float32, losses []float32, after nn.State) {
	t.Helper()
	h.LR, h.Momentum, h.WeightDecay = plainLR, 0, 0
	load(t, m, s)
	losses = step(t, m, b, h)
	after = save(t, m)
	grads = map[string][]float32{}
	for _, p := range net.Params() {
		if !p.Trainable() {
			continue
		}
		g := make([]float32, p.Len())
		for i := range g {
			g[i] = (s[p.Name].Data[i] - after[p.Name].Data[i]) / plainLR
		}
		grads[p.Name] = g
	}
	return grads, losses, after
}

// mean is the mean over the batch of weight x loss, in float64.
func mean(losses, weight []float32) float64 {
	sum := 0.0
	for i, l := range losses {
		w := 1.0
		if weight != nil {
			w = float64(weight[i])
		}
		sum += w * float64(l)
	}
	return sum / float64(len(losses))
}
