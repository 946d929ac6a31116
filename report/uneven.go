package report

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/metric"
)

// unevenNote says what top-1 hides where some classes have many more test samples than others; "" where none have. Of data
// among several it names those.
func unevenNote(all []*group) string {
	var means, shares []string
	several := onSeveral(all)
	of := ""
	for _, g := range all {
		var each []float64
		for _, r := range g.done() {
			b := balance(r)
			if !b.Uneven {
				continue
			}
			each = append(each, b.Mean)
			if r.picked() {
				of = " (of the weights that runs kept, where these are not the last, whose top-1 the table has)"
			}
			text := percent(b.Share)
			if several {
				text += " % on " + r.Started.Data.Name
			}
			if !slices.Contains(shares, text) {
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
	share := strings.Join(shares, " or ")
	if !several {
		share += " %"
	}
	return fmt.Sprintf("Uneven classes: always to name the one with the most test samples is a top-1 of %s. Mean of the classes' "+
		"accuracies, each class counted once, in %%%s: %s.", share, of, strings.Join(means, "; "))
}

// balance is that of the test set at the end of a run; zero where the log has no confusions.
func balance(r Run) metric.Balance {
	if len(r.Stages) == 0 || r.Stages[len(r.Stages)-1].Ended == nil {
		return metric.Balance{}
	}
	return metric.BalanceOf(r.Stages[len(r.Stages)-1].Ended.Confusion)
}
