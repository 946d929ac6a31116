// Package metric computes loss, accuracy, entropy and confusion from logits. They exist here,
// once: engines give logits, everything else asks this package.
//
//  1. an engine gives the logits of a batch, [N K];
//  2. LogSoftmax, CrossEntropy, Entropy and ArgMax read one row, normalised over the active
//     classes;
//  3. Evaluation and Confusion gather the rows of a data set into results.
//
// A row of logits has one float32 per class; active, [K], marks the classes in use, nil for all,
// and marks at least one. All arithmetic is in float64. The softmax is never formed: with
// d_k = z_k - max z and s = sum_j exp(d_j), log p(k) = d_k - log s, so that no finite logit
// overflows and p = 0 adds nothing. Logits of -Inf are classes of probability 0; a logit that is
// NaN or +Inf gives NaN, never a number.
package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Mask marks the classes listed, of k.
func Mask(k int, classes []int) []bool {
	active := make([]bool, k)
	for _, c := range classes {
		active[c] = true
	}
	return active
}

// LogSoftmax writes log p(k) over the active classes to dst, [K]; the others become -Inf.
func LogSoftmax(dst []float64, logits []float32, active []bool) {
	largest, sum, _ := softmaxSums(logits, active)
	logSum := math.Log(sum)
	for k, z := range logits {
		dst[k] = math.Inf(-1)
		if active == nil || active[k] {
			dst[k] = float64(z) - largest - logSum
		}
	}
}

// CrossEntropy returns -log p(label) in nats over the active classes; +Inf if label is not one.
func CrossEntropy(logits []float32, label int, active []bool) float64 {
	if active != nil && !active[label] {
		return math.Inf(1)
	}
	largest, sum, _ := softmaxSums(logits, active)
	return math.Log(sum) - (float64(logits[label]) - largest)
}

// Entropy returns the entropy in nats of the softmax over the L active classes, the summand of
// equation (8): H_w(T|X = x) = -sum_t p(t|x) log p(t|x) = log s - (sum_t d_t exp(d_t)) / s.
// 0 <= H <= log L, which is asserted to rounding; NaN where a logit is NaN or +Inf.
func Entropy(logits []float32, active []bool) float64 {
	_, sum, weighted := softmaxSums(logits, active)
	h := math.Log(sum) - weighted/sum
	limit := math.Log(float64(count(active, len(logits))))
	if h < -1e-9 || h > limit+1e-9 {
		panic(fmt.Sprintf("metric: entropy %v; want 0 to %v", h, limit))
	}
	return max(0, min(h, limit))
}

// ArgMax returns the active class with the largest logit, the lowest index on a tie, and -1 if an
// active logit is NaN.
func ArgMax(logits []float32, active []bool) int {
	best := -1
	for k, z := range logits {
		if active != nil && !active[k] {
			continue
		}
		if z != z {
			return -1
		}
		if best < 0 || z > logits[best] {
			best = k
		}
	}
	return best
}

// Top returns the n active classes of the highest probability, or all where they are fewer: the likeliest first, of equal ones the
// lowest index.
func Top(softmax []float64, active []bool, n int) []int {
	var order []int
	for k := range softmax {
		if active == nil || active[k] {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(softmax[b], softmax[a]) })
	return order[:min(n, len(order))]
}

// softmaxSums returns the largest active logit, s = sum exp(d_k) and sum d_k exp(d_k).
func softmaxSums(logits []float32, active []bool) (largest, sum, weighted float64) {
	largest = maximum(logits, active)
	for k, z := range logits {
		if active != nil && !active[k] {
			continue
		}
		d := float64(z) - largest
		if d == 0 {
			sum++
			continue
		}
		if e := math.Exp(d); e != 0 { // 0 x -Inf would be NaN
			sum += e
			weighted += d * e
		}
	}
	return largest, sum, weighted
}

// maximum returns the largest active logit, NaN if one is NaN.
func maximum(logits []float32, active []bool) float64 {
	largest := float32(math.Inf(-1))
	for k, z := range logits {
		if active == nil || active[k] {
			largest = max(largest, z)
		}
	}
	return float64(largest)
}

// count returns the number of active classes of k.
func count(active []bool, k int) int {
	if active == nil {
		return k
	}
	n := 0
	for _, a := range active {
		if a {
			n++
		}
	}
	return n
}
