package metric

import (
	"maps"
	"slices"
)

// Balance is what stands beside a top-1 that may hide the small classes.
type Balance struct {
	Mean    float64 `json:"mean"`    // of the classes' accuracies, each class with samples counted once: balanced accuracy
	Largest int     `json:"largest"` // the class with the most samples, the first of several
	Share   float64 `json:"share"`   // of the samples that are its: the top-1 of always naming it
	Uneven  bool    `json:"uneven"`  // that share is more than 1.5 times an equal one
}

// mildly is how many times an equal share of the samples a class may have before classes are called uneven.
const mildly = 1.5

// Balance returns that of the samples that were counted.
func (c *Confusion) Balance() Balance {
	var cells [][3]int
	for p, n := range c.pairs {
		cells = append(cells, [3]int{p.label, p.predicted, n})
	}
	return BalanceOf(cells)
}

// BalanceOf returns that of the cells of a confusion matrix, as Confusion.Cells has them; zero without samples.
func BalanceOf(cells [][3]int) (b Balance) {
	samples, right, total := map[int]int{}, map[int]int{}, 0
	for _, c := range cells {
		label, predicted, n := c[0], c[1], c[2]
		total += n
		samples[label] += n
		if label == predicted {
			right[label] += n
		}
	}
	if total <= 0 {
		return b
	}
	classes := slices.Sorted(maps.Keys(samples)) // so that the sum is always the same
	b.Largest = classes[0]
	for _, k := range classes {
		b.Mean += float64(right[k]) / float64(max(samples[k], 1)) / float64(len(classes))
		if samples[k] > samples[b.Largest] {
			b.Largest = k
		}
	}
	b.Share = ratio(samples[b.Largest], total)
	b.Uneven = b.Share*float64(len(classes)) > mildly
	return b
}
