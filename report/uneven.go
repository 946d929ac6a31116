package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// unevenNote says what top-1 hides where some classes have many more test samples than others; "" where none have.
func unevenNote(all []*group) string {
	var means, shares []string
	for _, g := range all {
		var each []float64
		for _, r := range g.done() {
			mean, share := balance(r)
			if share <= 0 {
				continue
			}
			each = append(each, mean)
			if text := percent(share); !slices.Contains(shares, text) {
				shares = append(shares, text)
			}
		}
		if each != nil {
			means = append(means, g.label+" "+percent(stat.Mean(each, nil)))
		}
	}
	if means == nil {
		return ""
	}
	return fmt.Sprintf("Uneven classes: always to name the one with the most test samples is a top-1 of %s %%. Mean of the classes' "+
		"accuracies, each class counted once, in %%: %s.", strings.Join(shares, " or "), strings.Join(means, "; "))
}

// mildly is how many times an equal share of the test samples a class may have before classes are called uneven.
const mildly = 1.5

// balance returns, of the end of a run, the mean accuracy of the classes that have test samples, and the largest share of
// these that one class has; 0 and 0 where that is about an equal share, or not in the log.
func balance(r Run) (mean, share float64) {
	if len(r.Stages) == 0 || r.Stages[len(r.Stages)-1].Ended == nil {
		return 0, 0
	}
	samples, right, total, most := map[int]int{}, map[int]int{}, 0, 0
	for _, c := range r.Stages[len(r.Stages)-1].Ended.Confusion {
		label, predicted, n := c[0], c[1], c[2]
		total += n
		samples[label] += n
		most = max(most, samples[label])
		if label == predicted {
			right[label] += n
		}
	}
	k := float64(len(samples))
	if float64(most)*k <= mildly*float64(total) {
		return 0, 0
	}
	for _, label := range slices.Sorted(maps.Keys(samples)) { // so that the sum is always the same
		mean += float64(right[label]) / float64(max(samples[label], 1)) / k
	}
	return mean, float64(most) / float64(total)
}
