// Package toy generates the data of Cheng et al.'s figure 2: three classes of two-dimensional
// Gaussians with identity covariance, equally likely, their means on a circle around the origin,
// 120 degrees apart. On such data the best possible error is known.
package toy

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/seed"
)

// Layout says how far the means are from the origin.
type Layout string

// The layouts: Separated is sub-figure (g), with 7 deviations between two means; Overlap is (i),
// with 2.
const (
	Separated Layout = "separated"
	Overlap   Layout = "overlap"
)

// classes is the number of classes.
const classes = 3

// radius returns the distance of the means from the origin, or 0 for an unknown layout. Two means
// are sqrt(3) times as far from each other.
func (l Layout) radius() float64 {
	switch l {
	case Separated:
		return 7 / math.Sqrt(3)
	case Overlap:
		return 2 / math.Sqrt(3)
	}
	return 0
}

// Means returns the three means (x, y): class k is at an angle of 90 + 120 k degrees.
func (l Layout) Means() [classes][2]float64 {
	var means [classes][2]float64
	for k := range means {
		angle := math.Pi/2 + 2*math.Pi/classes*float64(k)
		means[k] = [2]float64{l.radius() * math.Cos(angle), l.radius() * math.Sin(angle)}
	}
	return means
}

// BayesError returns the error of the best classifier, which takes the nearest mean. That is the
// symbol error rate of three-phase shift keying with radius R and unit noise in each dimension;
// by Craig's formula (MILCOM 1991), with M = 3,
//
//	1/pi * integral over t from 0 to pi - pi/M of exp(-R^2/2 sin^2(pi/M) / sin^2(t)) dt,
//
// which Simpson's rule integrates here to about ten digits.
func (l Layout) BayesError() float64 {
	const steps = 1000 // even
	end := math.Pi - math.Pi/classes
	reach := l.radius() * math.Sin(math.Pi/classes)
	f := func(t float64) float64 { return math.Exp(-reach * reach / 2 / (math.Sin(t) * math.Sin(t))) }
	sum := f(end) // f(0) is 0, the limit of exp(-1/t^2)
	for i := 1; i < steps; i++ {
		sum += float64(2+2*(i%2)) * f(end*float64(i)/steps)
	}
	return sum * end / steps / 3 / math.Pi
}

// BayesLoss returns the least mean cross-entropy that a classifier can have, in nats, that of the
// true posterior p(y|x):
//
//	H(Y|X) = integral over x of -sum_y p(x, y) log p(y|x).
//
// The trapezoid rule on a grid that reaches 9 deviations beyond the means gives it to about ten
// digits: for smooth functions that vanish at the ends its error falls exponentially with the step.
func (l Layout) BayesLoss() float64 {
	const step = 0.1
	reach := math.Ceil((l.radius() + 9) / step)
	means := l.Means()
	sum := 0.0
	for i := -reach; i <= reach; i++ {
		for j := -reach; j <= reach; j++ {
			sum += entropyDensity(means, step*i, step*j)
		}
	}
	return sum * step * step
}

// entropyDensity returns -sum_y p(x, y) log p(y|x) at a point. With s_y = -|x - m_y|^2/2,
// p(x, y) = exp(s_y) / (2 pi M), and log p(y|x) = s_y - log sum_j exp(s_j).
func entropyDensity(means [classes][2]float64, x, y float64) float64 {
	var s [classes]float64
	largest := math.Inf(-1)
	for k, m := range means {
		s[k] = -((x-m[0])*(x-m[0]) + (y-m[1])*(y-m[1])) / 2
		largest = max(largest, s[k])
	}
	sum := 0.0
	for _, v := range s {
		sum += math.Exp(v - largest)
	}
	logSum, density := largest+math.Log(sum), 0.0
	for _, v := range s {
		density -= math.Exp(v) * (v - logSum)
	}
	return density / (2 * math.Pi * classes)
}

// Source is a generated set in memory: samples (x, y) of shape [2], classes "0", "1" and "2" in
// turn.
type Source struct{ points [][2]float32 }

var _ data.Source = (*Source)(nil)

// Generate draws a training and a test set with so many samples of each class. The same seed
// gives the same sets, and a set is the same whatever the size of the other.
func Generate(l Layout, train, test int, s uint64) (*Source, *Source, error) {
	if l.radius() == 0 {
		return nil, nil, fmt.Errorf("toy layout %q; want %s or %s", l, Separated, Overlap)
	}
	if train < 1 || test < 1 {
		return nil, nil, fmt.Errorf("toy data of %d training and %d test samples a class; want at least 1", train, test)
	}
	return l.draw(train, seed.Stream(s, "toy", 0)), l.draw(test, seed.Stream(s, "toy", 1)), nil
}

// draw returns a set with n samples of each class.
func (l Layout) draw(n int, r *rand.Rand) *Source {
	means := l.Means()
	points := make([][2]float32, classes*n)
	for i := range points {
		m := means[i%classes]
		points[i] = [2]float32{float32(m[0] + r.NormFloat64()), float32(m[1] + r.NormFloat64())}
	}
	return &Source{points}
}

// Len returns the number of samples.
func (s *Source) Len() int { return len(s.points) }

// Classes returns "0", "1", "2".
func (s *Source) Classes() []string { return []string{"0", "1", "2"} }

// Shape returns [2].
func (s *Source) Shape() []int { return []int{2} }

// Label returns the class of sample i.
func (s *Source) Label(i int) int { return i % classes }

// Sample writes x and y of sample i. It never fails.
func (s *Source) Sample(i int, dst []float32) error {
	copy(dst, s.points[i][:])
	return nil
}
