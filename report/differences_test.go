package report

import (
	"math"
	"slices"
	"testing"
)

// A line for each method but the first, to the side of the one that is higher, and with its cost, as these differ.
func TestDifferences(t *testing.T) {
	c := Compare(known())
	table, pairs := c.Rows, c.Pairs
	rows := Differences(table, pairs).Panels[0].Rows
	if len(rows) != 5 || rows[0].Name != "baseline, at 1.00x" || *rows[0].Mean != 0 {
		t.Fatalf("%d rows, the first %+v; want 5, the first the baseline at 0", len(rows), rows[0])
	}
	for i, r := range rows[1:] {
		p := pairs[i]     // the first four are of the baseline
		if p.Low == nil { // as of the baseline-equal, all seeds of which are as much above
			if r.Spread != 0 || math.Abs(*r.Mean+100*p.Mean) > 1e-9 {
				t.Errorf("%s at %g ± %g; want %g alone", r.Name, *r.Mean, r.Spread, -100*p.Mean)
			}
			continue
		}
		if r.Style != rows[0].Style {
			t.Errorf("%s has the style %+v; the first has %+v", r.Name, r.Style, rows[0].Style)
		}
		low, high := *r.Mean-r.Spread, *r.Mean+r.Spread
		if r.Name != p.B+", at 2.10x" || math.Abs(low+100**p.High) > 1e-9 || math.Abs(high+100**p.Low) > 1e-9 {
			t.Errorf("%s from %g to %g; want %s, from %g to %g", r.Name, low, high, p.B, -100**p.High, -100**p.Low)
		}
	}
	if got := Differences(table, nil); got != nil {
		t.Errorf("without pairs %+v; want nil", got)
	}
	equal := slices.DeleteFunc(slices.Clone(table), func(r Row) bool { return r.Label == "baseline" })
	if got := priced(equal)["LGL(r,3)"]; got != "LGL(r,3)" {
		t.Errorf("where all cost the same the name is %q", got)
	}
}
