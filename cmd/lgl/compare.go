package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/report"
)

// compare is `lgl compare`.
func (a *app) compare() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare RUN...",
		Short: "Print each method's top-1, paired differences, and the settings that differ",
		Long: `Print the top-1 and the cost of every method of the runs, with mean and spread over the
seeds; the paired differences between every two: the mean difference in top-1 over their
common seeds, its 95% t interval, and what it shows once adjusted for the number of
comparisons (Holm); below, the settings in which the methods differ. With --out also
write all that, with the curves and a picture of the differences from the first method,
as one HTML page; or, to a file.svg or file.png, the picture alone.`,
		Example: "  lgl compare runs/*\n  lgl compare demo/*/ --out compare.html\n  lgl compare demo/*/ --out compare.svg",
		Args:    someRuns,
	}
	page := addPage(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if err := page.fits("svg", "png"); err != nil {
			return err
		}
		runs, err := a.loadRuns(args)
		if err != nil {
			return err
		}
		c := comparison{report.Compare(runs), page.out}
		if err := page.writeComparison(c.Comparison, runs); err != nil {
			return err
		}
		return a.printSheets([]report.Sheet{c.Methods, c.Differences, c.Settings}, c)
	}
	a.jsonFlag(cmd)
	return cmd
}

// comparison is the JSON of `lgl compare`.
type comparison struct {
	report.Comparison
	Report string `json:"report"` // the page or picture, "" for none
}

// writeComparison writes, if it was asked for, the page of runs, with a picture of their differences, or where the file is named as
// one the picture alone.
func (p *pageFlags) writeComparison(c report.Comparison, runs []report.Run) error {
	if p.out == "" {
		return nil
	}
	format := p.kind()
	if format != "svg" && format != "png" {
		pictures, err := report.Pictured(c.Rows, c.Pairs)
		if err != nil {
			return err
		}
		return p.write(report.Page{Runs: runs, Pictures: pictures, Sheets: []report.Sheet{c.Differences, c.Settings}})
	}
	f := report.Differences(c.Rows, c.Pairs)
	if f == nil {
		return fmt.Errorf("--out: %s: no two methods were tested on the same data with a common seed: there is no difference to draw", p.out)
	}
	if err := atomicfile.Write(p.out, func(w io.Writer) error { return f.Write(w, format) }); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}

// printSheets prints sheets, or v with --json.
func (a *app) printSheets(sheets []report.Sheet, v any) error {
	return a.result(v, func(w io.Writer) error {
		for i, s := range sheets {
			if i > 0 {
				if _, err := fmt.Fprintln(w); err != nil {
					return err
				}
			}
			if err := s.WriteText(w); err != nil {
				return err
			}
		}
		return nil
	})
}
