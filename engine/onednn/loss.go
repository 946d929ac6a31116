package onednn

import (
	"math"

	"github.com/local-to-global/lgl/engine"
)

// crossEntropy computes the loss of each sample and the gradient of the mean weighted loss:
//
//	p = softmax(z) over the active classes, 0 elsewhere
//	loss_i = -log p_i[y_i];  diff_i = weight_i (p_i - onehot(y_i)) / N
//
// logits and diff are [N K]. active and weight may be nil (all, all 1). The first loss that is
// not finite is an error.
func crossEntropy(logits []float32, labels []int32, weight []float32, active []bool, losses, diff []float32) error {
	n := len(labels)
	k := len(logits) / n
	exps := make([]float64, k)
	for i, y := range labels {
		row := logits[i*k : (i+1)*k]
		top, total := softmax(row, active, exps)
		losses[i] = float32(math.Log(total) - (float64(row[y]) - top))
		if v := float64(losses[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			return &engine.NotFiniteError{What: "loss", Index: i, Value: losses[i]}
		}
		scale := 1 / float64(n)
		if weight != nil {
			scale *= float64(weight[i])
		}
		for j, e := range exps {
			diff[i*k+j] = float32(scale * e / total)
		}
		diff[i*k+int(y)] = float32(scale * (exps[y]/total - 1))
	}
	return nil
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
