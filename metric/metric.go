// Package metric computes loss, accuracy, entropy and confusion from logits. They exist here,
// once: engines give logits, everything else asks this package.
//
//  1. an engine gives logits [N K] of a batch;
//  2. LogSoftmax normalises a row over the active classes;
//  3. CrossEntropy, Entropy and ArgMax read a row;
//  4. Confusion and Mean gather rows into results.
//
// A row of logits has one float32 per class; active, [K], marks the classes in use, nil for all.
// All arithmetic is in float64.
package metric

import (
	"fmt"
	"math"
)

// LogSoftmax writes log p(k) over the active classes to dst; the others become -Inf. It subtracts
// the largest logit first, so that no finite logit overflows.
func LogSoftmax(dst []float64, logits []float32, active []bool) {
	shift := logSumExp(logits, active)
	for k, z := range logits {
		dst[k] = math.Inf(-1)
		if active == nil || active[k] {
			dst[k] = float64(z) - shift
		}
	}
}

// CrossEntropy returns -log p(label) in nats over the active classes; +Inf if label is not one.
func CrossEntropy(logits []float32, label int, active []bool) float64 {
	if active != nil && !active[label] {
		return math.Inf(1)
	}
	return logSumExp(logits, active) - float64(logits[label])
}

// Entropy returns the entropy in nats of the softmax over the L active classes: the summand of
// equation (8), H_w(T|X = x) = -sum_t p(t|x) log p(t|x). It is computed from log p, so that
// p = 0 adds 0. 0 <= H <= log L holds to rounding; logits for which it does not are a fault of
// the caller (NaN), returned as NaN.
func Entropy(logits []float32, active []bool) float64 {
	shift := logSumExp(logits, active)
	h, classes := 0.0, 0
	for k, z := range logits {
		if active != nil && !active[k] {
			continue
		}
		classes++
		if logp := float64(z) - shift; !math.IsInf(logp, -1) {
			h -= math.Exp(logp) * logp
		}
	}
	return bounded(h, classes)
}

// bounded asserts 0 <= h <= log(classes) to rounding and returns h within the bounds.
func bounded(h float64, classes int) float64 {
	limit := math.Log(float64(classes))
	if h < -1e-9 || h > limit+1e-9 {
		panic(fmt.Sprintf("metric: entropy %v of %d classes; want 0..%v", h, classes, limit))
	}
	return max(0, min(h, limit))
}

// logSumExp returns log sum exp over the active logits.
func logSumExp(logits []float32, active []bool) float64 {
	largest := math.Inf(-1)
	for k, z := range logits {
		if active == nil || active[k] {
			largest = max(largest, float64(z))
		}
	}
	sum := 0.0
	for k, z := range logits {
		if active == nil || active[k] {
			sum += math.Exp(float64(z) - largest)
		}
	}
	return largest + math.Log(sum)
}

// ArgMax returns the active class with the largest logit, the lowest index on a tie, and -1 if a
// logit is NaN.
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
