package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/local-to-global/lgl/compat"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// task is a configuration made concrete: its data, transforms and network.
type task struct {
	config   config.Config
	set      catalog.Set
	train    data.Source // after the subset and the hold-out
	held     data.Source // held out of the training data; nil without --val-fraction
	perClass []int       // training samples of each class
	baseline []float64   // training loss by epoch of --pace-run; nil without it
	augment  augment.Pipeline
	plain    augment.Pipeline // for evaluation
	net      nn.Net
	initial  initial            // weights to begin with, of --init FILE
	frozen   *compat.FrozenHead // for --compat authors; else nil
	order    []int              // in which the classes enter, where the settings fix it; else nil
}

// prepare reads the data of c, draws the subset, measures the normalisation and builds the
// network.
func (a *app) prepare(ctx context.Context, c config.Config) (task, error) {
	t := task{config: c}
	var err error
	if t.set, err = a.open(c); err != nil {
		return t, err
	}
	if isPictures(t.set) {
		t.config.ImageSize = t.set.Train.Shape()[1]
	} else if c.Labels != "" {
		return t, &usageError{fmt.Errorf("--labels %s: %s is no folder of pictures; its samples have their labels", c.Labels, c.Data)}
	} else if c.ImageSize > 0 {
		return t, &usageError{fmt.Errorf("--image-size %d: %s is no folder of pictures; its samples are of shape %s", c.ImageSize, c.Data, shape(t.set.Train.Shape()))}
	}
	if n := len(t.set.Train.Classes()); n < 2 {
		return t, fmt.Errorf("%s: the data have %d class; a classifier needs at least 2", c.Data, n)
	}
	if c.Stages == 0 {
		t.config.Stages = min(config.AutoStages, len(t.set.Train.Classes()))
	}
	if err := errors.Join(t.nameClasses(), t.divide()); err != nil {
		return t, &usageError{err}
	}
	if err := data.CheckEveryClass(t.train); err != nil {
		return t, fmt.Errorf("%s: %w", c.Data, err)
	}
	t.perClass = data.PerClass(t.train)
	if err := t.readPace(); err != nil {
		return t, &usageError{err}
	}
	if t.order, err = classOrder(c, t.set); err != nil {
		return t, err
	}
	if t.plain.Mean, t.plain.Std, err = augment.Measure(ctx, measured(t.train)); err != nil {
		return t, err
	}
	if err := errors.Join(t.transforms(), t.build()); err != nil {
		return t, &usageError{err}
	}
	if c.Authors() {
		t.frozen = compat.NewFrozenHead(t.net, c.WeightDecay)
	}
	return t, nil
}

// options are those of the engine's model.
func (t task) options(log func(string)) engine.Options {
	o := engine.Options{Log: log}
	if t.frozen != nil {
		o.Reduce = t.frozen.Reduce
	}
	return o
}

// open reads a data set, once per call of lgl.
func (a *app) open(c config.Config) (catalog.Set, error) {
	a.reading.Lock()
	defer a.reading.Unlock()
	_, order, _ := c.Seeds()
	size := imageSize(c)
	drawn, sized := fmt.Sprintf("%s seed %d", c.Data, order), fmt.Sprintf("%s size %d labels %s", c.Data, size, c.Labels)
	for _, key := range []string{c.Data, drawn, sized} {
		if s, ok := a.sets[key]; ok {
			return s, nil
		}
	}
	s, err := catalog.Open(c.Data, catalog.Options{Seed: order, ImageSize: size, Labels: c.Labels, Say: a.say})
	if err != nil {
		return s, err
	}
	switch {
	case s.Seeded:
		a.sets[drawn] = s
	case isPictures(s):
		a.sets[sized] = s
	default:
		a.sets[c.Data] = s
	}
	return s, nil
}

// nameClasses replaces the names of --only-classes by indices, so that records and package train
// need no names.
func (t *task) nameClasses() error {
	if t.config.OnlyClasses == "" {
		return nil
	}
	only, err := parseClasses(t.config.OnlyClasses, t.set.Train.Classes())
	t.config.OnlyClasses = joinClasses(only)
	if err != nil {
		return fmt.Errorf("--only-classes: %w", err)
	}
	return nil
}

// divide sets train and held: a stratified subset, and of it a stratified part held out.
func (t *task) divide() (err error) {
	_, order, _ := t.config.Seeds()
	src := t.set.Train
	if n := t.config.TrainSamples; n > src.Len() {
		return fmt.Errorf("--train-samples %d: %s has %d", n, t.config.Data, src.Len())
	} else if k := len(src.Classes()); n > 0 && n < k {
		return fmt.Errorf("--train-samples %d: %s has %d classes; want at least one sample of each", n, t.config.Data, k)
	} else if n > 0 {
		some, err := data.Stratified(src, n, seed.Stream(order, "subset"))
		if err != nil {
			return fmt.Errorf("--train-samples %d: %w", n, err)
		}
		src = data.Subset(src, some)
		if err := data.CheckEveryClass(src); err != nil && data.CheckEveryClass(t.set.Train) == nil {
			return fmt.Errorf("--train-samples %d is too few: in the subset %w", n, err)
		}
	}
	t.train, t.held, err = data.HoldOut(src, t.config.ValFraction, order)
	return err
}

// transforms sets how samples are padded, varied and normalised.
func (t *task) transforms() error {
	in := t.set.Train.Shape()
	image := len(in) == 3
	if least := zoo.MinSize(t.config.Model); image && min(in[1], in[2]) < least {
		t.plain.Size = max(in[1], in[2], least)
	}
	t.augment = t.plain
	if t.config.Augment == "auto" {
		t.config.Augment = "none"
		if t.set.Photos {
			t.config.Augment = "crop-flip"
		}
		if isPictures(t.set) {
			t.config.Augment = "resized-crop-flip"
		}
	}
	switch how := t.config.Augment; {
	case how != "none" && !image:
		return fmt.Errorf("--augment %s: %s has samples of shape %s, no images; use none", how, t.config.Data, shape(in))
	case strings.HasPrefix(how, "resized-crop") && !isPictures(t.set):
		return fmt.Errorf("--augment %s: %s is no folder of pictures, whose sizes differ; use %s", how, t.config.Data, strings.TrimPrefix(how, "resized-"))
	default:
		t.augment.View = strings.HasPrefix(how, "resized-crop")
		if strings.HasPrefix(how, "crop") {
			t.augment.Crop = 4
		}
		t.augment.Flip = strings.Contains(how, "flip")
	}
	return nil
}

// build sets the network.
func (t *task) build() error {
	in, err := t.plain.Shape(t.set.Train.Shape())
	if err != nil {
		return err
	}
	t.net, err = zoo.Build(t.config.Model, zoo.Options{Input: in, Classes: len(t.set.Train.Classes()), Width: t.config.Width, Hidden: t.config.Hidden})
	if err != nil {
		return fmt.Errorf("--model %s on samples of shape %s: %w", t.config.Model, shape(in), err)
	}
	return nil
}

// padding says in words that images are padded, "" if they are not.
func (t task) padding() string {
	if t.plain.Size == 0 {
		return ""
	}
	return fmt.Sprintf("images of %s are padded with zeros to %dx%d, the least that %s takes", shape(t.set.Train.Shape()), t.plain.Size, t.plain.Size, t.config.Model)
}
