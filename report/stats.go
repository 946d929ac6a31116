package report

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Diff is the mean of paired differences and what a paired t test says of it.
type Diff struct {
	N    int     `json:"n"`    // pairs: seeds that both methods finished
	Mean float64 `json:"mean"` // of the differences in top-1, as shares
	// Low, High and P are the ends of the 95% t interval of the mean, and the two-sided p value
	// of "the mean is 0"; nil when N < 3, and where all differences are alike: they have no spread to tell chance by, as
	// small test sets give few different accuracies.
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	P    *float64 `json:"p"`
}

// Significant tells whether the 95% interval leaves out 0.
func (d Diff) Significant() bool { return d.Low != nil && (*d.Low > 0 || *d.High < 0) }

// untested says why there is no interval; "" where there is one.
func (d Diff) untested() string {
	switch {
	case d.Low != nil:
		return ""
	case d.N < 3:
		return "n too small"
	}
	return noSpread
}

// noSpread stands for the interval of differences that are all alike.
const noSpread = "no spread"

// Paired is what a has more than b in the mean, paired by their common keys, the seeds; nil without one.
func Paired(a, b map[string]float64) *Diff {
	var differences []float64
	for _, seed := range sortedKeys(a) {
		if v, ok := b[seed]; ok {
			differences = append(differences, a[seed]-v)
		}
	}
	if differences == nil {
		return nil
	}
	return pairedT(differences)
}

// pairedT returns the paired Student's t interval over the differences, at least one.
func pairedT(differences []float64) *Diff {
	n := len(differences)
	d := &Diff{N: n, Mean: stat.Mean(differences, nil)}
	const rounding = 1e-9 // of accuracies that are alike
	if n < 3 || slices.Max(differences)-slices.Min(differences) < rounding {
		return d
	}
	t := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}
	stdErr := stat.StdDev(differences, nil) / math.Sqrt(float64(n))
	half := t.Quantile(0.975) * stdErr
	low, high, p := d.Mean-half, d.Mean+half, 2*t.Survival(math.Abs(d.Mean)/stdErr)
	d.Low, d.High, d.P = &low, &high, &p
	return d
}

// meanOf is the mean of f over runs, which must not be empty.
func meanOf(runs []Run, f func(Run) float64) float64 { return stat.Mean(valuesOf(runs, f), nil) }

// valuesOf returns f of every run.
func valuesOf(runs []Run, f func(Run) float64) []float64 {
	out := make([]float64, len(runs))
	for i, r := range runs {
		out[i] = f(r)
	}
	return out
}
