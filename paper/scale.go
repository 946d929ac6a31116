package paper

import (
	"fmt"
	"slices"

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

// method is a row of a table: its name in the names of cells, and the settings that make it.
type method struct {
	name string
	set  func(*config.Config)
}

// baseline is plain training.
var baseline = method{"baseline", func(c *config.Config) { c.Method = "baseline" }}

// equal is plain training on as many samples as LGL with m stages sees.
func equal(m int) method {
	return method{fmt.Sprintf("baseline-equal-%d", m), func(c *config.Config) { c.Method, c.Stages = "baseline-equal", m }}
}

// lgl is LGL(x, m), its strategy x given by its name.
func lgl(strategy string, m int) method {
	return method{fmt.Sprintf("lgl-%s-%d", strategy[:1], m), func(c *config.Config) {
		c.Method, c.Select, c.Stages = "lgl", strategy, m
	}}
}

// selfPaced are the methods of section 3, at their default pace.
var selfPaced = []method{
	{"spl", func(c *config.Config) { c.Method = "spl" }},
	{"spl-inv", func(c *config.Config) { c.Method = "spl-inv" }},
	{"spld", func(c *config.Config) { c.Method = "spld" }},
}

// cells are the runs of methods, seed by seed, so that what is finished early can be compared.
func (s Setup) cells(base config.Config, methods []method) []Cell {
	var cells []Cell
	for seed := range s.Seeds {
		for _, m := range methods {
			c := base
			m.set(&c)
			c.Seed = uint64(seed) + 1
			cells = append(cells, Cell{fmt.Sprintf("%s-s%d", m.name, c.Seed), c})
		}
	}
	return cells
}

// stagesUpTo returns 2, 3 ... up to most, as far as there are classes.
func (d Data) stagesUpTo(most int) (stages []int) {
	for m := 2; m <= min(most, len(d.Classes)); m++ {
		stages = append(stages, m)
	}
	return slices.Clip(stages)
}
