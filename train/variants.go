package train

import (
	"context"
	"math"
	"slices"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/nn"
)

// newLGL returns Algorithm 1 with the settings of c, or the one stage of a baseline.
func newLGL(c config.Config, perClass, order []int) curriculum.LGL {
	if c.Method == "baseline" {
		c.Stages = 1
	}
	_, _, seed := c.Seeds()
	stop := curriculum.StopRule{Epochs: c.Epochs}
	if c.Authors() {
		stop.Epochs--     // fault 3 of the script
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
	}
	if order != nil {
		l.Select, l.Given = curriculum.Given, order
	} else if c.Select == "hierarchy" {
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

// warm does to the weights that a stage is handed what the stage asks for.
func (t *trainer) warm(st *stage, s nn.State) error {
	r := seed.Stream(t.seedInit, "warm", uint64(st.number))
	if st.Warm.Shrink > 0 {
		t.Net.ShrinkPerturb(s, st.Warm.Shrink, st.Warm.Noise, r)
	}
	if st.Warm.Redraw > 0 {
		return t.Net.RedrawLast(s, st.Warm.Redraw, nn.Scheme(t.Config.Init), r)
	}
	return nil
}

// MeanSoftmax returns the mean over the samples of the softmax renormalised over the active
// classes, in their order.
func (e *Evaluator) MeanSoftmax(ctx context.Context, samples, active []int) ([]float64, error) {
	mask, p, q := maskOf(e.classes, active), make([]float64, e.classes), make([]float64, len(active))
	err := e.forward(ctx, samples, func(_, _ int, logits []float32) {
		metric.LogSoftmax(p, logits, mask)
		for i, k := range active {
			q[i] += math.Exp(p[k]) / float64(len(samples))
		}
	})
	return q, err
}

// byClass returns, for each class that has some of the samples, the mean of their values h.
func (t *trainer) byClass(samples []int, h []float64) map[int]float64 {
	sums, n := map[int]float64{}, map[int]float64{}
	for i, s := range samples {
		sums[t.labels[s]] += h[i]
		n[t.labels[s]]++
	}
	for k := range sums {
		sums[k] /= n[k]
	}
	return sums
}

// share returns the share of the samples of the classes that are right, nil where there are none.
func share(v *metric.Evaluation, classes []int) *float64 {
	top1 := v.Top1Of(classes)
	if math.IsNaN(top1) {
		return nil
	}
	return &top1
}

// recalls returns Top1Of each of the classes that has samples.
func recalls(v *metric.Evaluation, classes []int) map[int]float64 {
	top1 := map[int]float64{}
	for _, k := range classes {
		if x := share(v, []int{k}); x != nil {
			top1[k] = *x
		}
	}
	return top1
}

// old returns the active classes that did not enter with this stage.
func (st *stage) old() []int {
	return slices.DeleteFunc(slices.Clone(st.Classes), func(k int) bool { return slices.Contains(st.New, k) })
}

// charge counts the floating-point operations of the run: two for a multiply-add, and for a
// training step those of three forward passes.
func (t *trainer) charge() {
	forward := 2 * float64(t.Net.MACs())
	t.result.FLOPsTrained = 3 * forward * float64(t.result.SamplesSeen)
	t.result.FLOPsForwarded = forward * float64(t.result.SamplesProbed)
}
