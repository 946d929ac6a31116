package report

import (
	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/record"
)

// Series is a measure of one method over the epochs in which all classes are active: from the
// start of LGL's last stage, from the first step of a baseline. The paper's figure 3 plots it.
type Series struct {
	Label  string
	Method string    // as in record.RunStarted
	Runs   int       // behind the series
	Before float64   // mean number of samples trained on before, in epochs of all the data
	Epoch  []float64 // from 1
	Mean   []float64 // over the runs
	Low    []float64 // lowest and highest run
	High   []float64
}

// Finals measures f on the test set after every epoch in which all classes are active, for each
// method in the order of Table.
func Finals(runs []Run, f func(record.Accuracy) float64) []Series {
	var out []Series
	for _, g := range groups(runs) {
		c := average(g.runs, sinceAllIn(onTest(f)))
		out = append(out, Series{Label: g.label, Method: g.method, Runs: len(g.runs), Before: before(g.runs),
			Epoch: c.Epoch, Mean: c.Mean, Low: c.Low, High: c.High})
	}
	return out
}

// before is the mean over runs of the samples trained on before all classes were active, over
// the training samples.
func before(runs []Run) float64 {
	var epochs []float64
	for _, r := range runs {
		if i := r.allIn(); i >= 0 && r.Started.Data.Train > 0 {
			epochs = append(epochs, float64(startOf(r, i).samples)/float64(r.Started.Data.Train))
		}
	}
	if epochs == nil {
		return 0
	}
	return stat.Mean(epochs, nil)
}
