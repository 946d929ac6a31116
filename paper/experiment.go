package paper

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/report/figure"
)

// Experiment is one figure or table of the paper.
type Experiment struct {
	Name  string // "table1"
	Short string // what it shows, in a line
	Long  string // the same in full, for its help
	// Data names, for each data set of the paper's, those that can stand for it, the paper's own
	// first; nil for an experiment that has its data built in.
	Data [][]string
	// Of an experiment on pictures in folders, which has no Data: how to get the paper's, the size to
	// which pictures are brought at a scale, and the names of the networks.
	Wanted   string
	Pictures func(scale string) int
	Models   []string
	Seeds    int    // where none are asked for; 0: 3
	Example  string // of its help, where it is not as that of others
	// Suite lists the runs; Result reads them, once all are finished.
	Suite  func(Setup) Suite
	Result func(context.Context, Setup, []report.Run, Prober) (Result, error)
}

// Setup is what an experiment is to be run on.
type Setup struct {
	Data    Data
	Scale   string   // full, small or tiny
	Seeds   int      // 1 or more
	Models  []string // of Experiment.Models; nil: all
	Trained [][]int  // table 2: lists of classes; nil: Data's default
}

// Data is a data set as far as an experiment must know it.
type Data struct {
	Arg     string   // of --data
	Name    string   // for people and files
	Classes []string // their names
	Train   int      // training samples
	// Pictures is their data.Fingerprint, "" for data that are no pictures in folders.
	Pictures string
}

// Result is what an experiment shows.
type Result struct {
	Tables []report.Sheet // the first is the experiment's own
	Figure *figure.Figure // nil for none
	Alt    string         // what the figure shows, in words
}

// Files are those that WriteFiles writes at most, but for a second table, under names that begin with path.
func Files(path string) []string {
	return []string{path + ".md", path + ".csv", path + ".svg", path + ".png", path + ".html"}
}

// WriteFiles writes the tables, the figure and the page of r beside each other, each whole or not at all, under names that
// begin with path, and returns these.
func (r Result) WriteFiles(path, title string, runs []report.Run) (files []string, err error) {
	write := func(name string, do func(io.Writer) error) {
		if err == nil {
			err = atomicfile.Write(name, do)
			files = append(files, name)
		}
	}
	for i, t := range r.Tables {
		base := path
		if i > 0 {
			base += "-more"
		}
		write(base+".md", t.WriteMarkdown)
		write(base+".csv", t.WriteCSV)
	}
	page := report.Page{Title: title, Runs: runs, Sheets: r.Tables}
	if r.Figure != nil {
		var png bytes.Buffer
		write(path+".svg", func(w io.Writer) error { return r.Figure.Write(w, "svg") })
		write(path+".png", func(w io.Writer) error { return r.Figure.Write(io.MultiWriter(w, &png), "png") })
		page.Pictures = []report.Picture{{Title: title, Alt: r.Alt, PNG: png.Bytes()}}
	}
	write(path+".html", page.Write)
	return files, err
}

// Prober asks about a finished run what its record does not hold.
type Prober interface {
	// Entropies returns H(T|X_{i}) in nats of every class i, over all its training samples, under
	// the run's last weights, the softmax renormalised over its active classes.
	Entropies(ctx context.Context, dir string) ([]float64, error)
	// Samples returns the training samples of the run, with their losses under its last weights.
	Samples(ctx context.Context, dir string) ([]Sample, error)
}

// Sample is a training sample.
type Sample struct {
	X     []float32
	Label int
	Loss  float64 // cross-entropy in nats
}

// Experiments returns the paper's experiments, in its order.
func Experiments() []Experiment {
	return []Experiment{toyExperiment(), table1(), figure3(), table2(), table3(), table4(), protocols(), variance()}
}

// ResultName is how the names of the files of a result begin.
func (e Experiment) ResultName(s Setup) string {
	if e.Data == nil && e.Pictures == nil {
		return s.Folder()
	}
	return e.Name + "-" + s.Folder()
}

// Folder names the directory, below that of all results, that the runs share: experiments on the
// same data at the same scale share their runs.
func (s Setup) Folder() string { return s.Data.Name + "-" + s.Scale }

// heading is the title of an experiment's table.
func (s Setup) heading(what string) string {
	return fmt.Sprintf("%s: %s, scale %s", what, s.Data.Name, s.Scale)
}

// stands names the paper's data set whose numbers stand beside those of d: the one with about as
// many classes.
func (d Data) stands() string {
	if len(d.Classes) >= 50 {
		return "CIFAR-100"
	}
	return "CIFAR-10"
}

// isPublished tells whether d is the paper's own data set.
func (d Data) isPublished() bool { return slices.Contains([]string{"cifar10", "cifar100"}, d.Name) }
