package paper

import (
	"context"
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/report/figure"
)

// figure3 is figure 3, on the runs of table 1.
func figure3() Experiment {
	return Experiment{
		Name: "figure3", Short: "Plot accuracy per epoch once all classes are in: figure 3",
		Long: `Figure 3 (section 5.2): test accuracy after every epoch in which all classes are in,
that is from LGL's last stage on, and from the start of all others. It draws the runs
of table 1, and trains those that are missing.`,
		Data: images,
		Suite: func(s Setup) Suite {
			return Suite{Title: s.heading("Figure 3"), Cells: s.cells(s.base(), s.table1Methods())}
		},
		Result: func(_ context.Context, s Setup, runs []report.Run, _ Prober) (Result, error) {
			return s.figure3Result(runs), nil
		},
	}
}

func (s Setup) figure3Result(runs []report.Run) Result {
	series := report.Finals(runs, func(a record.Accuracy) float64 { return 100 * a.Top1 })
	rows := report.Table(runs)
	look := styles(rows)
	p := figure.Panel{Title: s.heading("Figure 3"), X: "epochs in which all classes are in", Y: "test accuracy (%), mean over seeds"}
	for i, c := range series {
		curve := figure.Curve{Name: c.Label, Style: look[i], X: c.Epoch, Y: c.Mean}
		if c.Runs > 1 && c.Method != "baseline-equal" {
			curve.Low, curve.High = c.Low, c.High
		}
		p.Curves = append(p.Curves, curve)
	}
	t := s.figure3Table(series)
	t.Notes = append(t.Notes, report.Basis(runs)...)
	t.Notes = append(t.Notes, s.scaleNote(s.base()))
	return Result{Tables: []report.Sheet{t}, Figure: &figure.Figure{Columns: 1, Panels: []figure.Panel{p}, Width: rowsWidth, Height: rowsHeight(12)},
		Alt: "Test accuracy by epoch, one line for each method, counted from when all classes are in."}
}

// figure3Table lists the series at the first epoch, at quarters of the baseline's epochs, and at
// their ends; its Data are all epochs.
func (s Setup) figure3Table(series []report.Series) report.Sheet {
	epochs := s.base().Epochs
	marks := []int{1, max(1, epochs/4), max(1, epochs/2), max(1, 3*epochs/4), epochs}
	marks = slices.Compact(marks)
	t := report.Sheet{Title: s.heading("Figure 3"), Header: []string{"method", "n", "before"},
		Data: [][]string{{"method", "n", "before", "epoch", "top1_mean", "top1_low", "top1_high"}}}
	for _, m := range marks {
		t.Header = append(t.Header, fmt.Sprintf("epoch %d", m))
	}
	t.Header = append(t.Header, "end", "epochs")
	for _, c := range series {
		row := []string{c.Label, fmt.Sprint(c.Runs), fmt.Sprintf("%.2f", c.Before)}
		for _, m := range marks {
			row = append(row, at(c, m))
		}
		last := 0
		if n := len(c.Epoch); n > 0 {
			last = int(c.Epoch[n-1])
		}
		t.Rows = append(t.Rows, append(row, at(c, last), fmt.Sprint(last)))
		for i, e := range c.Epoch {
			t.Data = append(t.Data, []string{c.Label, fmt.Sprint(c.Runs), fmt.Sprintf("%.6g", c.Before), fmt.Sprint(e),
				share(c.Mean[i]), share(c.Low[i]), share(c.High[i])})
		}
	}
	t.Notes = []string{"epoch: test accuracy in % after so many epochs in which all classes are in, mean over n runs; before: samples trained on before them, in epochs of all the data; end: after the last. No epoch is picked by its accuracy. Bands in the figure: lowest to highest seed."}
	return t
}

// at is the mean of a series at an epoch, "-" where it has none.
func at(c report.Series, epoch int) string {
	i := slices.Index(c.Epoch, float64(epoch))
	if i < 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", c.Mean[i])
}

// share prints a percentage as a share, for other programs.
func share(percent float64) string { return fmt.Sprintf("%.6g", percent/100) }
