package curriculum

import (
	"math"
	"slices"
)

// diverse returns loss / c_r of every sample, for the rule of SPLD. Equation (3) with classes as
// groups is minimised by sorting each class by loss, ties by index, and taking the sample of rank
// r = 1, 2 ... where
//
//	loss < lambda + gamma / (sqrt(r) + sqrt(r-1)) = lambda c_r
//
// (Jiang et al., "Self-Paced Learning with Diversity", 2014). gamma = ratio lambda, so c_r does
// not depend on lambda, and one lambda divides all the samples.
func diverse(losses []float64, labels []int, classes int, ratio float64) []float64 {
	keys := make([]float64, len(losses))
	ranks := make([]int, classes)
	for _, i := range byLoss(losses) {
		ranks[labels[i]]++
		r := float64(ranks[labels[i]])
		keys[i] = losses[i] / (1 + ratio/(math.Sqrt(r)+math.Sqrt(r-1)))
	}
	return keys
}

// byLoss returns the samples in ascending order of their losses, ties by index.
func byLoss(losses []float64) []int {
	type sample struct {
		loss  float64
		index int
	}
	sorted := make([]sample, len(losses))
	for i, l := range losses {
		sorted[i] = sample{l, i}
	}
	slices.SortFunc(sorted, func(a, b sample) int {
		switch {
		case a.loss < b.loss:
			return -1
		case a.loss > b.loss:
			return 1
		}
		return a.index - b.index
	})
	order := make([]int, len(losses))
	for pos, s := range sorted {
		order[pos] = s.index
	}
	return order
}
