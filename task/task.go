// Package task makes settings concrete: the data, transforms and network of a run.
//
//  1. Sets.Prepare checks the settings and reads their data, each set once; those of a run that goes on with a trained network
//     (Base) come under the classes of that, and the new ones behind them (joint.go); Sets.Extend does that for a new one (extend.go);
//  2. Divide draws the subset and the hold-out;
//  3. what the settings name beside the data is read: the order of the classes, the losses of a baseline;
//  4. the normalisation is measured, the transforms are set, the network is built: a Task;
//  5. Task.Plan works out the stages, Task.Forwarded what they cost beside training, Task.ReadInitial reads the weights to begin with.
//
// It trains nothing and writes nothing. A run's data for use after training come by Sets.OpenSaved and
// Sets.OpenTested.
package task

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/compat"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/plan"
)

// Task is a configuration made concrete: its data, transforms and network.
type Task struct {
	Config   config.Config
	Set      catalog.Set
	Pictures string      // SHA-256 of which pictures Set has, with which labels; "" of other data
	Train    data.Source // after the subset and the hold-out
	Held     data.Source // held out of the training data; nil without --val-fraction
	PerClass []int       // training samples of each class
	Baseline []float64   // training loss by epoch of --pace-run; nil without it
	Augment  augment.Pipeline
	Plain    augment.Pipeline // for evaluation
	Net      nn.Net
	Frozen   *compat.FrozenHead // for --compat authors; else nil
	Order    []int              // in which the classes enter, where the settings fix it, or those of --only-classes; else nil
	Base     *Base              // the network that goes on, of lgl extend; else nil
}

// Base is a trained network that a run goes on with, for more classes.
type Base struct {
	Dir    string        // the whole path of the directory of the run that trained it
	Label  string        // of that run; "" where it is not known
	Config config.Config // of that run
	State  nn.State
	Meta   checkpoint.Meta
	Path   string // of the file of the weights
	SHA256 string // of that file
}

// Run is the base name of Dir.
func (b *Base) Run() string { return filepath.Base(b.Dir) }

// Prepare checks c, reads its data, of a run that goes on with b if that is not nil, draws the subset, measures the
// normalisation and builds the network. Paths in c that are not absolute count from the current folder, also when the run
// is resumed. What is wrong with the data is a *DataError.
func (s *Sets) Prepare(ctx context.Context, c config.Config, b *Base) (Task, error) {
	if err := c.Check(); err != nil {
		return Task{}, failure.Usage(err)
	}
	t, err := s.readData(ctx, c, b)
	if err != nil {
		return t, &DataError{err}
	}
	if err := t.readFiles(); err != nil {
		return t, failure.Usage(err)
	}
	t.Config = t.Config.Fit(t.trained())
	if err := s.normalise(ctx, &t); err != nil {
		return t, &DataError{err}
	}
	if err := errors.Join(t.Transforms(), t.build()); err != nil {
		return t, failure.Usage(err)
	}
	if c.Authors() {
		t.Frozen = compat.NewFrozenHead(t.Net, c.WeightDecay)
	}
	return t, nil
}

// DataError is an error of a run's data.
type DataError struct{ error }

// Unwrap returns what is wrong with them.
func (d *DataError) Unwrap() error { return d.error }

// readData reads the data of c, of a run that goes on with b if that is not nil, and draws the subset.
func (s *Sets) readData(ctx context.Context, c config.Config, b *Base) (Task, error) {
	t := Task{Config: c, Base: b}
	var err error
	if b != nil {
		t.Set, err = s.openGrown(ctx, c, b)
	} else {
		t.Set, err = s.Open(ctx, c)
	}
	if err == nil && b != nil {
		err = t.grow()
	}
	if err != nil {
		return t, err
	}
	if t.Set.IsPictures() {
		t.Config.ImageSize = t.Set.Train.Shape()[1]
		t.Pictures = s.fingerprint(t)
	} else if t.Config.ImageSize > 0 {
		return t, failure.Usage(fmt.Errorf("--image-size %d: %s is no folder of pictures; its samples are of shape %s", c.ImageSize, c.Data, data.ShapeText(t.Set.Train.Shape())))
	}
	if names := t.Set.Train.Classes(); len(names) == 1 {
		return t, fmt.Errorf("%s: %w", c.Data, folder.OneClass(t.Set.Where, names[0]))
	}
	if t.Train, t.Held, err = Divide(t.Config, t.Set); err != nil {
		return t, failure.Usage(err)
	}
	if err := data.CheckEveryClass(t.Train); err != nil {
		return t, fmt.Errorf("%s: %w", c.Data, err)
	}
	t.PerClass = data.PerClass(t.Train)
	return t, nil
}

// readFiles reads what the settings name beside the data, and lists of its classes.
func (t *Task) readFiles() (err error) {
	if err := t.readPace(); err != nil {
		return err
	}
	t.Order, err = classOrder(t.Config, t.Set)
	if err == nil && t.Config.OnlyClasses != "" {
		t.Config.OnlyClasses = config.ListClasses(t.Order, t.Set.Train.Classes())
	}
	return err
}

// trained are the samples of each class that is trained on.
func (t *Task) trained() (perClass []int) {
	if t.Config.OnlyClasses == "" {
		return t.PerClass
	}
	for _, k := range t.Order {
		perClass = append(perClass, t.PerClass[k])
	}
	return perClass
}

// measure sets the normalisation.
func (t *Task) measure(ctx context.Context) (err error) {
	if t.Base != nil {
		t.Plain.Mean, t.Plain.Std = t.Base.Meta.Mean, t.Base.Meta.Std
		return nil
	}
	t.Plain.Mean, t.Plain.Std, err = augment.Measure(ctx, measured(t.Train))
	return err
}

// grow sets what follows from the network that goes on: the classes that it knows, and, where the
// joined data are no folder of pictures alone, that there are no random views of them.
func (t *Task) grow() error {
	n := len(t.Base.Meta.Classes)
	if said := t.Config.KnownClasses; said != 0 && said != n {
		return failure.Usage(fmt.Errorf("--known-classes %d: %s knows %d", said, t.Base.Run(), n))
	}
	t.Config.KnownClasses = n
	if t.Config.Stages == 0 {
		t.Config.Stages = 1
	}
	if !t.Set.IsPictures() {
		t.Config.ImageSize, t.Config.Augment = 0, strings.ReplaceAll(t.Config.Augment, "resized-", "")
	}
	return nil
}

// Divide returns what c trains on of the training data of set: a stratified subset, and of it a stratified part held
// out, nil without --val-fraction.
func Divide(c config.Config, set catalog.Set) (train, held data.Source, err error) {
	_, order, _ := c.Seeds()
	src := set.Train
	if n := c.TrainSamples; n > src.Len() {
		return nil, nil, fmt.Errorf("--train-samples %d: %s has %d", n, c.Data, src.Len())
	} else if k := len(src.Classes()); n > 0 && n < k {
		return nil, nil, fmt.Errorf("--train-samples %d: %s has %d classes; want at least one sample of each", n, c.Data, k)
	} else if n > 0 {
		some, err := data.Stratified(src, n, seed.Stream(order, "subset"))
		if err != nil {
			return nil, nil, fmt.Errorf("--train-samples %d: %w", n, err)
		}
		src = data.Subset(src, some)
		if err := data.CheckEveryClass(src); err != nil && data.CheckEveryClass(set.Train) == nil {
			return nil, nil, fmt.Errorf("--train-samples %d is too few: in the subset %w", n, err)
		}
	}
	return data.HoldOut(src, c.ValFraction, order)
}

// Transforms sets how the samples of Set are padded and varied, by Config, whose Augment becomes what that is for them; the
// normalisation is that of Plain. It reports what does not suit the samples.
func (t *Task) Transforms() error {
	in := t.Set.Train.Shape()
	image := len(in) == 3
	if least := zoo.MinSize(t.Config.Model); image && min(in[1], in[2]) < least {
		t.Plain.Size = max(in[1], in[2], least)
	}
	how, err := t.Config.Augmentation()
	if err != nil {
		return err
	}
	how = how.For(t.Set.IsPictures(), t.Set.Photos)
	t.Config.Augment = how.String()
	switch {
	case how != config.Augmentation{} && !image:
		return fmt.Errorf("--augment %s: %s has samples of shape %s, no images; use none", t.Config.Augment, t.Config.Data, data.ShapeText(in))
	case how.View == "resized-crop" && !t.Set.IsPictures():
		how.View = "crop"
		return fmt.Errorf("--augment %s: %s is no folder of pictures, whose sizes differ; use %s", t.Config.Augment, t.Config.Data, how)
	}
	t.Augment = Varied(t.Plain, how)
	_, err = t.Augment.Shape(in)
	return err
}

// Varied returns the pipeline with what varies images.
func Varied(p augment.Pipeline, how config.Augmentation) augment.Pipeline {
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
func (t *Task) build() error {
	in, err := t.Plain.Shape(t.Set.Train.Shape())
	if err != nil {
		return err
	}
	t.Net, err = zoo.Build(t.Config.Model, zoo.Options{Input: in, Classes: len(t.Set.Train.Classes()), Width: t.Config.Width, Hidden: t.Config.Hidden})
	if err != nil {
		err = fmt.Errorf("--model %s on samples of shape %s: %w", t.Config.Model, data.ShapeText(in), err)
	}
	if err != nil && len(in) != 3 {
		return failure.Hint(err, "--model mlp takes samples of any shape")
	}
	return err
}

// Plan works out the stages, and reports what would stop them before the first step.
func (t Task) Plan() (plan.Plan, error) {
	p, err := plan.New(t.Config, t.PerClass, t.Order, t.Baseline...)
	if err == nil {
		err = t.checkWarm()
	}
	if err == nil && t.Net.HasBatchNorm() {
		err = p.Check(t.Config.Batch)
	}
	if err != nil {
		return p, failure.Usage(err)
	}
	return p, nil
}

// checkWarm reports layers to redraw that the network does not have.
func (t Task) checkWarm() error {
	if n := t.Net.Hidden(); t.Config.Warm == "redraw" && t.Config.RedrawLayers > n {
		return fmt.Errorf("--redraw-layers %d: want at most %d, the layers with weights that %s has before its head", t.Config.RedrawLayers, n, t.Net.Name)
	}
	return nil
}

// Anew is the command, for a message, that trains the run in dir again, on its data as they are now, with flags that change it.
func Anew(dir string, flags ...string) string {
	words := append([]string{"lgl train --config", shell.Quoted(filepath.Join(dir, "config.yaml"))}, flags...)
	return strings.Join(words, " ") + " --out NEW"
}
