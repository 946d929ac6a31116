// Package plan turns settings and the sizes of classes into what a run will do; it needs neither
// samples nor a network.
//
//  1. a checked config.Config, the training samples of each class and, where the settings fix it,
//     the order of the classes come in;
//  2. New works out the stages and how many samples they train on, and reports what cannot work
//     on such data; Plan.Check does so for networks with batch norm;
//  3. NewCurriculum gives the curriculum that carries the plan out;
//  4. package train asks CheckBatch of all training samples, and CheckNorm of each stage, whose size
//     may show only while it runs.
package plan

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
)

// Plan is what can be said of a run before it starts.
type Plan struct {
	Stages  []Stage `json:"stages"`
	Samples int64   `json:"samples"` // training samples the run will see
	Exact   bool    `json:"exact"`   // false: without a budget, classes of unequal size enter in an order not yet known; the stages end when converged; or (an upper bound then) the losses decide how many samples are in
	Cost    float64 `json:"cost"`    // Samples over those of one baseline, epochs x N; (m+1)/2 for m equal groups
	Stretch float64 `json:"stretch"` // epochs over which one epoch of the learning-rate schedule is spread in a run of one stage; 1 but for baseline-equal and a budget

	// Of a self-paced method, else nil and 0: the samples of each epoch, the most that can be where
	// not Exact, and how many are passed through the model to choose them.
	Paced  []int `json:"paced,omitempty"`
	Probed int64 `json:"probed,omitempty"`

	sized bool // the samples of every stage are known
}

// Stage is one stage of a Plan.
type Stage = curriculum.Planned

// New works out the stages of a run of c, a checked configuration, on classes of perClass
// training samples each (data.PerClass). order, for settings that name one, holds all classes in the
// order in which they enter, or the classes of only-classes; baseline holds the training loss by epoch of --pace-run, for --pace
// baseline-loss. It reports settings that cannot work on such data.
func New(c config.Config, perClass, order []int, baseline ...float64) (Plan, error) {
	n := sum(perClass)
	c = c.Fit(perClass)
	if err := CheckBatch(c.Batch, n); err != nil {
		return Plan{}, err
	}
	if err := checkBudget(c, n); err != nil {
		return Plan{}, err
	}
	if c.SelfPaced() {
		return planPaced(newSelfPaced(c, len(perClass), baseline), n)
	}
	if c.OnlyClasses != "" {
		return planOnly(c, perClass, order)
	}
	p := Plan{Stretch: 1}
	known, err := true, error(nil)
	if c.Control() {
		p.Stages, known, err = newControl(c, perClass, order).Plan(perClass)
	} else {
		p.Stages, known, err = newLGL(c, perClass, order).Plan(perClass)
	}
	if err != nil {
		return Plan{}, err
	}
	for _, s := range p.Stages {
		p.Samples += s.Samples
	}
	p.sized = known
	p.Exact = (known || c.Budget > 0) && c.Until == "epochs"
	p.Cost = float64(p.Samples) / (float64(n) * float64(c.Epochs))
	if plain(c) {
		p.Stages = []Stage{{Active: len(perClass), New: len(perClass), Epoch: n, Samples: p.Samples}}
		p.Stretch = p.Cost
	}
	return p, nil
}

// Epochs is how many epochs the stages have, a part counted as one; 0 where that shows only while they run.
func (p Plan) Epochs() (n int) {
	switch {
	case p.Paced != nil:
		return len(p.Paced)
	case !p.Exact || !p.sized:
		return 0
	}
	for _, s := range p.Stages {
		n += int((s.Samples + int64(s.Epoch) - 1) / int64(s.Epoch))
	}
	return n
}

// Formula returns (m+1)/2, the Cost of a run of c by the paper, where it is LGL with m groups of one size; else nil.
func Formula(c config.Config, perClass []int) *float64 {
	if c.Method != "lgl" || c.Until != "epochs" || c.Budget > 0 || c.Authors() {
		return nil
	}
	if len(perClass)%c.Stages != 0 || slices.Min(perClass) != slices.Max(perClass) {
		return nil
	}
	f := float64(c.Stages+1) / 2
	return &f
}

// planOnly works out the stage of a baseline on some of the classes.
func planOnly(c config.Config, perClass, only []int) (Plan, error) {
	epoch, there := 0, make([]bool, len(perClass))
	for _, k := range only {
		if k < 0 || k >= len(perClass) || there[k] {
			return Plan{}, fmt.Errorf("--only-classes %.80s: classes %v; want different ones of 0 to %d", c.OnlyClasses, only, len(perClass)-1)
		}
		epoch, there[k] = epoch+perClass[k], true
	}
	samples := int64(epoch) * int64(c.Epochs)
	return Plan{
		Stages:  []Stage{{Active: len(only), New: len(only), Classes: only, Epoch: epoch, Samples: samples}},
		Samples: samples, Exact: c.Until == "epochs", Cost: float64(epoch) / float64(sum(perClass)), Stretch: 1, sized: true,
	}, CheckBatch(c.Batch, epoch)
}

// plain reports a method without stages.
func plain(c config.Config) bool { return c.Method == "baseline" || c.Method == "baseline-equal" }

// Check reports what the plan's stages would run into on a network with batch norm, as far as
// their sizes are known; of the others package train takes care.
func (p Plan) Check(batch int) error {
	for i, s := range p.Stages {
		if i > 0 && !p.sized {
			return nil
		}
		if err := CheckNorm(batch, int(min(int64(s.Epoch), s.Samples))); err != nil {
			return fmt.Errorf("stage %d: %w", i+1, err)
		}
	}
	return nil
}

func sum(x []int) int {
	total := 0
	for _, v := range x {
		total += v
	}
	return total
}
