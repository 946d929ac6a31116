package paper

import (
	"fmt"

	"github.com/local-to-global/lgl/config"
)

// Scales are the sizes at which the experiments run, the paper's first.
func Scales() []string { return []string{"full", "small", "tiny"} }

// base holds what all cells of an experiment on images share, at the setup's scale.
//
//   - full is the paper's: VGG-16, all data, 100 epochs, batch 128 (config.Paper);
//   - small takes minutes to an hour on two cores: an eighth of VGG-11's channels, 10 epochs, 6,000
//     training images, or 10,000 of 50 classes and more. Its learning rate is the best of 0.01, 0.02,
//     0.05 and 0.1 for the baseline (one seed, Fashion-MNIST and glyphs): at the paper's 0.05 it is
//     the baseline that suffers;
//   - tiny takes seconds and shows nothing but that all is in place.
//
// At small the learning rate falls faster, so that it ends where the paper's does.
func (s Setup) base() config.Config {
	c := config.Paper()
	c.Data = s.Data.Arg
	many := len(s.Data.Classes) >= 50
	switch s.Scale {
	case "small":
		c.Model, c.Width, c.Epochs, c.Batch, c.TrainSamples, c.EntropySamples = "vgg11", 0.125, 10, 64, 6000, 1000
		c.LR = 0.02
		if many {
			c.TrainSamples = 10000
		}
	case "tiny":
		c.Model, c.Width, c.Epochs, c.Batch, c.TrainSamples, c.EntropySamples = "mlp", 0.25, 4, 32, 300, 100
		if many {
			c.TrainSamples = 500
		}
	}
	if s.Scale != "tiny" {
		c.LRDecay = config.DecayOver(c.Epochs)
	}
	if c.TrainSamples >= s.Data.Train {
		c.TrainSamples = 0 // all there are
	}
	return c
}

// scaleNote says what the scale means.
func (s Setup) scaleNote(c config.Config) string {
	text := fmt.Sprintf("Scale %s: learning rate %v, times %v an epoch, momentum %v, weight decay %v", s.Scale, c.LR, c.LRDecay, c.Momentum, c.WeightDecay)
	if s.Scale == "full" {
		return text + "; the paper's settings."
	}
	return text + "; reduced from the paper's (VGG-16, all data, 100 epochs): what can be compared with the paper is the order of the methods, not their numbers."
}
