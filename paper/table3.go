package paper

import (
	"context"

	"gonum.org/v1/plot/vg"

	"github.com/local-to-global/lgl/report"
)

// Sizes of a figure of rows.
const rowsWidth = 16 * vg.Centimeter

// rowsHeight is that of a panel with so many rows.
func rowsHeight(rows int) vg.Length { return vg.Length(2.6+.65*float64(rows)) * vg.Centimeter }

// table3 is table 3. A seed gives all strategies the same first group (curriculum.LGL).
func table3() Experiment {
	return Experiment{
		Name: "table3", Short: "Compare LGL's strategies, random, dissimilar and similar: table 3",
		Long: `Table 3 (section 5.3): top-1 of LGL(r,3), (d,3) and (s,3). Runs of one seed begin with
the same group of classes. Beside them stand the baselines of as many epochs and of as
many samples.`,
		Data: images,
		Suite: func(s Setup) Suite {
			return Suite{Title: s.heading("Table 3"), Cells: s.cells(s.base(), s.table3Methods())}
		},
		Result: func(_ context.Context, s Setup, runs []report.Run, _ Prober) (Result, error) {
			return s.methodResult("Table 3", runs), nil
		},
	}
}

// table3Methods are the rows of table 3.
func (s Setup) table3Methods() []method {
	m := min(3, len(s.Data.Classes))
	return []method{baseline, equal(m), lgl("random", m), lgl("dissimilar", m), lgl("similar", m)}
}
