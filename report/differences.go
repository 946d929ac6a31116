package report

import (
	"bytes"
	"fmt"

	"github.com/local-to-global/lgl/report/figure"
	"gonum.org/v1/plot/vg"
)

// Differences draws how much each method is above the first one of pairs, which Pairs made: a line for each, the mean and its
// interval in points. Nil without pairs.
func Differences(pairs []Pair) *figure.Figure {
	if len(pairs) == 0 {
		return nil
	}
	first, none, longest := pairs[0].A, 0.0, 0
	rows := []figure.Row{{Name: first, Style: figure.Style{Color: figure.Ink}, Mean: &none}}
	for _, p := range pairs {
		if p.A == first {
			rows = append(rows, p.row(len(rows)-1))
			longest = max(longest, len(p.B))
		}
	}
	panel := figure.Panel{X: fmt.Sprintf("top-1 less that of %s, in points: mean and 95%% interval", first), Rows: rows}
	return &figure.Figure{
		Columns: 1, Panels: []figure.Panel{panel},
		Width: vg.Length(11+.16*float64(longest)) * vg.Centimeter, Height: vg.Length(2.2+.65*float64(len(rows))) * vg.Centimeter,
	}
}

// Pictured returns Differences for a page; none without pairs.
func Pictured(pairs []Pair) ([]Picture, error) {
	f := Differences(pairs)
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

// row is the line of B, with the colour of a number.
func (p Pair) row(color int) figure.Row {
	mean := -100 * p.Mean
	r := figure.Row{Name: p.B, Style: figure.Style{Color: color}, Mean: &mean}
	if p.Low != nil {
		r.Spread = 50 * (*p.High - *p.Low)
	}
	return r
}
