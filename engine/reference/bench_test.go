package reference_test

import (
	"math/rand/v2"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// stepper returns a model at its initial weights and one batch for it.
func stepper(t testing.TB, name string, o zoo.Options, batch, threads int) (engine.Model, data.Batch) {
	t.Helper()
	net, err := zoo.Build(name, o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := reference.New().Compile(net, batch, engine.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 0))
	s, err := net.Init(nn.Default, r)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Load(s); err != nil {
		t.Fatal(err)
	}
	b := data.Batch{X: make([]float32, batch*nn.Size(net.Input)), Y: make([]int32, batch)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Y {
		b.Y[i] = int32(r.IntN(o.Classes))
	}
	return m, b
}

var usual = engine.Hyper{LR: 0.01, Momentum: 0.9, WeightDecay: 5e-4}

func step(t testing.TB, m engine.Model, b data.Batch) {
	if _, err := m.Step(b, usual); err != nil {
		t.Fatal(err)
	}
}

func benchmark(b *testing.B, name string, o zoo.Options, threads int) {
	m, batch := stepper(b, name, o, 128, threads)
	for b.Loop() {
		step(b, m, batch)
	}
}

func BenchmarkMLP(b *testing.B) {
	benchmark(b, "mlp", zoo.Options{Input: []int{2}, Classes: 3}, 1)
}

func BenchmarkSmallCNN(b *testing.B) {
	benchmark(b, "smallcnn", zoo.Options{Input: []int{1, 28, 28}, Classes: 10}, 0)
}

// TestSmallStepAllocatesNothing: a step too small for goroutines reuses all its memory.
func TestSmallStepAllocatesNothing(t *testing.T) {
	m, b := stepper(t, "mlp", zoo.Options{Input: []int{2}, Classes: 3}, 128, 2)
	if n := testing.AllocsPerRun(100, func() { step(t, m, b) }); n != 0 {
		t.Errorf("a step of the MLP allocates %v times; want 0", n)
	}
}
