package train

import (
	"context"
	"math"
	"slices"

	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/nn"
)

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
