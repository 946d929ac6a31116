package paper

import (
	"fmt"

	"github.com/local-to-global/lgl/config"
)

// The demo's size, chosen so that two seeds take under four minutes on two cores. All of the test
// images are used.
const (
	DemoSamples     = 6000 // training images, of 60000, with a fast engine
	DemoSlowSamples = 1000 // with the reference engine
	demoEpochs      = 4    // of the baseline, and of each stage
	demoModel       = "vgg11"
	demoWidth       = 0.25
	demoBatch       = 64
	demoLR          = 0.05
	demoStages      = 3
	demoEntropy     = 1000 // samples behind each point of the curves of H(T|X)
)

// Demo compares, over so many seeds and as many training images of Fashion-MNIST, LGL's three
// strategies with plain training for as many epochs, and with plain training on as many samples.
func Demo(seeds, samples int) Suite {
	s := Suite{Title: fmt.Sprintf("Local to global on Fashion-MNIST, %d of 60000 training images", samples)}
	for seed := range seeds {
		for _, m := range []struct{ method, strategy string }{
			{"baseline", "random"}, {"baseline-equal", "random"},
			{"lgl", "random"}, {"lgl", "dissimilar"}, {"lgl", "similar"},
		} {
			c := demoConfig(samples)
			c.Method, c.Select, c.Seed = m.method, m.strategy, uint64(seed)+1
			name := m.method
			if m.method == "lgl" {
				name = fmt.Sprintf("lgl-%s-%d", m.strategy, c.Stages)
			}
			s.Cells = append(s.Cells, Cell{fmt.Sprintf("%s-s%d", name, c.Seed), c})
		}
	}
	return s
}

// demoConfig holds what all cells of the demo share.
func demoConfig(samples int) config.Config {
	c := config.Default()
	c.Data, c.TrainSamples = "fashion-mnist", samples
	c.Model, c.Width = demoModel, demoWidth
	c.Stages, c.Epochs, c.Batch, c.LR = demoStages, demoEpochs, demoBatch, demoLR
	c.EntropySamples = demoEntropy
	return c
}
