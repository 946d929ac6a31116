package onednn

import (
	"testing"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/enginetest"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
)

// oneThread computes on one thread where all are asked for: the suite's networks are so small that
// threads only wait for each other.
type oneThread struct{ engine.Engine }

func (e oneThread) Compile(net nn.Net, batch int, o engine.Options) (engine.Model, error) {
	if o.Threads == 0 {
		o.Threads = 1
	}
	return e.Engine.Compile(net, batch, o)
}

func TestConformance(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) engine.Engine { return oneThread{open(t)} }, enginetest.Float32)
}

// TestAgreesWithReference has every second network on all threads.
func TestAgreesWithReference(t *testing.T) {
	enginetest.Agree(t, open(t), reference.New(), enginetest.Float32)
}

// Ten steps of full-size networks at 224x224 have PyTorch's losses (enginetest.TorchVariable).
func TestLosses(t *testing.T) {
	within := func(run float64) enginetest.Tolerance {
		return enginetest.Tolerance{Forward: enginetest.Bound{Relative: 1e-5}, Run: enginetest.Bound{Relative: run}}
	}
	for _, r := range []enginetest.TorchRun{
		{Model: "resnet50", Batch: 4, Device: "cpu", Precision: "f32", LR: 0.0001, Tolerance: within(3e-2)},
		{Model: "vgg16-imagenet", Batch: 4, Device: "cpu", Precision: "f32", LR: 0.01, Tolerance: within(1e-5)},
	} {
		t.Run(r.Model, func(t *testing.T) { enginetest.Losses(t, open(t), r) })
	}
}
