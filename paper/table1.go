package paper

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/report/figure"
)

// images are the data sets of tables 1 to 3 and figure 3, and what can stand for them.
var images = [][]string{{"cifar10", "fashion-mnist"}, {"cifar100", "glyphs"}}

// table1 is table 1, with the baselines of as many samples that the paper does not have.
func table1() Experiment {
	return Experiment{
		Name: "table1", Short: "Compare LGL(r,2), (r,3), (r,4) with SPL and the baselines: table 1",
		Long: `Table 1 (section 5.2): top-1 of LGL with 2, 3 and 4 stages, of self-paced learning and
of the baseline. Beside them stands, for each number of stages, what the paper does
not have: a baseline that sees as many samples as that LGL. On 50 classes and more at
full scale also LGL(r,20).`,
		Data:  images,
		Suite: Setup.table1Suite,
		Result: func(_ context.Context, s Setup, runs []report.Run, _ Prober) (Result, error) {
			return s.methodResult("Table 1", runs), nil
		},
	}
}

// table1Methods are the rows of table 1.
func (s Setup) table1Methods() []method {
	stages := s.Data.stagesUpTo(4)
	if s.Scale == "full" && len(s.Data.Classes) >= 50 {
		stages = append(stages, 20)
	}
	methods := []method{baseline}
	for _, m := range stages {
		methods = append(methods, equal(m))
	}
	methods = append(methods, selfPaced...)
	for _, m := range stages {
		methods = append(methods, lgl("random", m))
	}
	return methods
}

func (s Setup) table1Suite() Suite {
	return Suite{Title: s.heading("Table 1"), Cells: s.cells(s.base(), s.table1Methods())}
}

// methodResult is the table of methods in top-1, with a figure of the same numbers.
func (s Setup) methodResult(what string, runs []report.Run) Result {
	t := report.Results(runs)
	t.Title = s.heading(what)
	s.addPublished(&t, s.Data.stands())
	t.Notes = append(t.Notes, s.scaleNote(s.base()))
	return Result{
		Tables: []report.Sheet{t},
		Figure: &figure.Figure{Columns: 1, Panels: []figure.Panel{s.rowsPanel(what, runs, s.Data.stands(), s.Data.is())}, Width: rowsWidth, Height: rowsHeight(len(t.Rows))},
		Alt:    "A row of dots for each method, one dot a seed, with mean and standard deviation of top-1.",
	}
}

// rowsPanel draws top-1 of every method, and, if marked, the paper's on some data.
func (s Setup) rowsPanel(what string, runs []report.Run, on string, marked bool) figure.Panel {
	p := figure.Panel{Title: s.heading(what), X: "top-1 (%): a dot a seed, mean ± standard deviation"}
	if marked {
		p.X += "; x: the paper's"
	}
	rows := report.Table(runs)
	look := styles(rows)
	for i, r := range rows {
		row := figure.Row{Name: r.Label, Style: look[i]}
		for _, v := range r.Each() {
			row.Dots = append(row.Dots, 100*v)
		}
		if r.Top1 != nil {
			mean := 100 * *r.Top1
			row.Mean = &mean
		}
		if r.Spread != nil {
			row.Spread = 100 * *r.Spread
		}
		if v, ok := published[on][r.Label]; ok && marked {
			v *= 100
			row.Mark = &v
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// styles gives each row of a table the style of its line: baselines black and grey, LGL the first
// colours, self-paced learning the others, each with its own dash.
func styles(rows []report.Row) []figure.Style {
	next := map[string]int{}
	out := make([]figure.Style, len(rows))
	for i, r := range rows {
		family := strings.SplitN(r.Method, "-", 2)[0]
		n := next[r.Method]
		next[r.Method]++
		switch {
		case r.Method == "baseline":
			out[i] = figure.Style{Color: figure.Ink, Dash: n}
		case r.Method == "baseline-equal":
			out[i] = figure.Style{Color: figure.Muted, Dash: n + 1}
		case family == "lgl":
			out[i] = figure.Style{Color: n, Dash: n / 3}
		default:
			out[i] = figure.Style{Color: 3 + next["other"], Dash: 1 + next["other"]}
			next["other"]++
		}
	}
	return out
}

// figure3 is figure 3, on the runs of table 1.
func figure3() Experiment {
	return Experiment{
		Name: "figure3", Short: "Plot accuracy per epoch once all classes are in: figure 3",
		Long: `Figure 3 (section 5.2): test accuracy after every epoch in which all classes are in,
that is from LGL's last stage on, and from the start of all others. It draws the runs
of table 1, and trains those that are missing.`,
		Data: images,
		Suite: func(s Setup) Suite {
			return Suite{Title: s.heading("Figure 3"), Cells: s.table1Suite().Cells}
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
