package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/mix"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/plan"
)

// prepare checks that the parts of the job fit and loads the initial weights.
func (t *trainer) prepare() error {
	t.seedInit, t.seedOrder, _ = t.Config.Seeds()
	t.result.SamplesPredicted = t.Plan.Samples
	t.labels = data.Labels(t.Train)
	if t.Config.Balance == "weights" {
		t.weights = mix.BalancedWeights(data.PerClass(t.Train))
	}
	t.entropyOrder = seed.Stream(t.seedOrder, "entropy").Perm(len(t.labels))
	for _, check := range []func() error{t.checkData, t.openLoaders, t.loadInitial} {
		if err := check(); err != nil {
			return err
		}
	}
	return os.MkdirAll(filepath.Join(t.Dir, "weights"), 0o755)
}

// checkData reports a configuration or network that does not fit the data.
func (t *trainer) checkData() error {
	if t.Config.Batch == 0 || t.Config.LR == 0 {
		return errors.New("the job's Config has no Batch or no LR: config.Config.Fit gives it both")
	}
	if err := plan.CheckBatch(t.Config.Batch, len(t.labels)); err != nil {
		return err
	}
	if t.Config.Carry == "best" && t.Validation == nil {
		return errors.New("the job carries on the best weights and has no Validation data")
	}
	if len(t.Meta.Classes) != t.Net.Classes {
		return fmt.Errorf("network %s has %d outputs for %d classes", t.Net.Name, t.Net.Classes, len(t.Meta.Classes))
	}
	if t.Config.Authors() && t.Frozen == nil {
		return errors.New("--compat authors: the job has no FrozenHead")
	}
	return nil
}

// openLoaders makes the loader of training samples and the probes.
func (t *trainer) openLoaders() (err error) {
	if t.loader, err = data.NewLoader(t.Train, t.Augment, t.Config.Batch, t.Workers); err != nil {
		return fmt.Errorf("training data: %w", err)
	}
	if err := t.fits("training", t.Train, t.loader.Shape()); err != nil {
		return err
	}
	if t.probe, err = t.newProbe("training", t.Train); err != nil {
		return err
	}
	if t.Validation != nil {
		if t.validation, err = t.newProbe("validation", t.Validation); err != nil {
			return err
		}
	}
	t.test, err = t.newProbe("test", t.Test)
	return err
}

// newProbe returns the probe of src.
func (t *trainer) newProbe(what string, src data.Source) (*evaluate.Probe, error) {
	p, err := evaluate.New(t.Model, src, t.Plain, t.Config.Batch, t.Workers)
	if err != nil {
		return nil, fmt.Errorf("%s data: %w", what, err)
	}
	if t.Forwarded != nil {
		p.Batch = func(done, all int) { t.Forwarded(what, done, all) }
	}
	return p, t.fits(what, src, p.Shape())
}

// fits reports data whose classes or shape are not the network's.
func (t *trainer) fits(what string, src data.Source, shape []int) error {
	if err := t.Meta.CheckClasses(src.Classes()); err != nil {
		return fmt.Errorf("%s data: %w", what, err)
	}
	if !slices.Equal(shape, t.Net.Input) {
		return fmt.Errorf("%s data: samples of shape %v; network %s takes %v", what, shape, t.Net.Name, t.Net.Input)
	}
	return nil
}

// loadInitial draws the initial weights, and replaces what the job has of its own.
func (t *trainer) loadInitial() error {
	s, err := t.Net.Init(nn.Scheme(t.Config.Scheme()), seed.Stream(t.seedInit, "init"))
	if err != nil {
		return err
	}
	if t.Initial != nil {
		if err := t.Net.Adopt(s, t.Initial); err != nil {
			return err
		}
	}
	return t.Model.Load(s)
}
