package mix

import (
	"math"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/internal/seed"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// 20,000 draws have the mean 1/2 and the variance 1 / (4 (2a + 1)) of Beta(a, a), and their
// distribution function is nowhere further from gonum's than Kolmogorov's test allows at p = 0.001.
func TestBeta(t *testing.T) {
	const n = 20_000
	for _, a := range []float64{0.05, 0.2, 0.4, 1, 2, 32, 1000} {
		r := seed.Stream(5, "beta")
		draws := make([]float64, n)
		for i := range draws {
			draws[i] = beta(a, r)
		}
		mean, variance := stat.MeanVariance(draws, nil)
		want := 1 / (4 * (2*a + 1))
		if off := math.Abs(mean-0.5) / math.Sqrt(want/n); off > 3.5 {
			t.Errorf("alpha %v: mean %v is %.1f standard errors from 1/2", a, mean, off)
		}
		if math.Abs(variance-want) > 0.04*want {
			t.Errorf("alpha %v: variance %v; want %v", a, variance, want)
		}
		if d := distance(draws, distuv.Beta{Alpha: a, Beta: a}.CDF); d > 1.95/math.Sqrt(n) {
			t.Errorf("alpha %v: the distribution is off by %v", a, d)
		}
	}
}

// distance is the largest difference between the draws' distribution function and cdf, before and
// behind each value: with a small alpha many draws are 1 in float64.
func distance(draws []float64, cdf func(float64) float64) (d float64) {
	slices.Sort(draws)
	n := float64(len(draws))
	for i, x := range draws {
		if i == 0 || draws[i-1] < x {
			d = max(d, math.Abs(cdf(math.Nextafter(x, -1))-float64(i)/n))
		}
		if i == len(draws)-1 || draws[i+1] > x {
			d = max(d, math.Abs(float64(i+1)/n-cdf(x)))
		}
	}
	return d
}

// The smallest alpha that there is gives 0 or 1, one as often as the other, and never NaN.
func TestBetaOfAlmostNothing(t *testing.T) {
	for _, a := range []float64{math.SmallestNonzeroFloat64, 1e-300, 1e-20} {
		r, ones := seed.Stream(6, "beta"), 0
		for range 1000 {
			switch beta(a, r) {
			case 1:
				ones++
			case 0:
			default:
				t.Fatalf("alpha %v: neither 0 nor 1", a)
			}
		}
		if ones < 430 || ones > 570 {
			t.Errorf("alpha %v: %d of 1000 are 1", a, ones)
		}
	}
}
