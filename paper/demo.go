package paper

import (
	"fmt"

	"github.com/local-to-global/lgl/config"
)

// DemoSize is how much the demo trains, and what.
type DemoSize struct {
	Samples int     // training images, of 60,000
	Width   float64 // of the network
}

// The sizes with which two seeds take under four minutes on two cores, with oneDNN and with the
// reference engine. All of the test images are used.
var (
	DemoFast = DemoSize{Samples: 6000, Width: 0.25}
	DemoSlow = DemoSize{Samples: 1000, Width: 0.0625}
)

const (
	demoEpochs  = 4 // of the baseline, and of each stage
	demoModel   = "vgg11"
	demoBatch   = 64
	demoLR      = 0.02
	demoStages  = 3
	demoEntropy = 1000 // samples behind each point of the curves of H(T|X)
)

// Demo compares, over so many seeds, LGL's three strategies on Fashion-MNIST with plain training
// for as many epochs, and with plain training on as many samples.
func Demo(seeds int, size DemoSize) Suite {
	return Suite{
		Title: fmt.Sprintf("Local to global on Fashion-MNIST, %d of 60000 training images", size.Samples),
		Cells: Setup{Seeds: seeds}.cells(demoConfig(size), []method{
			baseline, {"baseline-equal", func(c *config.Config) { c.Method = "baseline-equal" }},
			demoLGL("random"), demoLGL("dissimilar"), demoLGL("similar"),
		}),
	}
}

// demoLGL is LGL by a strategy, under a name that has it in full.
func demoLGL(strategy string) method {
	return method{fmt.Sprintf("lgl-%s-%d", strategy, demoStages), lgl(strategy, demoStages).set}
}

// demoConfig holds what all cells of the demo share.
func demoConfig(size DemoSize) config.Config {
	c := config.Paper()
	c.Data, c.TrainSamples = "fashion-mnist", size.Samples
	c.Model, c.Width = demoModel, size.Width
	c.Stages, c.Epochs, c.Batch, c.LR, c.LRDecay = demoStages, demoEpochs, demoBatch, demoLR, config.DecayOver(demoEpochs)
	c.EntropySamples = demoEntropy
	return c
}
