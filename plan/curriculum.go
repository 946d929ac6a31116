package plan

import (
	"math"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
)

// NewCurriculum returns the curriculum of c for the classes of a plan; order and baseline are as in
// New.
func NewCurriculum(c config.Config, perClass, order []int, baseline ...float64) (curriculum.Curriculum, error) {
	p, err := New(c, perClass, order, baseline...)
	if err != nil {
		return nil, err
	}
	c = c.Fit(perClass)
	if c.SelfPaced() {
		return newSelfPaced(c, len(perClass), baseline), nil
	}
	lgl := newLGL(c, perClass, order)
	switch {
	case c.Method == "lgl":
		return lgl, nil
	case c.Control():
		return newControl(c, perClass, order), nil
	case c.Method == "baseline-equal" || c.Budget > 0:
		return curriculum.Plain{Classes: len(perClass), Stretch: p.Stretch, Stop: curriculum.StopRule{Samples: p.Samples}}, nil
	}
	var only []int
	if c.OnlyClasses != "" {
		only = order
	}
	return curriculum.Plain{Classes: len(perClass), Only: only, Stop: lgl.Stop}, nil
}

// newLGL returns Algorithm 1 with the settings of c, or the one stage of a baseline: that of baseline-equal, too,
// whose samples a budget fixes without the stages of LGL.
func newLGL(c config.Config, perClass, order []int) curriculum.LGL {
	if c.Method == "baseline" || c.Method == "baseline-equal" && c.Budget > 0 {
		c.Stages = 1
	}
	_, _, seed := c.Seeds()
	stop := curriculum.StopRule{Epochs: c.Epochs}
	if c.Authors() {
		stop.Epochs--     // fault 3 of package compat
		c.Reinit = "none" // and 2
	}
	if c.Until == "converged" {
		stop = curriculum.StopRule{Converged: &curriculum.Converged{Patience: c.Patience, MinDelta: c.MinDelta, MaxEpochs: c.Epochs}}
	}
	l := curriculum.LGL{
		Stages: c.Stages, Classes: len(perClass), Seed: seed, Stop: stop,
		Select: curriculum.Select(c.Select), Partition: curriculum.Partition(c.Partition), Reinit: curriculum.Reinit(c.Reinit),
		Masked: c.Head == "masked", KeepMomentum: c.KeepMomentum,
		Branch: c.HierarchyOrder == "branch", Warm: newWarm(c), Budget: newBudget(c, sum(perClass)),
		Known: c.KnownClasses,
	}
	switch {
	case !c.Chooses():
		l.Select = curriculum.Random
	case order != nil:
		l.Select, l.Given = curriculum.Given, order
	case c.Select == "hierarchy":
		l.Select = curriculum.Learnt
	}
	return l
}

// newControl returns the control of LGL with the settings of c.
func newControl(c config.Config, perClass, order []int) curriculum.Control {
	return curriculum.Control{Kind: curriculum.Kind(c.Method), LGL: newLGL(c, perClass, order), Epochs: c.Epochs}
}

// newBudget returns the budget of a run on n training samples.
func newBudget(c config.Config, n int) curriculum.Budget {
	if c.Budget == 0 {
		return curriculum.Budget{}
	}
	samples := int64(math.Round(c.Budget * float64(c.Epochs) * float64(n)))
	return curriculum.Budget{Samples: max(samples, 1), LastShare: c.LastShare, Epochs: c.Epochs}
}

// newWarm returns what happens to the weights between stages.
func newWarm(c config.Config) curriculum.Warm {
	switch c.Warm {
	case "shrink-perturb":
		return curriculum.Warm{Shrink: c.Shrink, Noise: c.Noise}
	case "redraw":
		return curriculum.Warm{Redraw: c.RedrawLayers}
	}
	return curriculum.Warm{}
}
