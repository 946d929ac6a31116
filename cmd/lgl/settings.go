package main

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/nn/zoo"
)

// settings are the flags of a command that describes a run: one for each field of config.Config,
// of the same name, and --config.
type settings struct {
	values config.Config // defaults, and the flags given
	file   string        // --config
	flags  *pflag.FlagSet
}

// settingsFlags gives cmd the flags of a run.
func settingsFlags(cmd *cobra.Command) *settings {
	s := &settings{values: config.Default(), flags: cmd.Flags()}
	s.flags.SortFlags = false
	s.flags.StringVar(&s.file, "config", "", "read settings from a YAML `file`, the same names as below; flags win")
	define(s.flags, &s.values)
	for name, values := range words() {
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // words names a flag that define does not make
		}
	}
	return s
}

// define makes a flag for each setting, with what c holds as its default.
func define(f *pflag.FlagSet, c *config.Config) {
	f.StringVar(&c.Data, "data", c.Data, "data set: a name (lgl data ls) or a path")
	f.IntVar(&c.TrainSamples, "train-samples", c.TrainSamples, "train on a seeded subset of so many samples, classes in proportion; 0: all")
	f.StringVar(&c.Augment, "augment", c.Augment, "crop-flip, crop, flip or none; auto: crop-flip for CIFAR, else none")

	f.StringVar(&c.Model, "model", c.Model, "network: mlp, smallcnn, vgg11, vgg13, vgg16 or vgg19")
	f.Float64Var(&c.Width, "width", c.Width, "multiplies the channels of every hidden layer")
	f.IntVar(&c.Hidden, "hidden", c.Hidden, "hidden layers of mlp")
	f.StringVar(&c.Init, "init", c.Init, "initial weights: default (PyTorch's) or he")

	f.StringVar(&c.Method, "method", c.Method, "baseline, baseline-equal (as many samples as lgl) or lgl")
	f.IntVar(&c.Stages, "stages", c.Stages, "stages m of LGL, 1 to the number of classes")
	f.StringVar(&c.Select, "select", c.Select, "how LGL chooses the next classes: random, similar or dissimilar")
	f.StringVar(&c.Partition, "partition", c.Partition, "sizes of LGL's groups: even, or ceil (the paper's words)")
	f.StringVar(&c.Head, "head", c.Head, "softmax over the full head, or masked to the active classes")
	f.StringVar(&c.Reinit, "reinit", c.Reinit, "head rows drawn anew before a group enters: untrained, none or all")
	f.StringVar(&c.Carry, "carry", c.Carry, "weights a stage hands on: last, best (held-out data) or best-test")
	f.BoolVar(&c.KeepMomentum, "keep-momentum", c.KeepMomentum, "keep momentum buffers between stages")
	f.Float64Var(&c.ValFraction, "val-fraction", c.ValFraction, "share of the training data held out for --carry best")

	f.IntVar(&c.Epochs, "epochs", c.Epochs, "epochs of each stage, or of a baseline")
	f.StringVar(&c.Until, "until", c.Until, "a stage ends after its epochs, or when converged (at most --epochs)")
	f.IntVar(&c.Patience, "patience", c.Patience, "epochs without a lower loss after which a stage has converged")
	f.Float64Var(&c.MinDelta, "min-delta", c.MinDelta, "by how much a loss must fall to be lower")

	f.IntVar(&c.Batch, "batch", c.Batch, "mini-batch size")
	f.Float64Var(&c.LR, "lr", c.LR, "learning rate at the start of every stage")
	f.Float64Var(&c.LRDecay, "lr-decay", c.LRDecay, "multiplies the learning rate every --lr-step epochs")
	f.IntVar(&c.LRStep, "lr-step", c.LRStep, "epochs between two decays")
	f.Float64Var(&c.Momentum, "momentum", c.Momentum, "momentum of SGD")
	f.Float64Var(&c.WeightDecay, "weight-decay", c.WeightDecay, "weight decay of SGD")

	f.Uint64Var(&c.Seed, "seed", c.Seed, "seed of everything random")
	f.Uint64Var(&c.SeedInit, "seed-init", c.SeedInit, "seed of initial weights and dropout, if another than --seed")
	f.Uint64Var(&c.SeedOrder, "seed-order", c.SeedOrder, "seed of subset, shuffling and augmentation, if another than --seed")
	f.Uint64Var(&c.SeedClasses, "seed-classes", c.SeedClasses, "seed of the random choices of classes, if another than --seed")

	f.StringVar(&c.Engine, "engine", c.Engine, "auto, onednn or reference")
	f.IntVar(&c.Threads, "threads", c.Threads, "CPU threads of a step; 0: all cores")
	f.IntVar(&c.EntropySamples, "entropy-samples", c.EntropySamples, "training samples behind the logged H(T|X); 0: all")
}

// words lists, for shell completion, the values of the flags that take one of a few words.
func words() map[string][]string {
	var sets []string
	for _, d := range catalog.List() {
		sets = append(sets, d.Name)
	}
	return map[string][]string{
		"data": sets, "model": zoo.Names(), "augment": {"auto", "none", "flip", "crop", "crop-flip"},
		"init": {"default", "he"}, "method": {"baseline", "baseline-equal", "lgl"},
		"select": {"random", "similar", "dissimilar"}, "partition": {"even", "ceil"}, "head": {"full", "masked"},
		"reinit": {"untrained", "none", "all"}, "carry": {"last", "best", "best-test"}, "until": {"epochs", "converged"},
		"engine": {"auto", "onednn", "reference"},
	}
}

// resolve returns the settings: defaults, over them the file, over them the flags given. Errors
// are usage errors.
func (s *settings) resolve() (config.Config, error) {
	c := config.Default()
	if s.file != "" {
		var err error
		if c, err = config.Load(s.file, c); err != nil {
			return c, &usageError{err}
		}
		over := pflag.NewFlagSet("", pflag.ContinueOnError)
		define(over, &c)
		s.flags.Visit(func(f *pflag.Flag) {
			if over.Lookup(f.Name) != nil {
				err = errors.Join(err, over.Set(f.Name, f.Value.String()))
			}
		})
		if err != nil {
			return c, err
		}
	} else {
		c = s.values
	}
	c.Data = absolute(c.Data)
	if err := c.Check(); err != nil {
		return c, &usageError{err}
	}
	return c, nil
}

// absolute makes the path of a data set independent of the working directory, so that the run
// finds it again. Names stay.
func absolute(nameOrPath string) string {
	known := func(d catalog.Info) bool { return d.Name == nameOrPath }
	if full, err := filepath.Abs(nameOrPath); err == nil && nameOrPath != "" && !slices.ContainsFunc(catalog.List(), known) {
		return full
	}
	return nameOrPath
}
