package paper

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/report/figure"
)

// images are the data sets of tables 1 to 3 and figure 3, and what can stand for them.
var images = [][]string{{"cifar10", "fashion-mnist"}, {"cifar100", "glyphs"}}

// ofMethods makes of e an experiment on images that has a row for each of the methods.
func (e Experiment) ofMethods(what string, methods func(Setup) []method) Experiment {
	e.Data = images
	e.Suite = func(s Setup) Suite { return Suite{Title: s.heading(what), Cells: s.cells(s.base(), methods(s))} }
	e.Result = func(_ context.Context, s Setup, runs []report.Run, _ Prober) (Result, error) {
		return s.methodResult(what, runs), nil
	}
	return e
}

// methodResult is the table of methods in top-1, with a figure of the same numbers.
func (s Setup) methodResult(what string, runs []report.Run) Result {
	var papers map[string]float64
	if s.Data.isPublished() {
		papers = published[s.Data.stands()]
	}
	t := report.Results(runs)
	t.Title = s.heading(what)
	s.addPublished(&t, s.Data.stands())
	t.Notes = append(t.Notes, s.scaleNote(s.base()))
	return Result{
		Tables: []report.Sheet{t},
		Figure: &figure.Figure{Columns: 1, Panels: []figure.Panel{s.rowsPanel(what, runs, papers)}, Width: rowsWidth, Height: rowsHeight(len(t.Rows))},
		Alt:    "A row of dots for each method, one dot a seed, with mean and standard deviation of top-1.",
	}
}

// rowsPanel draws top-1 of every method, and the paper's by label, nil for none.
func (s Setup) rowsPanel(what string, runs []report.Run, papers map[string]float64) figure.Panel {
	p := figure.Panel{Title: s.heading(what), X: "top-1 (%): a dot a seed, mean ± standard deviation"}
	if papers != nil {
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
		if v, ok := ofPaper(papers, r.Label); ok {
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

// Sizes of a figure of rows.
const rowsWidth = 16 * vg.Centimeter

// rowsHeight is that of a panel with so many rows.
func rowsHeight(rows int) vg.Length { return vg.Length(2.6+.65*float64(rows)) * vg.Centimeter }

// with returns the runs in which a setting has a value.
func with(runs []report.Run, key string, value any) []report.Run {
	return slices.DeleteFunc(slices.Clone(runs), func(r report.Run) bool {
		return fmt.Sprint(r.Started.Config[key]) != fmt.Sprint(value)
	})
}
