package report

import (
	"bytes"
	"fmt"

	"github.com/local-to-global/lgl/report/figure"
	"gonum.org/v1/plot/vg"
)

// Differences draws how much each method is above the first one of pairs, which Pairs made: a line for each, the mean and its
// interval in points, none in a colour: on a page the colours are those of the methods' curves. Where the methods did not cost the same, their names have their costs, those of table, which Table made.
// Nil without pairs.
func Differences(table []Row, pairs []Pair) *figure.Figure {
	if len(pairs) == 0 {
		return nil
	}
	names := priced(table)
	first, none, longest := pairs[0].A, 0.0, 0
	rows := []figure.Row{{Name: names[first], Style: figure.Style{Color: figure.Ink}, Mean: &none}}
	for _, p := range pairs {
		if p.A == first {
			rows = append(rows, p.row(names[p.B]))
			longest = max(longest, len(names[p.B]))
		}
	}
	panel := figure.Panel{X: fmt.Sprintf("top-1 less that of %s, in points: mean and 95%% interval", first), Rows: rows}
	return &figure.Figure{
		Columns: 1, Panels: []figure.Panel{panel},
		Width: vg.Length(11+.16*float64(longest)) * vg.Centimeter, Height: vg.Length(2.2+.65*float64(len(rows))) * vg.Centimeter,
	}
}

// priced are the labels of table by themselves, or, where the costs differ, with the cost of each.
func priced(table []Row) map[string]string {
	names, costs := map[string]string{}, map[string]bool{}
	for _, r := range table {
		costs[r.cost()] = true
	}
	for _, r := range table {
		names[r.Label] = r.Label
		if len(costs) > 1 {
			names[r.Label] = r.Label + ", at " + r.cost()
		}
	}
	return names
}

// Pictured returns Differences for a page; none without pairs.
func Pictured(table []Row, pairs []Pair) ([]Picture, error) {
	f := Differences(table, pairs)
	if f == nil {
		return nil, nil
	}
	var png bytes.Buffer
	err := f.Write(&png, "png")
	return []Picture{{
		Title: "Differences from " + pairs[0].A + ". The intervals are not adjusted for how many there are.",
		Alt:   "A line for each method: by how much its top-1 is above that of the first, with the interval.", PNG: png.Bytes(),
	}}, err
}

// row is the line of B, under a name.
func (p Pair) row(name string) figure.Row {
	mean := -100 * p.Mean
	r := figure.Row{Name: name, Style: figure.Style{Color: figure.Ink}, Mean: &mean}
	if p.Low != nil {
		r.Spread = 50 * (*p.High - *p.Low)
	}
	return r
}
