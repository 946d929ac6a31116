package evaluate

import (
	"context"
	"math"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/record"
)

// Accuracy evaluates all samples of the source. active are the classes in use; masked restricts
// the arg-max of Top1Active to them. Top1Active is 0 where the source has no sample of them.
func (p *Probe) Accuracy(ctx context.Context, active []int, masked bool) (record.Accuracy, *metric.Evaluation, error) {
	v := metric.NewEvaluation(p.classes, metric.Mask(p.classes, active), masked)
	err := p.forward(ctx, data.All(p.source), func(_, label int, logits []float32) { v.Add(logits, label) })
	if err != nil {
		return record.Accuracy{}, nil, err
	}
	a := record.Accuracy{Samples: v.Samples(), Loss: v.Loss(), Top1: v.Top1(), Top1Active: v.Top1Active()}
	if !isFinite(a.Loss) {
		return a, nil, notFinite("loss", a.Loss)
	}
	if math.IsNaN(a.Top1Active) {
		a.Top1Active = 0
	}
	return a, v, nil
}
