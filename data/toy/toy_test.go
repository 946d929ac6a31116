package toy

import (
	"math"
	"math/rand/v2"
	"testing"
)

// nearest returns the class with the nearest mean.
func nearest(means [3][2]float64, x, y float64) int {
	best, at := math.Inf(1), -1
	for k, m := range means {
		if d := math.Hypot(x-m[0], y-m[1]); d < best {
			best, at = d, k
		}
	}
	return at
}

// TestBayesError compares with a Monte Carlo estimate of the nearest-mean rule's error, to four
// standard errors of the estimate; the seed is fixed.
func TestBayesError(t *testing.T) {
	const draws = 1_000_000
	for _, l := range []Layout{Separated, Overlap} {
		r := rand.New(rand.NewPCG(1, 2))
		means, wrong := l.Means(), 0
		for i := range draws {
			m := means[i%3]
			if nearest(means, m[0]+r.NormFloat64(), m[1]+r.NormFloat64()) != i%3 {
				wrong++
			}
		}
		want, got := float64(wrong)/draws, l.BayesError()
		if tolerance := 4 * math.Sqrt(want/draws); math.Abs(got-want) > tolerance {
			t.Errorf("%s: %.6f; Monte Carlo says %.6f +- %.6f", l, got, want, tolerance)
		}
	}
}

// TestBayesLoss compares with a Monte Carlo estimate of the mean of -log p(y|x), to four of its
// standard errors, and with what must hold for any two classifiers: error/log 2 is at most the loss
// in bits of the best one (Hellman and Raviv 1970: error <= H(Y|X)/2 bits).
func TestBayesLoss(t *testing.T) {
	const draws = 1_000_000
	for _, l := range []Layout{Separated, Overlap} {
		r := rand.New(rand.NewPCG(3, 4))
		means, sum, squares := l.Means(), 0.0, 0.0
		for i := range draws {
			x, y, all := means[i%3][0]+r.NormFloat64(), means[i%3][1]+r.NormFloat64(), 0.0
			for _, m := range means {
				all += math.Exp(-math.Pow(math.Hypot(x-m[0], y-m[1]), 2) / 2)
			}
			loss := math.Log(all) + math.Pow(math.Hypot(x-means[i%3][0], y-means[i%3][1]), 2)/2
			sum, squares = sum+loss, squares+loss*loss
		}
		mean := sum / draws
		tolerance := 4 * math.Sqrt((squares/draws-mean*mean)/draws)
		if got := l.BayesLoss(); math.Abs(got-mean) > tolerance || l.BayesError() > got/math.Ln2/2 {
			t.Errorf("%s: %.6f; Monte Carlo says %.6f +- %.6f", l, got, mean, tolerance)
		}
	}
}

// TestBayesAgainstSciPy compares with other integrals, made in Python: the error by scipy.integrate.quad of
//
//	1 - integral over x > 0 of phi(x - R) (2 Phi(sqrt(3) x) - 1) dx,
//
// what a class has in its wedge of 120 degrees; the loss by NumPy's sum of -p(x, y) log p(y|x) over a grid of step 0.02.
func TestBayesAgainstSciPy(t *testing.T) {
	for l, want := range map[Layout][2]float64{Separated: {4.578813729081e-4, 1.3371791081e-3}, Overlap: {0.2547964131533, 0.60806406863}} {
		if e, h := l.BayesError(), l.BayesLoss(); math.Abs(e/want[0]-1) > 1e-9 || math.Abs(h/want[1]-1) > 1e-9 {
			t.Errorf("%s: error %.13g, loss %.11g; want %.13g, %.11g", l, e, h, want[0], want[1])
		}
	}
}

// TestBayesErrorBounds: the error is at least that between two of the classes, at most twice it:
// Q(d/2) <= error <= 2 Q(d/2) for means d apart.
func TestBayesErrorBounds(t *testing.T) {
	for l, d := range map[Layout]float64{Separated: 7, Overlap: 2} {
		q := math.Erfc(d/2/math.Sqrt2) / 2
		if e := l.BayesError(); e < q || e > 2*q {
			t.Errorf("%s: %v; want %v..%v", l, e, q, 2*q)
		}
	}
}

func TestGenerate(t *testing.T) {
	for _, l := range []Layout{Separated, Overlap} {
		train, test, err := Generate(l, 4000, 1000, 7)
		if err != nil || train.Len() != 12000 || test.Len() != 3000 {
			t.Fatal(l, train.Len(), test.Len(), err)
		}
		var count [3]int
		var sum, square [3][2]float64
		x := make([]float32, 2)
		for i := range train.Len() {
			k := train.Label(i)
			if err := train.Sample(i, x); err != nil {
				t.Fatal(err)
			}
			count[k]++
			for j, v := range x {
				d := float64(v) - l.Means()[k][j]
				sum[k][j] += d
				square[k][j] += d * d
			}
		}
		for k := range count {
			for j := range 2 {
				// standard errors: 1/sqrt(4000) = 0.016 and sqrt(2/4000) = 0.022
				if mean, variance := sum[k][j]/4000, square[k][j]/4000; count[k] != 4000 || math.Abs(mean) > .064 || math.Abs(variance-1) > .09 {
					t.Errorf("%s, class %d: %d samples, mean off by %.3f, variance %.3f", l, k, count[k], mean, variance)
				}
			}
		}
	}
}

func TestSeeds(t *testing.T) {
	a, at, _ := Generate(Overlap, 10, 5, 1)
	b, bt, _ := Generate(Overlap, 10, 7, 1)
	c, _, _ := Generate(Overlap, 10, 5, 2)
	if a.points[29] != b.points[29] || at.points[14] != bt.points[14] {
		t.Error("one seed gave two sets")
	}
	if a.points[0] == c.points[0] || a.points[0] == at.points[0] {
		t.Error("another seed, or the test set, repeats the training set")
	}
}

func TestGenerateRefuses(t *testing.T) {
	if _, _, err := Generate("round", 1, 1, 1); err == nil {
		t.Error("unknown layout: no error")
	}
	if _, _, err := Generate(Overlap, 0, 1, 1); err == nil {
		t.Error("no samples: no error")
	}
}
