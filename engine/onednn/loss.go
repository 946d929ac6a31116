package onednn

import (
	"math"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
)

// The reference engine has a loss of its own, and not this one, on purpose: it is what this one is held to.

// crossEntropy computes the loss of each sample and the gradient of the mean weighted loss:
//
//	p = softmax(z) over the active classes, 0 elsewhere
//	loss_i = -log p_i[y_i];  diff_i = weight_i (p_i - onehot(y_i)) / N
//
// and with targets t
//
//	loss_i = -sum_k t_i[k] log p_i[k];  diff_i = weight_i (p_i sum_k t_i[k] - t_i) / N
//
// logits and diff are [N K]; of b all but X is read. active may be nil (all). The first loss that
// is not finite is an error.
func crossEntropy(logits []float32, b data.Batch, active []bool, losses, diff []float32) error {
	n := b.Len()
	k := len(logits) / n
	exps := make([]float64, k)
	for i, y := range b.Y {
		row, d := logits[i*k:(i+1)*k], diff[i*k:(i+1)*k]
		scale := 1 / float64(n)
		if b.Weight != nil {
			scale *= float64(b.Weight[i])
		}
		top, total := softmax(row, active, exps)
		if b.Targets == nil {
			losses[i] = ofLabel(row, y, top, total)
			for j, e := range exps {
				d[j] = float32(scale * e / total)
			}
			d[y] = float32(scale * (exps[y]/total - 1))
		} else {
			targets := b.Targets[i*k : (i+1)*k]
			var whole float64
			losses[i], whole = ofTargets(row, targets, top, total)
			for j, e := range exps {
				d[j] = float32(scale * (whole*e/total - float64(targets[j])))
			}
		}
		if v := float64(losses[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			return &engine.NotFiniteError{What: "loss", Index: i, Value: losses[i]}
		}
	}
	return nil
}

// ofLabel is the loss of one sample of label y.
func ofLabel(row []float32, y int32, top, total float64) float32 {
	return float32(math.Log(total) - (float64(row[y]) - top))
}

// ofTargets is the loss of one sample with targets, and their sum. Where a target is 0 the logarithm,
// which may be infinite, is left out.
func ofTargets(row, targets []float32, top, total float64) (loss float32, whole float64) {
	sum, logTotal := 0.0, math.Log(total)
	for j, t := range targets {
		if t != 0 {
			sum += float64(t) * (logTotal - (float64(row[j]) - top))
			whole += float64(t)
		}
	}
	return float32(sum), whole
}

// softmax writes exp(z - top) of the active classes, 0 for the others, and returns the largest
// active logit and the sum.
func softmax(row []float32, active []bool, exps []float64) (top, total float64) {
	top = math.Inf(-1)
	for j, z := range row {
		if active == nil || active[j] {
			top = math.Max(top, float64(z)) // NaN stays NaN
		}
	}
	for j, z := range row {
		exps[j] = 0
		if active == nil || active[j] {
			exps[j] = math.Exp(float64(z) - top)
			total += exps[j]
		}
	}
	return top, total
}
