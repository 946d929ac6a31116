package curriculum

import (
	"context"
	"io"

	"github.com/local-to-global/lgl/internal/seed"
)

// Kind names a control.
type Kind string

// The controls. Each shares with LGL all but what it is named after.
const (
	// RestartsOnly trains all classes in every stage: what is left of LGL is that learning rate
	// and momentum start again.
	RestartsOnly Kind = "restarts-only"
	// ReinitOnly trains all classes without restarts, the learning-rate schedule stretched over
	// the run; what is left are the head rows drawn anew at the same steps.
	ReinitOnly Kind = "reinit-only"
	// RandomSubset trains stages of LGL's sizes, their samples drawn without regard to class,
	// each stage's among the next one's.
	RandomSubset Kind = "random-subset"
	// NoRestart is LGL with the learning-rate schedule stretched over the run.
	NoRestart Kind = "no-restart"
)

// Control is a run that tells what an effect of LGL comes from. Its stages train on as many
// samples as those of the LGL run beside it (LGL.Plan). Where that run's order of classes hangs on
// the network, the head rows are redrawn in the order of the random strategy.
type Control struct {
	Kind   Kind
	LGL    LGL // the run beside it
	Epochs int // of the learning-rate schedule
}

// Next returns the stage that follows done.
func (c Control) Next(ctx context.Context, labels []int, done []Stage, p Probe) (Stage, error) {
	byClass, err := members(labels, c.LGL.Classes)
	if err != nil {
		return Stage{}, err
	}
	plan, _, err := c.LGL.Plan(counts(byClass))
	if err != nil {
		return Stage{}, err
	}
	if len(done) >= len(plan) {
		return Stage{}, io.EOF
	}
	if c.Kind == NoRestart {
		return c.noRestart(ctx, labels, done, p, plan)
	}
	return c.stage(labels, len(done), plan), nil
}

// Plan returns the stages as they will be.
func (c Control) Plan(perClass []int) ([]Planned, bool, error) {
	stages, exact, err := c.LGL.Plan(perClass)
	if c.Kind == NoRestart {
		return stages, exact, err
	}
	for i := range stages {
		stages[i] = Planned{Active: len(perClass), Epoch: stages[i].Epoch, Samples: stages[i].Samples}
		if i == 0 {
			stages[i].New = len(perClass)
		}
		if c.Kind != RandomSubset {
			stages[i].Epoch = sum(perClass)
		}
	}
	return stages, exact, err
}

// stage returns stage i, from 0, of a control that has all classes in every stage.
func (c Control) stage(labels []int, i int, plan []Planned) Stage {
	n, l := len(labels), c.LGL
	if c.Kind == RandomSubset {
		n = plan[i].Epoch
	}
	all := complement(l.Classes, nil)
	s := Stage{
		Classes: all, Restart: c.Kind != ReinitOnly || i == 0, KeepMomentum: l.KeepMomentum || c.Kind == ReinitOnly,
		Stretch: float64(plan[i].Samples) / (float64(n) * float64(c.Epochs)), Stop: StopRule{Samples: plan[i].Samples},
	}
	switch c.Kind {
	case RandomSubset:
		s.Weights = c.subset(len(labels), n)
	case ReinitOnly:
		s.Stretch = c.stretch(plan, func(Planned) int { return n })
	}
	if i == 0 {
		s.New = all
		return s
	}
	s.Warm = l.Warm
	switch {
	case c.Kind == ReinitOnly:
		s.Fresh = l.fresh(l.order(nil)[:plan[i-1].Active])
	case l.Reinit == All:
		s.Fresh = all
	}
	return s
}

// subset gives n of the samples, drawn at random, weight 1 and the others 0. The first of one
// permutation are drawn, so that a larger subset holds every smaller one.
func (c Control) subset(samples, n int) []float32 {
	w := make([]float32, samples)
	for _, i := range seed.Stream(c.LGL.Seed, "subsets").Perm(samples)[:n] {
		w[i] = 1
	}
	return w
}

// noRestart returns LGL's stage in the middle of the one schedule of the run.
func (c Control) noRestart(ctx context.Context, labels []int, done []Stage, p Probe, plan []Planned) (Stage, error) {
	s, err := c.LGL.Next(ctx, labels, done, p)
	s.Restart = len(done) == 0
	s.Stretch = c.stretch(plan, func(s Planned) int { return s.Epoch })
	return s, err
}

// stretch spreads the schedule over all epochs of the plan; epoch gives the samples of one.
func (c Control) stretch(plan []Planned, epoch func(Planned) int) float64 {
	epochs := 0.0
	for _, s := range plan {
		epochs += float64(s.Samples) / float64(epoch(s))
	}
	return epochs / float64(c.Epochs)
}
