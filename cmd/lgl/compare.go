package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/report/figure"
)

// compareRuns is `lgl compare`.
func (a *app) compareRuns() *cobra.Command {
	out, title := "", ""
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
		RunE: func(_ *cobra.Command, args []string) error {
			runs, err := loadRuns(args)
			if err != nil {
				return err
			}
			methods, differences, settings := report.Compare(runs)
			pairs := report.Pairs(runs)
			if out != "" {
				if err := writeComparison(out, title, runs, pairs, []report.Sheet{differences, settings}); err != nil {
					return fmt.Errorf("--out: %w", err)
				}
			}
			return a.printSheets([]report.Sheet{methods, differences, settings}, comparison{report.Table(runs), pairs, settings, out})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write the page, or the picture, to `FILE`")
	cmd.Flags().StringVar(&title, "title", "lgl runs", "title of the page")
	a.jsonFlag(cmd)
	return cmd
}

// comparison is the JSON of `lgl compare`.
type comparison struct {
	Rows     []report.Row  `json:"rows"` // as of `lgl report`
	Pairs    []report.Pair `json:"pairs"`
	Settings report.Sheet  `json:"settings"`
	Report   string        `json:"report"` // the page or picture, "" for none
}

// writeComparison writes the page, or where path is one of a picture that alone.
func writeComparison(path, title string, runs []report.Run, pairs []report.Pair, sheets []report.Sheet) error {
	f := report.Differences(pairs)
	format := strings.TrimPrefix(filepath.Ext(path), ".")
	if slices.Contains(figure.Formats(), format) {
		if f == nil {
			return fmt.Errorf("%s: no two methods were tested on the same data with a common seed: there is no difference to draw", path)
		}
		return atomicfile.Write(path, func(w io.Writer) error { return f.Write(w, format) })
	}
	page := report.Page{Title: title, Runs: runs, Sheets: sheets}
	if f != nil {
		var png bytes.Buffer
		if err := f.Write(&png, "png"); err != nil {
			return err
		}
		page.Pictures = []report.Picture{{
			Title: "Differences from " + pairs[0].A + ". The intervals are not adjusted for how many there are.",
			Alt:   "A line for each method: by how much its top-1 is above that of the first, with the interval.", PNG: png.Bytes(),
		}}
	}
	return page.WriteFile(path)
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
