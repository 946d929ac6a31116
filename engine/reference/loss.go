package reference

import (
	"math"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
)

// crossEntropy computes the loss of each sample, and the gradient of the mean weighted loss with
// respect to the logits z [N K], in double precision:
//
//	p = softmax(z) over the active classes (nil: all), 0 elsewhere
//	loss_i = -log p_i[y_i];  dz_i = weight_i (p_i - onehot(y_i)) / N
//
// exps [K] is scratch. The first loss that is not finite is an error.
func crossEntropy(z *tensor, b data.Batch, active []bool, exps []float64, losses []float32) error {
	for i, y := range b.Y {
		row, d := z.value[i*z.size:(i+1)*z.size], z.grad[i*z.size:(i+1)*z.size]
		top, total := softmax(row, active, exps)
		losses[i] = float32(math.Log(total) - (float64(row[y]) - top))
		if v := losses[i]; v-v != 0 {
			return &engine.NotFiniteError{What: "loss", Index: i, Value: v}
		}
		scale := 1 / float64(b.Len())
		if b.Weight != nil {
			scale *= float64(b.Weight[i])
		}
		for j, e := range exps {
			d[j] = float32(scale * e / total)
		}
		d[y] = float32(scale * (exps[y]/total - 1))
	}
	return nil
}

// softmax writes exp(z - top) of the active classes and 0 for the others, and returns top, the
// largest active logit, and the sum.
func softmax(z []float32, active []bool, exps []float64) (top, total float64) {
	top = math.Inf(-1)
	for j, v := range z {
		if active == nil || active[j] {
			top = max(top, float64(v)) // NaN stays NaN
		}
	}
	for j, v := range z {
		exps[j] = 0
		if active == nil || active[j] {
			exps[j] = math.Exp(float64(v) - top)
			total += exps[j]
		}
	}
	return top, total
}
