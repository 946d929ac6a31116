package curriculum

import (
	"cmp"
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
	for _, i := range byKey(losses) {
		ranks[labels[i]]++
		r := float64(ranks[labels[i]])
		keys[i] = losses[i] / (1 + ratio/(math.Sqrt(r)+math.Sqrt(r-1)))
	}
	return keys
}

// byKey returns the samples in ascending order of their keys, ties by index.
func byKey(keys []float64) []int {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(keys[a], keys[b]), a-b) })
	return order
}
