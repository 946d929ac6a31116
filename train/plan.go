package train

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
)

// Plan is what can be said of a run before it starts.
type Plan struct {
	Stages  []PlannedStage `json:"stages"`
	Samples int64          `json:"samples"` // training samples the run will see
	Exact   bool           `json:"exact"`   // false: without a budget, classes of unequal size enter in an order not yet known; the stages end when converged; or (an upper bound then) the losses decide how many samples are in
	Cost    float64        `json:"cost"`    // Samples over those of one baseline, epochs x N; (m+1)/2 for m equal groups
	Stretch float64        `json:"stretch"` // epochs over which one epoch of the learning-rate schedule is spread in a run of one stage; 1 but for baseline-equal and a budget

	// Of a self-paced method, else nil and 0: the samples of each epoch, the most that can be where
	// not Exact, and how many are passed through the model to choose them.
	Paced  []int `json:"paced,omitempty"`
	Probed int64 `json:"probed,omitempty"`

	sized bool // the samples of every stage are known
}

// PlannedStage is one stage of a Plan.
type PlannedStage = curriculum.Planned

// NewPlan works out the stages of a run of c, a checked configuration, on classes of perClass
// training samples each (data.PerClass). order, for settings that name one, holds all classes in the
// order in which they enter; baseline holds the training loss by epoch of --pace-run, for --pace
// baseline-loss. It reports settings that cannot work on such data.
func NewPlan(c config.Config, perClass, order []int, baseline ...float64) (Plan, error) {
	n := sum(perClass)
	if err := checkBatch(c.Batch, n); err != nil {
		return Plan{}, err
	}
	if c.SelfPaced() {
		return planPaced(newSelfPaced(c, len(perClass), baseline), n)
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
		p.Stages = []PlannedStage{{Active: len(perClass), New: len(perClass), Epoch: n, Samples: p.Samples}}
		p.Stretch = p.Cost
	}
	if c.OnlyClasses != "" {
		return planOnly(c, p, perClass)
	}
	return p, nil
}

// planOnly works out the stage of a baseline on some of the classes.
func planOnly(c config.Config, p Plan, perClass []int) (Plan, error) {
	only, err := onlyClasses(c, len(perClass))
	if err != nil {
		return p, err
	}
	epoch := 0
	for _, k := range only {
		epoch += perClass[k]
	}
	p.Samples = int64(epoch) * int64(c.Epochs)
	p.Cost = float64(epoch) / float64(sum(perClass))
	p.Stages = []PlannedStage{{Active: len(only), New: len(only), Classes: only, Epoch: epoch, Samples: p.Samples}}
	return p, checkBatch(c.Batch, epoch)
}

// onlyClasses returns the class indices of --only-classes, nil for all k classes. Names have been
// replaced by whoever knows them.
func onlyClasses(c config.Config, k int) ([]int, error) {
	if c.OnlyClasses == "" {
		return nil, nil
	}
	var only []int
	for word := range strings.SplitSeq(c.OnlyClasses, ",") {
		i, err := strconv.Atoi(word)
		if err != nil || i < 0 || i >= k || slices.Contains(only, i) {
			return nil, fmt.Errorf("--only-classes %s: %q: want different indices of 0 to %d with commas between", c.OnlyClasses, word, k-1)
		}
		only = append(only, i)
	}
	return only, nil
}

// plain reports a method without stages.
func plain(c config.Config) bool { return c.Method == "baseline" || c.Method == "baseline-equal" }

// checkBatch reports a batch that the training data cannot fill once.
func checkBatch(batch, samples int) error {
	if batch > samples {
		return fmt.Errorf("--batch %d is larger than the training data, %d samples; choose at most %d", batch, samples, samples)
	}
	return nil
}

// NewCurriculum returns the curriculum of c for the classes of a plan; order and baseline are as in
// NewPlan.
func NewCurriculum(c config.Config, perClass, order []int, baseline ...float64) (curriculum.Curriculum, error) {
	p, err := NewPlan(c, perClass, order, baseline...)
	if err != nil {
		return nil, err
	}
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
	only, err := onlyClasses(c, len(perClass))
	return curriculum.Plain{Classes: len(perClass), Only: only, Stop: lgl.Stop}, err
}

// checkTail reports a stage with a batch of one sample, over which batch norm has no variance. An
// epoch has so many samples; total, unless 0, ends the last one early.
func checkTail(epoch int, total int64, batch int) error {
	sizes := []int64{int64(epoch), total % int64(epoch)}
	if total > 0 && total < int64(epoch) {
		sizes = sizes[1:]
	}
	for _, size := range sizes {
		if size == 0 || lastBatch(size, batch) != 1 {
			continue
		}
		if size == 1 {
			return errors.New("an epoch of one sample, over which batch norm has no variance; use more data")
		}
		return fmt.Errorf("%d samples in batches of %d leave a last batch of one sample, over which batch norm has no variance; choose another --batch, say %d",
			size, batch, betterBatch(sizes, batch))
	}
	return nil
}

// lastBatch returns the size of the last batch.
func lastBatch(samples int64, batch int) int64 { return (samples-1)%int64(batch) + 1 }

// betterBatch returns the largest smaller batch, or else the smallest larger one, that leaves no
// last batch of one sample in epochs of these sizes.
func betterBatch(sizes []int64, batch int) int {
	good := func(b int) bool {
		return !slices.ContainsFunc(sizes, func(n int64) bool { return n > 1 && lastBatch(n, b) == 1 })
	}
	for b := batch - 1; b > 1; b-- {
		if good(b) {
			return b
		}
	}
	for b := batch + 1; ; b++ { // every b above the sizes is good
		if good(b) {
			return b
		}
	}
}

// Check reports what the plan's stages would run into on a network with batch norm, as far as
// their sizes are known; of the others Run takes care.
func (p Plan) Check(batch int) error {
	if p.Paced != nil {
		return p.checkPaced(batch)
	}
	for i, s := range p.Stages {
		if i > 0 && !p.sized {
			return nil
		}
		if err := checkTail(s.Epoch, s.Samples, batch); err != nil {
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
