package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/local-to-global/lgl/internal/plural"
)

// Pair is the difference of two methods in top-1, paired by seed.
type Pair struct {
	A string `json:"a"` // labels
	B string `json:"b"`
	*Diff
	// Holm is P adjusted for the number of pairs tested at once (Holm 1979, "A simple sequentially
	// rejective multiple test procedure"); nil where P is.
	Holm *float64 `json:"p_holm"`
}

// Verdict says in words what the pair shows, at the 5% level after Holm's adjustment.
func (p Pair) Verdict() string {
	switch {
	case p.Holm == nil:
		return p.untested()
	case *p.Holm >= .05:
		return "no difference shown"
	case p.Mean > 0:
		return "A is higher"
	}
	return "B is higher"
}

// pairsOf compares every two methods that were tested on the same data and have a common seed.
func pairsOf(all []*group) []Pair {
	var pairs []Pair
	for i, a := range all {
		for _, b := range all[i+1:] {
			if Tested(a.runs[0].Started) != Tested(b.runs[0].Started) {
				continue
			}
			if d := pairedDiff(a, b); d != nil {
				pairs = append(pairs, Pair{A: a.label, B: b.label, Diff: d})
			}
		}
	}
	holm(pairs)
	return pairs
}

// holm sets Holm of the pairs that have a p value: with these in ascending order, p_(1) ... p_(k),
// it is the largest (k-j+1) p_(j) of those up to its own, at most 1.
func holm(pairs []Pair) {
	var order []int
	for i, p := range pairs {
		if p.P != nil {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(*pairs[i].P, *pairs[j].P) })
	adjusted := 0.0
	for j, i := range order {
		adjusted = max(adjusted, min(1, float64(len(order)-j)**pairs[i].P))
		h := adjusted
		pairs[i].Holm = &h
	}
}

// Comparison is the methods of runs side by side.
type Comparison struct {
	Rows        []Row  `json:"rows"`  // as of Table
	Pairs       []Pair `json:"pairs"` // every two methods that were tested on the same data and have a common seed, in the order of Rows
	Methods     Sheet  `json:"-"`     // Rows, what each has by itself
	Differences Sheet  `json:"-"`     // Pairs
	Settings    Sheet  `json:"settings"`
}

// Compare compares the methods of runs.
func Compare(runs []Run) Comparison {
	all := groups(runs)
	c := Comparison{Rows: rowsOf(all), Pairs: pairsOf(all), Settings: settingSheet(all)}
	c.Methods, c.Differences = methodSheet(runs, all, c.Rows), differenceSheet(c.Pairs)
	return c
}

// methodSheet prints what each row has by itself.
func methodSheet(runs []Run, all []*group, rows []Row) Sheet {
	s := Sheet{Title: "Methods", Header: header, Notes: notes(runs, all, spreadNote(all), costNote(all))}
	for _, r := range rows {
		s.Rows = append(s.Rows, r.cells()[:len(header)])
	}
	return s
}

// differenceSheet prints pairs.
func differenceSheet(pairs []Pair) Sheet {
	s := Sheet{Title: "Paired differences", Header: []string{"method A", "method B", "n", "A - B", "95% interval", "p", "p, Holm", "verdict"},
		Left: []string{"method B", "verdict"}, Data: [][]string{{"a", "b", "n", "mean", "low", "high", "p", "p_holm", "verdict"}}}
	tests := 0
	for _, p := range pairs {
		row := []string{p.A, p.B, fmt.Sprint(p.N), fmt.Sprintf("%+.2f", 100*p.Mean), "-", "-", "-", p.Verdict()}
		if p.Low != nil {
			tests++
			row[4], row[5], row[6] = fmt.Sprintf("[%+.2f, %+.2f]", 100**p.Low, 100**p.High), pValue(*p.P), pValue(*p.Holm)
		}
		s.Rows = append(s.Rows, row)
		s.Data = append(s.Data, []string{p.A, p.B, fmt.Sprint(p.N), number(&p.Mean), number(p.Low), number(p.High), number(p.P), number(p.Holm), p.Verdict()})
	}
	s.Notes = []string{differenceNote(len(pairs), tests)}
	return s
}

// differenceNote says how to read so many paired differences, of which some are tests.
func differenceNote(pairs, tests int) string {
	switch {
	case pairs == 0:
		return "No two methods were tested on the same data with a common seed: there is nothing to pair."
	case tests == 0:
		return "A - B: mean difference of top-1 in points over common seeds (n). n too small: fewer than 3, which is too few for an interval; no spread: all differences are alike."
	}
	return fmt.Sprintf("A - B: mean difference of top-1 in points over common seeds (n), with its 95%% paired t interval and p value; p, Holm: "+
		"adjusted for the %s; verdict: by it, at the 5%% level. n too small: fewer than 3 common seeds; no spread: all differences are alike.", plural.Count(tests, "comparison"))
}

// settingSheet lists the settings that are not the same for all methods.
func settingSheet(all []*group) Sheet {
	s := Sheet{Title: "Settings that differ", Header: []string{"label"}}
	keys := disagreeing(all)
	s.Header = append(s.Header, keys...)
	s.Left = keys
	for _, g := range all {
		row := []string{g.label}
		for _, k := range keys {
			row = append(row, cmp.Or(g.settings[k], "-"))
		}
		s.Rows = append(s.Rows, row)
	}
	if len(keys) == 0 {
		s.Notes = []string{"None: all runs are of one method and one set of settings."}
		s.Rows = nil
		return s
	}
	s.Notes = []string{"-: the method does not use the setting. Seeds, engine and threads are not settings of a method."}
	if slices.Contains(keys, "pictures") {
		s.Notes = append(s.Notes, picturesNote)
	}
	return s
}

// disagreeing returns the settings of which the methods that use them have different values,
// sorted.
func disagreeing(all []*group) []string {
	values := map[string]map[string]bool{}
	for _, g := range all {
		for k, v := range g.settings {
			if values[k] == nil {
				values[k] = map[string]bool{}
			}
			values[k][v] = true
		}
	}
	maps.DeleteFunc(values, func(_ string, v map[string]bool) bool { return len(v) < 2 })
	return sortedKeys(values)
}

// pValue prints a p value.
func pValue(p float64) string {
	if p < .001 {
		return "<0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

// number prints v for other programs, "" for nil.
func number(v *float64) string {
	if v == nil || math.IsNaN(*v) {
		return ""
	}
	return fmt.Sprintf("%.6g", *v)
}
