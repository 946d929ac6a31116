package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/train"
)

// task is a run that is ready to begin: its settings with the data, network and stages that
// follow from them.
type task struct {
	config      config.Config // augment is resolved
	data        string        // name of the data set
	train, test data.Source
	perClass    []int // training samples
	augment     augment.Pipeline
	plain       augment.Pipeline // of evaluation: no crop, no flip
	net         nn.Net
	plan        train.Plan
}

// prepare makes the task of c, a checked configuration. It refuses data, network and stages that
// do not go together.
func (a *app) prepare(ctx context.Context, c config.Config) (*task, error) {
	t := &task{config: c}
	if err := t.load(a); err != nil {
		return nil, err
	}
	var err error
	if t.perClass, err = train.PerClass(data.Labels(t.train), t.train.Classes()); err != nil {
		return nil, fmt.Errorf("data %s: %w", c.Data, err)
	}
	if t.plan, err = train.NewPlan(c, t.perClass); err != nil {
		return nil, &usageError{err}
	}
	if err := t.transforms(ctx, a); err != nil {
		return nil, err
	}
	if err := t.network(); err != nil {
		return nil, err
	}
	return t, nil
}

// open reads a data set, once in a call of lgl.
func (a *app) open(c config.Config) (catalog.Set, error) {
	_, order, _ := c.Seeds()
	key := fmt.Sprint(c.Data, order)
	if s, ok := a.sets[key]; ok {
		return s, nil
	}
	s, err := catalog.Open(c.Data, catalog.Options{Seed: order})
	if err != nil {
		return s, err
	}
	a.sets[key] = s
	return s, nil
}

// load opens the data and takes the subset asked for.
func (t *task) load(a *app) error {
	set, err := a.open(t.config)
	if err != nil {
		return err
	}
	t.data, t.test = set.Name, set.Test
	t.train, err = subset(set.Train, t.config)
	return err
}

// subset returns the training samples that a run of c uses.
func subset(all data.Source, c config.Config) (data.Source, error) {
	if c.TrainSamples == 0 {
		return all, nil
	}
	_, order, _ := c.Seeds()
	indices, err := data.Stratified(all, c.TrainSamples, seed.Stream(order, "subset"))
	if err != nil {
		return nil, &usageError{fmt.Errorf("--train-samples %d: want 0 (all) to %d, the training samples of %s", c.TrainSamples, all.Len(), c.Data)}
	}
	return data.Subset(all, indices), nil
}

// transforms resolves --augment, measures mean and deviation of the training data, and pads
// images that are too small for the network.
func (t *task) transforms(ctx context.Context, a *app) error {
	if t.config.Augment == "auto" {
		t.config.Augment = "none"
		if s := t.train.Shape(); len(s) == 3 && s[0] == 3 && s[1] == 32 && s[2] == 32 {
			t.config.Augment = "crop-flip"
		}
	}
	mean, std, err := augment.Measure(ctx, t.train)
	if err != nil {
		return fmt.Errorf("data %s: %w", t.config.Data, err)
	}
	t.plain = augment.Pipeline{Size: padding(t.config.Model, t.train.Shape()), Mean: mean, Std: std}
	if t.plain.Size > 0 {
		a.note(fmt.Sprintf("%s needs images of %d x %d or more: those of %s are padded with black", t.config.Model, t.plain.Size, t.plain.Size, t.data))
	}
	t.augment = t.plain
	t.augment.Flip = strings.HasSuffix(t.config.Augment, "flip")
	if strings.HasPrefix(t.config.Augment, "crop") {
		t.augment.Crop = 4
	}
	return nil
}

// padding returns the size to which images of shape are padded for a model; 0: not at all.
func padding(model string, shape []int) int {
	if least := zoo.MinSize(model); len(shape) == 3 && min(shape[1], shape[2]) < least {
		return max(least, shape[1], shape[2])
	}
	return 0
}

// network builds the network for the samples as it sees them.
func (t *task) network() error {
	input, err := t.augment.Shape(t.train.Shape())
	if err != nil {
		return &usageError{fmt.Errorf("--augment %s on data %s: %w", t.config.Augment, t.config.Data, err)}
	}
	t.net, err = zoo.Build(t.config.Model, zoo.Options{Input: input, Classes: len(t.train.Classes()), Width: t.config.Width, Hidden: t.config.Hidden})
	if err != nil {
		return &usageError{fmt.Errorf("--model %s on data %s: %w", t.config.Model, t.config.Data, err)}
	}
	if t.net.HasBatchNorm() {
		if err := t.plan.Check(t.config.Batch); err != nil {
			return &usageError{err}
		}
	}
	return nil
}

// meta is what the run's weights files say of themselves.
func (t *task) meta() checkpoint.Meta {
	return checkpoint.Meta{
		Net: t.net.Name, Input: t.net.Input, Classes: slices.Clone(t.train.Classes()),
		Mean: t.plain.Mean, Std: t.plain.Std, Config: t.config.Map(),
	}
}

// checkOut reports an output directory that cannot be used: one that holds something, or a file.
// One that does not exist is good.
func checkOut(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return fmt.Errorf("--out %s: want a directory: %w", dir, err)
	case len(entries) > 0:
		return hint(fmt.Errorf("--out %s: the directory exists and is not empty (it holds %s)", dir, entries[0].Name()), "give another --out, or remove it: rm -r %s", dir)
	}
	return nil
}
