package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/run"
)

// report is `lgl report`.
func (a *app) report() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report RUN...",
		Short: "Print the table of runs, and write their curves as one HTML page",
		Long: `Print the table of the runs: one row for each method and set of settings, with mean
and spread over the seeds. With --out also write it, with the curves, as one HTML
page that opens without a network.`,
		Example: "  lgl report runs/*\n  lgl report demo/*/ --out report.html",
		Args:    someRuns,
	}
	page := addPage(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if err := page.fits(); err != nil {
			return err
		}
		runs, err := a.loadRuns(args)
		if err != nil {
			return err
		}
		if err := page.write(report.Page{Runs: runs}); err != nil {
			return err
		}
		return a.table(runs, page.out)
	}
	a.jsonFlag(cmd)
	return cmd
}

// pageFlags are those of a page of runs.
type pageFlags struct{ out, title string }

// usualTitle is the title of a page without --title.
const usualTitle = "lgl runs"

// addPage gives cmd --out and --title.
func addPage(cmd *cobra.Command) *pageFlags {
	p := new(pageFlags)
	cmd.Flags().StringVar(&p.out, "out", "", "write the page to `FILE`")
	cmd.Flags().StringVar(&p.title, "title", usualTitle, "title of the page")
	return p
}

// otherKinds are endings of files that are no page.
var otherKinds = []string{"svg", "png", "jpg", "jpeg", "gif", "pdf", "csv", "json", "txt", "md"}

// fits reports an --out that cannot be written, or that has the name of another kind of file than a page and those of pictures.
func (p *pageFlags) fits(pictures ...string) error {
	if kind := p.kind(); slices.Contains(otherKinds, kind) && !slices.Contains(pictures, kind) {
		kinds := append([]string{"html"}, pictures...)
		return failure.Usage(fmt.Errorf("--out %s: is no name of what is written; want one that ends in .%s", p.out, strings.Join(kinds, " or .")))
	}
	if page := p.out != "" && !slices.Contains(pictures, p.kind()); !page && p.title != usualTitle {
		return failure.Usage(fmt.Errorf("--title %q: is of a page; want --out FILE.html, too", p.title))
	}
	if p.out == "" {
		return nil
	}
	if err := run.OutsideRuns(p.out, filepath.Dir(p.out)); err != nil {
		return err
	}
	return fileFits(p.out)
}

// kind is the ending of --out.
func (p *pageFlags) kind() string {
	return strings.ToLower(strings.TrimPrefix(filepath.Ext(p.out), "."))
}

// write writes page, if it was asked for.
func (p *pageFlags) write(page report.Page) error {
	if p.out == "" {
		return nil
	}
	page.Title = p.title
	if err := page.WriteFile(p.out); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}

// loadRuns reads the runs in dirs. Of several a folder that is none, as runs/* may name one, is told of and left out; if all
// are, the first is the error.
func (a *app) loadRuns(dirs []string) (runs []report.Run, err error) {
	var others []string
	for _, dir := range dirs {
		r, fault := loadRun(dir)
		switch {
		case fault == nil:
			runs = append(runs, r)
		case len(dirs) > 1 && isOther(dir, fault):
			others, err = append(others, dir), cmp.Or(err, fault)
		default:
			return nil, fault
		}
	}
	if len(runs) == 0 {
		return nil, err
	}
	for _, dir := range others {
		a.say(dir + ": left out: it is " + run.OtherThanRun(dir))
	}
	return runs, nil
}

// loadRun reads the run in dir, and what became of it where it is not done.
func loadRun(dir string) (report.Run, error) {
	r, err := report.Load(dir)
	if err != nil {
		return r, noPage(dir, run.NoRun(dir, err))
	}
	if r.Status() != "done" {
		r.Life = run.Life(dir)
	}
	return r, nil
}

// isOther tells whether err, of reading a run, is that of a folder that is there, and is none.
func isOther(dir string, err error) bool {
	info, gone := os.Stat(dir)
	return gone == nil && info.IsDir() && errors.As(err, new(*report.NoRunError))
}

// noPage adds to err, of reading the run in dir, that the name is one of a page or picture, which has a flag.
func noPage(dir string, err error) error {
	if kind := strings.ToLower(filepath.Ext(dir)); kind != ".html" && kind != ".svg" && kind != ".png" {
		return err
	}
	return failure.Hint(err, "the page is written to --out %s", shell.Quoted(dir))
}

// tableResult is the JSON of a table.
type tableResult struct {
	Rows   []report.Row `json:"rows"`
	Notes  []string     `json:"notes"`
	Report string       `json:"report"` // the page, "" for none
}

// table prints the table of runs and where their page is.
func (a *app) table(runs []report.Run, page string) error {
	r := tableResult{report.Table(runs), report.Notes(runs), page}
	return a.result(r, func(w io.Writer) error {
		if err := report.WriteText(w, runs); err != nil {
			return err
		}
		if page != "" {
			_, err := fmt.Fprintf(w, "\n%s\n", page)
			return err
		}
		return nil
	})
}
