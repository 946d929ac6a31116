package report

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// classView is one class in the course of a run.
type classView struct {
	Name    string
	Stage   int        // with which it entered; 0: it was known before the run
	Chosen  *float64   // H(T|X_{i}) when it was chosen; nil: it was not chosen by that
	Entropy []*float64 // H(T|X_{i}) at the end of each stage, nil before it entered
	Top1    string     // its share of test samples that is right, after the last stage
	right   *float64
}

// classViews lists the classes in the order in which they entered.
func classViews(r Run) []classView {
	var out []classView
	for at, s := range r.Stages {
		known := len(s.Started.Known)
		for i, k := range slices.Concat(s.Started.Known, s.Started.New) {
			c := classView{Name: r.Started.Data.Class(k), Stage: s.Started.Stage, Entropy: make([]*float64, len(r.Stages)), Top1: "-"}
			if i < known {
				c.Stage = 0
			}
			if h, ok := s.Started.Scores[k]; ok {
				c.Chosen = &h
			}
			for i, later := range r.Stages[at:] {
				if later.Ended == nil {
					continue
				}
				if h, ok := later.Ended.EntropyByClass[k]; ok {
					c.Entropy[at+i] = &h
				}
				if v, ok := later.Ended.Top1ByClass[k]; ok {
					c.Top1, c.right = percent(v), &v
				}
			}
			out = append(out, c)
		}
	}
	return out
}

// foretold says how the entropy by which classes were chosen goes with what the network made of them
// in the end, "" where fewer than three classes tell.
func foretold(classes []classView) string {
	var h, right []float64
	for _, c := range classes {
		if c.Chosen != nil && c.right != nil {
			h, right = append(h, *c.Chosen), append(right, *c.right)
		}
	}
	if len(h) < 3 || stat.Variance(h, nil) == 0 || stat.Variance(right, nil) == 0 {
		return ""
	}
	return fmt.Sprintf("r = %+.2f over %d classes", stat.Correlation(h, right, nil), len(h))
}
