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
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
)

// task is a configuration made concrete: its data, transforms and network.
type task struct {
	config   config.Config
	set      catalog.Set
	pictures string      // SHA-256 of which pictures set has, with which labels; "" of other data
	train    data.Source // after the subset and the hold-out
	held     data.Source // held out of the training data; nil without --val-fraction
	perClass []int       // training samples of each class
	baseline []float64   // training loss by epoch of --pace-run; nil without it
	augment  augment.Pipeline
	plain    augment.Pipeline // for evaluation
	net      nn.Net
	initial  initial            // weights to begin with, of --init FILE
	frozen   *compat.FrozenHead // for --compat authors; else nil
	order    []int              // in which the classes enter, where the settings fix it, or those of --only-classes; else nil
	base     *base              // the network that goes on, of lgl extend; else nil
	extends  *record.Extends    // what that knows; nil until it was measured
}

// prepare reads the data of c, draws the subset, measures the normalisation and builds the
// network.
func (a *app) prepare(ctx context.Context, c config.Config) (task, error) {
	b, err := baseOf(c)
	if err != nil {
		return task{}, err
	}
	return a.prepareFrom(ctx, c, b)
}

// prepareFrom is prepare, for a run that goes on with b if that is not nil. What is wrong with the data is a *dataError.
func (a *app) prepareFrom(ctx context.Context, c config.Config, b *base) (task, error) {
	t, err := a.readData(c, b)
	if err != nil {
		return t, &dataError{err}
	}
	if err := t.readFiles(); err != nil {
		return t, failure.Usage(err)
	}
	if err := t.measure(ctx); err != nil {
		return t, &dataError{err}
	}
	if err := errors.Join(t.transforms(), t.build()); err != nil {
		return t, failure.Usage(err)
	}
	if c.Authors() {
		t.frozen = compat.NewFrozenHead(t.net, c.WeightDecay)
	}
	return t, nil
}

// dataError is an error of a run's data.
type dataError struct{ error }

func (d *dataError) Unwrap() error { return d.error }

// readData reads the data of c, of a run that goes on with b if that is not nil, and draws the subset.
func (a *app) readData(c config.Config, b *base) (task, error) {
	t := task{config: c, base: b}
	var err error
	if b != nil {
		t.set, err = a.openGrown(c, b)
	} else {
		t.set, err = a.open(c)
	}
	if err == nil && b != nil {
		err = t.grow()
	}
	if err != nil {
		return t, err
	}
	if isPictures(t.set) {
		t.config.ImageSize = t.set.Train.Shape()[1]
		t.pictures = data.Fingerprint(t.set.Train, t.set.Test)
	} else if t.config.ImageSize > 0 {
		return t, failure.Usage(fmt.Errorf("--image-size %d: %s is no folder of pictures; its samples are of shape %s", c.ImageSize, c.Data, shape(t.set.Train.Shape())))
	}
	if names := t.set.Train.Classes(); len(names) == 1 {
		return t, fmt.Errorf("%s: %w", c.Data, oneClass(t.set.Where, names[0]))
	}
	if err := t.divide(); err != nil {
		return t, failure.Usage(err)
	}
	if err := data.CheckEveryClass(t.train); err != nil {
		return t, fmt.Errorf("%s: %w", c.Data, err)
	}
	t.config = t.config.Fit(t.train.Len(), len(t.set.Train.Classes()))
	t.perClass = data.PerClass(t.train)
	return t, nil
}

// readFiles reads what the settings name beside the data, and lists of its classes.
func (t *task) readFiles() (err error) {
	if err := t.readPace(); err != nil {
		return err
	}
	t.order, err = classOrder(t.config, t.set)
	if err == nil && t.config.OnlyClasses != "" {
		t.config.OnlyClasses = config.ListClasses(t.order, t.set.Train.Classes())
	}
	return err
}

// measure sets the normalisation.
func (t *task) measure(ctx context.Context) (err error) {
	if t.base != nil {
		t.plain.Mean, t.plain.Std = t.base.meta.Mean, t.base.meta.Std
		return nil
	}
	t.plain.Mean, t.plain.Std, err = augment.Measure(ctx, measured(t.train))
	return err
}

// grow sets what follows from the network that goes on: the classes that it knows, and, where the
// joined data are no folder of pictures alone, that there are no random views of them.
func (t *task) grow() error {
	n := len(t.base.meta.Classes)
	if said := t.config.KnownClasses; said != 0 && said != n {
		return failure.Usage(fmt.Errorf("--known-classes %d: %s knows %d", said, t.base.run, n))
	}
	t.config.KnownClasses = n
	if t.config.Stages == 0 {
		t.config.Stages = 1
	}
	if !isPictures(t.set) {
		t.config.ImageSize, t.config.Augment = 0, strings.ReplaceAll(t.config.Augment, "resized-", "")
	}
	return nil
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
func (a *app) open(c config.Config) (catalog.Set, error) { return a.openAs(c, false) }

// openAs is open, for data to test on alone if testAlone is set.
func (a *app) openAs(c config.Config, testAlone bool) (catalog.Set, error) {
	a.reading.Lock()
	defer a.reading.Unlock()
	_, order, _ := c.Seeds()
	size := imageSize(c)
	drawn, sized := fmt.Sprintf("%s seed %d", c.Data, order), fmt.Sprintf("%s size %d labels %s alone %v", c.Data, size, c.Labels, testAlone)
	for _, key := range []string{c.Data, drawn, sized} {
		if s, ok := a.sets[key]; ok {
			return s, nil
		}
	}
	s, err := catalog.Open(c.Data, catalog.Options{Seed: order, ImageSize: size, Labels: c.Labels, TestAlone: testAlone, Say: a.say})
	if err != nil {
		return s, misused(err)
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
	how, err := t.config.Augmentation()
	if err != nil {
		return err
	}
	how = how.For(isPictures(t.set), t.set.Photos)
	t.config.Augment = how.String()
	switch {
	case how != config.Augmentation{} && !image:
		return fmt.Errorf("--augment %s: %s has samples of shape %s, no images; use none", t.config.Augment, t.config.Data, shape(in))
	case how.View == "resized-crop" && !isPictures(t.set):
		how.View = "crop"
		return fmt.Errorf("--augment %s: %s is no folder of pictures, whose sizes differ; use %s", t.config.Augment, t.config.Data, how)
	}
	t.augment = varied(t.plain, how)
	_, err = t.augment.Shape(in)
	return err
}

// varied returns the pipeline with what varies images.
func varied(p augment.Pipeline, how config.Augmentation) augment.Pipeline {
	p.View, p.Flip = how.View == "resized-crop", how.Flip
	if how.View == "crop" {
		p.Crop = 4
	}
	p.Jitter = augment.ColorJitter{Brightness: how.Jitter[0], Contrast: how.Jitter[1], Saturation: how.Jitter[2], Hue: how.Jitter[3]}
	p.Rand, p.Trivial = augment.RandAugment{N: how.Operations, M: how.Magnitude}, how.Trivial
	p.Bilinear = how.Bilinear
	p.Erase = augment.Erase{P: how.Erase, Value: float32(how.EraseValue), Random: how.EraseRandom}
	return p
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

// planned plans a run, and says what whoever starts it should know.
func (a *app) planned(t task) (plan.Plan, error) {
	p, err := t.plan()
	if err != nil {
		return p, err
	}
	if n := t.plain.Size; n > 0 {
		a.say(fmt.Sprintf("images of %s are padded with zeros to %dx%d, the least that %s takes",
			shape(t.set.Train.Shape()), n, n, t.config.Model))
	}
	batch := int64(t.config.Batch)
	if steps := (p.Samples + batch - 1) / batch; steps < fewSteps {
		way := "take more --epochs"
		if t.base == nil && batch > config.LeastBatch {
			way += ", or a smaller --batch"
		}
		a.say(fmt.Sprintf("warning: the run makes only %s, of batches of %d; a network needs some hundreds: %s",
			plural.Count(int(steps), "step"), batch, way))
	}
	return p, nil
}

// fewSteps are too few to learn by: after 50 steps of the default settings on 160 pictures of four classes top-1 was
// 0.45 and 0.64, after 100 it was 0.93.
const fewSteps = 100
