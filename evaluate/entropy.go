package evaluate

import (
	"context"
	"fmt"
	"math"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/metric"
)

// Entropy returns H_w(T|X = x) in nats of each sample, the softmax renormalised over the active
// classes.
func (p *Probe) Entropy(ctx context.Context, samples, active []int) ([]float64, error) {
	mask := metric.Mask(p.classes, active)
	h := make([]float64, len(samples))
	err := p.forward(ctx, samples, func(i, _ int, logits []float32) { h[i] = metric.Entropy(logits, mask) })
	if err == nil {
		err = finite("entropy of sample %d", samples, h)
	}
	return h, err
}

// ActiveEntropy returns the mean of Entropy over samples of the active classes, and that over the
// samples of each class that has some among them.
func (p *Probe) ActiveEntropy(ctx context.Context, samples, active []int) (mean float64, byClass map[int]float64, err error) {
	h, err := p.Entropy(ctx, samples, active)
	if err != nil {
		return 0, nil, fmt.Errorf("entropy of the active data: %w", err)
	}
	byClass, n := map[int]float64{}, map[int]float64{}
	for i, v := range h {
		k := p.source.Label(samples[i])
		mean += v / float64(len(h))
		byClass[k] += v
		n[k]++
	}
	for k := range byClass {
		byClass[k] /= n[k]
	}
	return mean, byClass, nil
}

// ClassEntropies returns H_w(T|X_{i}) in nats of every class i, equations (7) and (8), over all
// its samples, the softmax renormalised over the trained classes; NaN for a class without samples.
func (p *Probe) ClassEntropies(ctx context.Context, trained []int) ([]float64, error) {
	h, err := p.Entropy(ctx, data.All(p.source), trained)
	if err != nil {
		return nil, err
	}
	sums, counts := make([]float64, p.classes), make([]float64, p.classes)
	for i, v := range h {
		k := p.source.Label(i)
		sums[k] += v
		counts[k]++
	}
	for k := range sums {
		sums[k] /= counts[k]
	}
	return sums, nil
}

// MeanSoftmax returns the mean over the samples of the softmax renormalised over the active
// classes, in their order.
func (p *Probe) MeanSoftmax(ctx context.Context, samples, active []int) ([]float64, error) {
	mask, logs, mean := metric.Mask(p.classes, active), make([]float64, p.classes), make([]float64, len(active))
	err := p.forward(ctx, samples, func(_, _ int, logits []float32) {
		metric.LogSoftmax(logs, logits, mask)
		for i, k := range active {
			mean[i] += math.Exp(logs[k]) / float64(len(samples))
		}
	})
	if err == nil {
		err = finite("output %d of the mean softmax", active, mean)
	}
	return mean, err
}
