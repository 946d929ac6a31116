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
// or, with targets t [N K], of which one that is 0 adds 0 whatever p is:
//
//	loss_i = -sum_k t_i[k] log p_i[k];  dz_i = weight_i (p_i sum_k t_i[k] - t_i) / N
//
// exps [K] is scratch. The first loss that is not finite is an error.
func crossEntropy(z *tensor, b data.Batch, active []bool, exps []float64, losses []float32) error {
	for i, y := range b.Y {
		row, d := z.value[i*z.size:(i+1)*z.size], z.grad[i*z.size:(i+1)*z.size]
		scale := 1 / float64(b.Len())
		if b.Weight != nil {
			scale *= float64(b.Weight[i])
		}
		top, total := softmax(row, active, exps)
		if b.Targets == nil {
			losses[i] = byLabel(row, d, y, exps, top, total, scale)
		} else {
			losses[i] = byTargets(row, d, b.Targets[i*z.size:(i+1)*z.size], exps, top, total, scale)
		}
		if v := losses[i]; v-v != 0 {
			return &engine.NotFiniteError{What: "loss", Index: i, Value: v}
		}
	}
	return nil
}

// byLabel returns the loss of one sample with logits z, label y, and writes scale times its gradient.
func byLabel(z, d []float32, y int32, exps []float64, top, total, scale float64) float32 {
	for j, e := range exps {
		d[j] = float32(e * (scale / total))
	}
	d[y] = float32(scale * (exps[y]/total - 1))
	return float32(math.Log(total) - (float64(z[y]) - top))
}

// byTargets is byLabel for targets [K].
func byTargets(z, d, targets []float32, exps []float64, top, total, scale float64) float32 {
	logTotal, loss, whole := math.Log(total), 0.0, 0.0
	for j, t := range targets {
		if t != 0 {
			loss += float64(t) * (logTotal - (float64(z[j]) - top))
			whole += float64(t)
		}
	}
	for j, e := range exps {
		d[j] = float32(scale * (e/total*whole - float64(targets[j])))
	}
	return float32(loss)
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
