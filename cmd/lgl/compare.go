package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/report"
)

// compareRuns is `lgl compare`.
func (a *app) compareRuns() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compare RUN...",
		Short: "Print each method's top-1, paired differences, and the settings that differ",
		Long: `Print the top-1 and the cost of every method of the runs, with mean and spread over the
seeds; the paired differences between every two: the mean difference in top-1 over their
common seeds, its 95% t interval, and what it shows once adjusted for the number of
comparisons (Holm); below, the settings in which the methods differ. With --out also
write all that, with the curves, as one HTML page.`,
		Example: "  lgl compare runs/*\n  lgl compare demo/*/ --out compare.html",
		Args:    someRuns,
	}
	page := addPage(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		runs, err := loadRuns(args)
		if err != nil {
			return err
		}
		methods, differences, settings := report.Compare(runs)
		if err := page.write(runs, differences, settings); err != nil {
			return err
		}
		return a.printSheets([]report.Sheet{methods, differences, settings}, comparison{report.Table(runs), report.Pairs(runs), settings, page.out})
	}
	a.jsonFlag(cmd)
	return cmd
}

// comparison is the JSON of `lgl compare`.
type comparison struct {
	Rows     []report.Row  `json:"rows"` // as of `lgl report`
	Pairs    []report.Pair `json:"pairs"`
	Settings report.Sheet  `json:"settings"`
	Report   string        `json:"report"` // the page, "" for none
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
