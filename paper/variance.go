package paper

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/report"
)

// variance tells apart what the spread of LGL's accuracy comes from.
func variance() Experiment {
	return Experiment{
		Name: "variance", Short: "Tell the spread by initial weights, data order and class order apart",
		Long: `How much top-1 of LGL(r,3) varies when one thing alone is drawn anew: the initial weights,
the order of the data (and the augmentation and the subset of the training images), or
the order of the classes. The paper's strategies differ by 0.3 points on one run each.`,
		Data:  images,
		Suite: Setup.varianceSuite,
		Result: func(_ context.Context, s Setup, runs []report.Run, _ Prober) (Result, error) {
			return Result{Tables: []report.Sheet{s.varianceTable(runs)}}, nil
		},
	}
}

// streams are the random streams of a run, and how a setting gives each a seed of its own.
var streams = []struct {
	name, words string
	set         func(*config.Config, uint64)
}{
	{"init", "initial weights", func(c *config.Config, seed uint64) { c.SeedInit = seed }},
	{"order", "data order", func(c *config.Config, seed uint64) { c.SeedOrder = seed }},
	{"classes", "class order", func(c *config.Config, seed uint64) { c.SeedClasses = seed }},
}

// variedStages are those of the LGL whose spread it is: three, if there are classes for these.
func (s Setup) variedStages() int { return min(3, len(s.Data.Classes)) }

// varianceSuite varies the seed of one stream at a time; the others stay at 1. The run with all of
// them at 1 belongs to each, and is trained once.
func (s Setup) varianceSuite() Suite {
	base, method := s.base(), lgl("random", s.variedStages())
	method.set(&base)
	suite := Suite{Title: s.heading("Variance"), Cells: []Cell{{method.name + "-s1", base}}}
	for _, stream := range streams {
		for seed := uint64(2); seed <= uint64(s.Seeds); seed++ {
			c := base
			stream.set(&c, seed)
			suite.Cells = append(suite.Cells, Cell{fmt.Sprintf("%s-%s%d", method.name, stream.name, seed), c})
		}
	}
	return suite
}

// varianceTable gives a row to each stream.
func (s Setup) varianceTable(runs []report.Run) report.Sheet {
	t := report.Sheet{
		Title: s.heading(fmt.Sprintf("Variance of LGL(r,%d)", s.variedStages())), Header: []string{"drawn anew", "n", "top-1 %", "spread", "lowest", "highest"},
		Notes: append([]string{"top-1: mean over n runs on the test set at the last epoch; spread: their sample standard deviation; " +
			"all else is the same in the runs of a row."}, report.Notes(runs)...),
		Data: [][]string{{"drawn_anew", "n", "top1", "top1_sd", "lowest", "highest"}},
	}
	for _, stream := range streams {
		var top1 []float64
		for _, r := range runs {
			if only(r, stream.name) {
				top1 = append(top1, 100**r.Ended.Top1Last)
			}
		}
		mean, sd := stat.MeanStdDev(top1, nil)
		spread, number := "n=1", ""
		if len(top1) > 1 {
			spread, number = fmt.Sprintf("±%.2f", sd), fmt.Sprintf("%.6g", sd/100)
		}
		lowest, highest := slices.Min(top1), slices.Max(top1)
		t.Rows = append(t.Rows, []string{stream.words, fmt.Sprint(len(top1)), fmt.Sprintf("%.2f", mean), spread, fmt.Sprintf("%.2f", lowest), fmt.Sprintf("%.2f", highest)})
		t.Data = append(t.Data, []string{stream.words, fmt.Sprint(len(top1)), fmt.Sprintf("%.6g", mean/100), number, fmt.Sprintf("%.6g", lowest/100), fmt.Sprintf("%.6g", highest/100)})
	}
	return t
}

// only tells whether no stream but the named one has another seed than 1.
func only(r report.Run, name string) bool {
	for stream, seed := range r.Started.Seeds {
		if stream != name && seed != 1 {
			return false
		}
	}
	return true
}
