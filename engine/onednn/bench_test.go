package onednn

import (
	"testing"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

func BenchmarkStepVGG16(b *testing.B) {
	benchStep(b, build(b, "vgg16", []int{3, 32, 32}, 100, 1))
}

func BenchmarkStepSmallCNN(b *testing.B) {
	benchStep(b, build(b, "smallcnn", []int{1, 28, 28}, 10, 1))
}

func BenchmarkStepVGG11Narrow(b *testing.B) {
	benchStep(b, build(b, "vgg11", []int{1, 32, 32}, 10, 0.25))
}

func BenchmarkStepMLP(b *testing.B) {
	benchStep(b, build(b, "mlp", []int{2}, 3, 1))
}

func BenchmarkInferVGG16(b *testing.B) {
	benchInfer(b, build(b, "vgg16", []int{3, 32, 32}, 100, 1))
}

func BenchmarkInferVGG11Narrow(b *testing.B) {
	benchInfer(b, build(b, "vgg11", []int{1, 32, 32}, 10, 0.25))
}

const benchBatch = 128

// benchStep times training steps on a batch of 128.
func benchStep(b *testing.B, net nn.Net) {
	m := compile(b, open(b), net, benchBatch, engine.Options{})
	x := batch(net, benchBatch, 1)
	step := func() {
		_, err := m.Step(x, engine.Hyper{LR: 0.01, Momentum: 0.9, WeightDecay: 5e-4})
		check(b, err)
	}
	step()
	for b.Loop() {
		step()
	}
	b.ReportMetric(float64(b.N*benchBatch)/b.Elapsed().Seconds(), "samples/s")
}

// benchInfer times evaluations of a batch of 128.
func benchInfer(b *testing.B, net nn.Net) {
	m := compile(b, open(b), net, benchBatch, engine.Options{})
	x, logits := batch(net, benchBatch, 1), make([]float32, benchBatch*net.Classes)
	check(b, m.Logits(x, logits))
	for b.Loop() {
		check(b, m.Logits(x, logits))
	}
	b.ReportMetric(float64(b.N*benchBatch)/b.Elapsed().Seconds(), "samples/s")
}
