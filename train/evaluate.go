package train

import (
	"context"
	"fmt"
	"math"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/record"
)

// Evaluator asks a model about the samples of a source, in evaluation mode without augmentation.
// It is the curriculum's Probe.
type Evaluator struct {
	model   engine.Model
	loader  *data.Loader
	source  data.Source
	classes int
	// Forwarded counts the samples passed through the model so far.
	Forwarded int64
}

// NewEvaluator returns an Evaluator of batches of up to batch samples, transformed by plain and
// prepared by so many workers (0: one per core).
func NewEvaluator(m engine.Model, src data.Source, plain data.Transform, batch, workers int) (*Evaluator, error) {
	l, err := data.NewLoader(src, plain, batch, workers)
	if err != nil {
		return nil, err
	}
	return &Evaluator{model: m, loader: l, source: src, classes: len(src.Classes())}, nil
}

// forward calls visit with the position, label and logits [K] of each of the samples, in order.
func (e *Evaluator) forward(ctx context.Context, samples []int, visit func(i, label int, logits []float32)) error {
	var logits []float32
	i := 0
	for b, err := range e.loader.Epoch(ctx, samples, nil, 0) {
		if err != nil {
			return err
		}
		if need := b.Len() * e.classes; cap(logits) < need {
			logits = make([]float32, need)
		}
		logits = logits[:b.Len()*e.classes]
		if err := e.model.Logits(b, logits); err != nil {
			return err
		}
		for j, label := range b.Y {
			visit(i, int(label), logits[j*e.classes:(j+1)*e.classes])
			i++
		}
	}
	e.Forwarded += int64(len(samples))
	return nil
}

// Losses returns the cross-entropy of each sample, over all classes.
func (e *Evaluator) Losses(ctx context.Context, samples []int) ([]float64, error) {
	losses := make([]float64, len(samples))
	err := e.forward(ctx, samples, func(i, label int, logits []float32) {
		losses[i] = metric.CrossEntropy(logits, label, nil)
	})
	for i := 0; err == nil && i < len(losses); i++ {
		err = finite(fmt.Sprintf("loss of sample %d", samples[i]), losses[i])
	}
	return losses, err
}

// Entropy returns H_w(T|X = x) in nats of each sample, the softmax renormalised over the active
// classes.
func (e *Evaluator) Entropy(ctx context.Context, samples, active []int) ([]float64, error) {
	mask := maskOf(e.classes, active)
	h := make([]float64, len(samples))
	err := e.forward(ctx, samples, func(i, _ int, logits []float32) { h[i] = metric.Entropy(logits, mask) })
	return h, err
}

// ClassEntropies returns H_w(T|X_{i}) in nats of every class i, equations (7) and (8), over all
// its samples, the softmax renormalised over the trained classes; NaN for a class without samples.
func (e *Evaluator) ClassEntropies(ctx context.Context, trained []int) ([]float64, error) {
	h, err := e.Entropy(ctx, data.All(e.source), trained)
	if err != nil {
		return nil, err
	}
	sums, counts := make([]float64, e.classes), make([]float64, e.classes)
	for i, v := range h {
		k := e.source.Label(i)
		sums[k] += v
		counts[k]++
	}
	for k := range sums {
		if err := finite("entropy", sums[k]); err != nil {
			return nil, err
		}
		sums[k] /= counts[k]
	}
	return sums, nil
}

// Accuracy evaluates all samples of the source. active are the classes in use; masked restricts
// the arg-max of Top1Active to them. Top1Active is 0 where the source has no sample of them.
func (e *Evaluator) Accuracy(ctx context.Context, active []int, masked bool) (record.Accuracy, *metric.Evaluation, error) {
	v := metric.NewEvaluation(e.classes, maskOf(e.classes, active), masked)
	err := e.forward(ctx, data.All(e.source), func(_, label int, logits []float32) { v.Add(logits, label) })
	if err != nil {
		return record.Accuracy{}, nil, err
	}
	a := record.Accuracy{Samples: v.Samples(), Loss: v.Loss(), Top1: v.Top1(), Top1Active: v.Top1Active()}
	if err := finite("loss", a.Loss); err != nil {
		return a, nil, err
	}
	if math.IsNaN(a.Top1Active) {
		a.Top1Active = 0
	}
	return a, v, nil
}

// finite reports a mean that is not finite.
func finite(what string, v float64) error {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		return nil
	}
	return fmt.Errorf("%w: the weights no longer give finite logits; use a smaller --lr",
		&engine.NotFiniteError{What: what, Index: -1, Value: float32(v)})
}

// maskOf marks the classes listed.
func maskOf(k int, classes []int) []bool {
	mask := make([]bool, k)
	for _, c := range classes {
		mask[c] = true
	}
	return mask
}
