package task

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
)

// Of a stage that adds classes to a trained network, where nothing else is asked for; docs/growing-classes.md has what they
// were chosen by.
const (
	GrowthBudget    = 0.5
	GrowthSteps     = 300 // at least, where these are no more than a baseline has
	growthLastShare = 0.8 // of several stages
)

// Settings are those of a run that goes on with b: of b's run, on its data, but for what makes a stage that adds classes. Extend
// sets Budget and LastShare, which are 0.
func (b *Base) Settings() config.Config {
	c, usual := b.Config, config.Default()
	c.Extend, c.KnownClasses, c.OldData = b.Dir, len(b.Meta.Classes), ""
	c.Method, c.Compat, c.Reinit, c.Until = "lgl", "none", "untrained", "epochs"
	c.Select, c.Hierarchy, c.HierarchyOrder, c.Partition = "random", usual.Hierarchy, usual.HierarchyOrder, usual.Partition
	c.Pace, c.PaceRun, c.Losses, c.Weighting = usual.Pace, "", usual.Losses, usual.Weighting
	c.Warm, c.Shrink, c.Noise, c.RedrawLayers = usual.Warm, usual.Shrink, usual.Noise, usual.RedrawLayers
	c.TrainSamples, c.Stages, c.Budget, c.LastShare = 0, 1, 0, 0
	if c.InitFile() != "" {
		c.Init = usual.Init
	}
	return c
}

// Extend is Prepare for a new run that goes on with b, of c, which are b's Settings with what was asked for. Classes of b that
// the data of c lack, lacking, come from the data of b's run. A Budget of 0 becomes GrowthBudget, or so much more that it makes
// GrowthSteps, but no more than a baseline; a LastShare of 0 what is usual for several stages. New classes that all lack test
// samples are an error, for nothing could be said of them.
func (s *Sets) Extend(ctx context.Context, c config.Config, b *Base) (t Task, lacking []string, err error) {
	open := c.Budget == 0
	if open {
		c.Budget = GrowthBudget // until the samples are counted
	}
	if c.Stages > 1 && c.LastShare == 0 {
		c.LastShare = growthLastShare
	}
	if err := c.Check(); err != nil {
		return t, nil, failure.Usage(err)
	}
	if c.OldData, lacking, err = s.oldData(ctx, c, b); err != nil {
		return t, lacking, err
	}
	if t, err = s.Prepare(ctx, c, b); err != nil {
		return t, lacking, err
	}
	if open {
		t.Config.Budget, t.Config.Warm = usualBudget(t.Config, t.Train.Len()), c.Warm
		t.Config = t.Config.Fit(t.PerClass)
	}
	return t, lacking, t.checkTestable()
}

// usualBudget is the budget of a run on n training samples for which none is asked.
func usualBudget(c config.Config, n int) float64 {
	steps := float64(c.Epochs) * float64(n) / float64(c.Batch) // of a baseline
	return min(1, max(GrowthBudget, math.Ceil(100*GrowthSteps/steps)/100))
}

// checkTestable reports new classes that all lack test samples.
func (t Task) checkTestable() error {
	if n := data.PerClass(t.Set.Test)[t.Config.KnownClasses:]; slices.Max(n) > 0 {
		return nil
	}
	return fmt.Errorf("%s: no test samples of the new classes, %s: how well they are learnt could not be told; add some", t.Set.Name, plural.Names(t.NewClasses()))
}

// NewClasses are the names of the classes that Base does not know.
func (t Task) NewClasses() []string { return t.Set.Train.Classes()[t.Config.KnownClasses:] }
