package curriculum

import "math"

// Weighting is how the weight v of a sample falls with its loss: the minimiser over v of equation
// (1) under one of the published self-paced functions f.
type Weighting string

// The weightings. Linear and Log are those of Jiang et al., "Easy Samples First", 2014.
const (
	Hard   Weighting = "hard"   // f = -lambda v: equation (4)
	Linear Weighting = "linear" // f = lambda (v^2/2 - v)
	Log    Weighting = "log"    // f = z v - z^v / log z, z = 1 - lambda
)

// logUnit is lambda in the unit in which Log measures losses. Its function is defined for
// 0 < lambda < 1 and depends on the unit of the losses; cross-entropies have no upper bound, and
// lambda follows the pace. So losses are measured in the unit in which lambda is 1/2, and the
// weight depends on loss/lambda alone, as Linear's does: v = 1 - log2(1 + loss/lambda).
const logUnit = 0.5

// weight returns v of a loss below lambda, which may be +Inf: then v is 1.
func (w Weighting) weight(loss, lambda float64) float64 {
	switch {
	case w == Hard || math.IsInf(lambda, 1):
		return 1
	case w == Linear:
		return 1 - loss/lambda
	}
	return logWeight(loss/lambda*logUnit, logUnit)
}

// logWeight is v = log(loss + z) / log z with z = 1 - lambda, 0 < lambda < 1, loss < lambda.
func logWeight(loss, lambda float64) float64 {
	z := 1 - lambda
	return math.Log(loss+z) / math.Log(z)
}

// weights returns v of every sample, 0 for those not selected. A mirrored sample, of spl-inv, has
// the weight of the loss max - loss under max - lambda: 1 for the hardest, falling to 0 at lambda.
// v of a selected sample is never 0, whatever the rounding: 0 would leave it out.
func (w Weighting) weights(losses []float64, selected []bool, lambda float64, mirrored bool) []float32 {
	hardest := 0.0
	for _, l := range losses {
		hardest = max(hardest, l)
	}
	v := make([]float32, len(losses))
	for i, l := range losses {
		if !selected[i] {
			continue
		}
		bound := lambda
		if mirrored {
			l, bound = hardest-l, hardest-lambda
		}
		v[i] = max(float32(w.weight(l, bound)), math.SmallestNonzeroFloat32)
	}
	return v
}
