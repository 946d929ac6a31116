package evaluate

import (
	"context"
	"fmt"
	"math"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/metric"
)

// Predict calls visit with every sample of the source, in order, and its softmax [K] over the active
// classes (nil: all), which is valid until the next call. An error of visit ends it.
func (p *Probe) Predict(ctx context.Context, active []bool, visit func(i int, softmax []float64) error) error {
	softmax := make([]float64, p.classes)
	var failed error
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	err := p.forward(ctx, data.All(p.source), func(i, _ int, logits []float32) {
		if failed != nil {
			return
		}
		metric.LogSoftmax(softmax, logits, active)
		total := 0.0
		for k, v := range softmax {
			softmax[k] = math.Exp(v)
			total += softmax[k]
		}
		if isFinite(total) {
			failed = visit(i, softmax)
		} else {
			failed = notFinite(fmt.Sprintf("softmax of sample %d", i), total)
		}
		if failed != nil {
			stop()
		}
	})
	if failed != nil {
		return failed
	}
	return err
}
