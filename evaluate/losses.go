package evaluate

import (
	"context"
	"math"

	"github.com/local-to-global/lgl/metric"
)

// Losses returns the cross-entropy of each sample, over all classes.
func (p *Probe) Losses(ctx context.Context, samples []int) ([]float64, error) {
	losses := make([]float64, len(samples))
	err := p.forward(ctx, samples, func(i, label int, logits []float32) {
		losses[i] = metric.CrossEntropy(logits, label, nil)
	})
	if err == nil {
		err = finite("loss of sample %d", samples, losses)
	}
	return losses, err
}

// Remember notes the losses that a training step gave for the samples of its batch.
func (p *Probe) Remember(samples []int, losses []float32) {
	if p.last == nil {
		p.last = make([]float32, p.source.Len())
		for i := range p.last {
			p.last[i] = float32(math.NaN())
		}
	}
	for pos, i := range samples {
		p.last[i] = losses[pos]
	}
}

// LastLosses returns the loss of every sample in the step that last trained on it; NaN for one
// never trained on.
func (p *Probe) LastLosses() []float64 {
	losses := make([]float64, p.source.Len())
	for i := range losses {
		losses[i] = math.NaN()
	}
	for i, l := range p.last {
		losses[i] = float64(l)
	}
	return losses
}

// Trained returns what Remember noted, NaN for a sample never trained on; nil if nothing was. Restore
// takes it back.
func (p *Probe) Trained() []float32 { return p.last }

// Restore notes the losses that another Probe of the same samples had noted.
func (p *Probe) Restore(trained []float32) { p.last = trained }
