package curriculum

import (
	"math"
	"slices"
)

// smallest selects the samples with the n smallest keys, n > 0, ties by index, and returns a bound
// halfway between the largest of these and the next larger key, so that rounding cannot move a
// sample across it; +Inf if no key is larger. It takes time in proportion to the samples.
func smallest(keys []float64, n int) (selected []bool, bound float64) {
	largest := nth(slices.Clone(keys), n-1)
	selected, bound = make([]bool, len(keys)), math.Inf(1)
	left := n // for keys equal to the largest
	for i, k := range keys {
		if k < largest {
			selected[i] = true
			left--
		}
	}
	for i, k := range keys {
		if k == largest && left > 0 {
			selected[i] = true
			left--
		}
		if k > largest {
			bound = min(bound, k)
		}
	}
	if half := largest + (bound-largest)/2; half > largest {
		bound = half
	}
	return selected, bound
}

// nth returns what would stand at index n if x were sorted (Hoare's quickselect); it reorders x.
func nth(x []float64, n int) float64 {
	for lo, hi := 0, len(x)-1; lo < hi; {
		pivot := median(x[lo], x[(lo+hi)/2], x[hi])
		i, j := lo, hi
		for i <= j { // left of i nothing is larger than the pivot, right of j nothing smaller
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default: // between them all are the pivot
			return pivot
		}
	}
	return x[n]
}

func median(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
