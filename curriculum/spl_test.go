package curriculum

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// lossProbe knows the losses of the samples, fresh and as last seen, and counts forward passes.
type lossProbe struct {
	Probe
	fresh, last []float64
	forwarded   int
}

func (p *lossProbe) Losses(_ context.Context, samples []int) ([]float64, error) {
	p.forwarded += len(samples)
	losses := make([]float64, len(samples))
	for i, s := range samples {
		losses[i] = p.fresh[s]
	}
	return losses, nil
}

func (p *lossProbe) LastLosses() []float64 { return p.last }

// firstEpoch returns the choice of c for its first epoch by the given losses.
func firstEpoch(t *testing.T, c SelfPaced, losses []float64, labels []int) Stage {
	t.Helper()
	s, err := c.Next(t.Context(), labels, nil, &lossProbe{fresh: losses})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// randomLosses returns losses as a network has them, many small and some large, and labels of k
// classes.
func randomLosses(r *rand.Rand, n, k int) (losses []float64, labels []int) {
	for i := range n {
		losses = append(losses, math.Exp(2*r.NormFloat64()))
		labels = append(labels, (i*7+i/k)%k)
	}
	for c := range k { // every class has a sample
		labels[c] = c
	}
	return losses, labels
}

// objective is equation (1) with f of equation (2), or with gamma > 0 of equation (3), for 0/1
// weights; groups are the classes.
func objective(v []bool, losses []float64, labels []int, lambda, gamma float64) float64 {
	sum := 0.0
	groups := map[int]float64{} // squared 2-norm
	for i, in := range v {
		if in {
			sum += losses[i] - lambda
			groups[labels[i]]++
		}
	}
	for _, square := range groups {
		sum -= gamma * math.Sqrt(square)
	}
	return sum
}

// least returns the minimum of the objective over all v in {0,1}^n.
func least(losses []float64, labels []int, lambda, gamma float64) float64 {
	best := math.Inf(1)
	v := make([]bool, len(losses))
	for code := range 1 << len(losses) {
		for i := range v {
			v[i] = code>>i&1 == 1
		}
		best = min(best, objective(v, losses, labels, lambda, gamma))
	}
	return best
}

// chosen are the samples with a weight.
func chosen(s Stage, n int) (v []bool, count int) {
	v = make([]bool, n)
	for i := range v {
		v[i] = s.Weights == nil || s.Weights[i] > 0
		if v[i] {
			count++
		}
	}
	return v, count
}

// What is chosen minimises equation (1) over all 2^n choices, for the lambda and gamma that the
// stage names: the quantile pace finds such for any share, and the pace baseline-loss uses its own.
func TestChoiceMinimisesEquation1(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	own := 0
	for range 600 {
		n, k := 4+r.IntN(7), 2+r.IntN(2)
		losses, labels := randomLosses(r, n, k)
		c := SelfPaced{Rule: []Rule{Easy, Inverse, Diverse}[r.IntN(3)], Weighting: Hard, Epochs: 4, Batch: 1, Classes: k,
			Gamma: 2 * r.Float64(), Pace: Pace{Start: 0.05 + 0.9*r.Float64(), Full: 0.5}}
		want := max(1, int(math.Round(c.Pace.Start*float64(n))))
		lambda := 0.0
		if r.IntN(2) == 0 {
			lambda = losses[r.IntN(n)] * (0.5 + r.Float64())
			c.Pace.Start, c.Pace.Baseline = 0.001, []float64{lambda, lambda}
		}
		s := firstEpoch(t, c, losses, labels)
		v, count := chosen(s, n)
		if s.Lambda == nil {
			if count != n {
				t.Fatalf("%+v: no lambda, and %d of %d samples chosen", c, count, n)
			}
			continue
		}
		gamma := 0.0
		if c.Rule == Diverse {
			gamma = c.Gamma * math.Sqrt(float64(n)/float64(k)) * *s.Lambda
			if math.Abs(*s.Gamma-gamma) > 1e-12*gamma {
				t.Fatalf("gamma %v; want %v", *s.Gamma, gamma)
			}
		}
		if c.Pace.Baseline != nil && *s.Lambda == lambda {
			own++
		}
		if c.Pace.Baseline == nil && count != want {
			t.Fatalf("%+v: %d of %d samples; want %d", c, count, n, want)
		}
		costs, bound := losses, *s.Lambda
		if c.Rule == Inverse { // the same equation with losses and lambda mirrored
			hardest := slices.Max(losses)
			costs = make([]float64, n)
			for i, l := range losses {
				costs[i] = hardest - l
			}
			bound = hardest - bound
		}
		got, best := objective(v, costs, labels, bound, gamma), least(costs, labels, bound, gamma)
		if got > best+1e-9*math.Abs(best) {
			t.Fatalf("%+v\nlosses %v of classes %v, lambda %v, gamma %v: chose %v, objective %v; the least is %v", c, losses, labels, *s.Lambda, gamma, v, got, best)
		}
	}
	if own < 100 {
		t.Errorf("the pace's own lambda was used %d times; this shows too little", own)
	}
}

// The soft weights minimise v L + f(v; lambda) over a fine grid of v in [0,1], f as published by
// Jiang et al. 2014; log in the unit of losses in which lambda is 1/2.
func TestSoftWeightsMinimiseTheirFunction(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	linear := func(v, lambda float64) float64 { return lambda * (v*v/2 - v) }
	logarithmic := func(v, lambda float64) float64 {
		z := 1 - lambda
		return z*v - math.Pow(z, v)/math.Log(z)
	}
	const grid = 4000
	minimiser := func(loss, lambda float64, f func(v, lambda float64) float64) float64 {
		best, at := math.Inf(1), 0.0
		for i := range grid + 1 {
			v := float64(i) / grid
			if cost := v*loss + f(v, lambda); cost < best {
				best, at = cost, v
			}
		}
		return at
	}
	for range 40 {
		losses, labels := randomLosses(r, 12, 3)
		c := SelfPaced{Weighting: Linear, Rule: []Rule{Easy, Inverse}[r.IntN(2)], Epochs: 4, Batch: 1, Classes: 3, Pace: Pace{Start: 0.1 + 0.8*r.Float64(), Full: 0.5}}
		for _, c.Weighting = range []Weighting{Linear, Log} {
			s := firstEpoch(t, c, losses, labels)
			for i, loss := range losses {
				lambda := *s.Lambda
				if hardest := slices.Max(losses); c.Rule == Inverse {
					loss, lambda = hardest-loss, hardest-lambda
				}
				want := minimiser(loss, lambda, linear)
				if c.Weighting == Log {
					want = minimiser(loss/(2*lambda), 0.5, logarithmic)
				}
				if math.Abs(float64(s.Weights[i])-want) > 1.0/grid {
					t.Fatalf("%s %s: loss %v, lambda %v has weight %v; the minimum is at %v", c.Rule, c.Weighting, loss, lambda, s.Weights[i], want)
				}
			}
		}
		loss, lambda := r.Float64(), 0.02+0.96*r.Float64() // the formula, in any unit
		if loss < lambda && math.Abs(logWeight(loss, lambda)-minimiser(loss, lambda, logarithmic)) > 1.0/grid {
			t.Errorf("log weight of %v under %v is %v", loss, lambda, logWeight(loss, lambda))
		}
	}
}

// Of equal keys those of the lowest index are taken, so that the share is exact; all are below
// lambda, which is halfway to the next larger loss.
func TestTies(t *testing.T) {
	labels := labelsOf(4, 4)
	for _, w := range []Weighting{Hard, Linear, Log} {
		c := SelfPaced{Rule: Easy, Weighting: w, Epochs: 4, Batch: 1, Classes: 2, Pace: Pace{Start: 0.5, Full: 0.5}}
		s := firstEpoch(t, c, []float64{3, 1, 0, 1, 1, 1, 2, 1}, labels)
		if v, _ := chosen(s, 8); !slices.Equal(v, []bool{false, true, true, true, true, false, false, false}) || *s.Lambda != 1.5 {
			t.Errorf("%s: chose %v by lambda %v", w, v, *s.Lambda)
		}
		s = firstEpoch(t, c, slices.Repeat([]float64{0}, 8), labels)
		if !slices.Equal(s.Weights, []float32{1, 1, 1, 1, 0, 0, 0, 0}) || s.Lambda != nil {
			t.Errorf("%s: of equal losses chose %v", w, s.Weights)
		}
		c.Rule = Inverse
		s = firstEpoch(t, c, []float64{3, 1, 0, 1, 1, 1, 2, 1}, labels)
		if v, _ := chosen(s, 8); !slices.Equal(v, []bool{true, true, false, true, false, false, true, false}) || *s.Lambda != 0.5 {
			t.Errorf("inverse %s: chose %v by lambda %v", w, v, *s.Lambda)
		}
	}
}

// allEpochs asks c for every epoch of its stage; the losses change each time.
func allEpochs(t *testing.T, c SelfPaced, r *rand.Rand, labels []int, p *lossProbe) []Stage {
	t.Helper()
	var done []Stage
	for {
		for i := range labels {
			p.fresh[i] = math.Exp(r.NormFloat64())
			p.last[i] = p.fresh[i]
		}
		s, err := c.Next(t.Context(), labels, done, p)
		if err == io.EOF {
			return done
		}
		if err != nil {
			t.Fatal(err)
		}
		if !s.EachEpoch || !s.Restart || s.Stop.Epochs != c.Epochs || len(s.Classes) != c.Classes {
			t.Fatalf("epoch %d: %+v", len(done)+1, s)
		}
		done = append(done, s)
	}
}

// Over random settings: the samples of every epoch are those predicted; their number never falls,
// but after the warm-up, and reaches all; the forward passes are those predicted.
func TestPaceProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 400 {
		n := 6 + r.IntN(60)
		c := SelfPaced{Rule: []Rule{Easy, Inverse, Diverse}[r.IntN(3)], Weighting: Hard, Epochs: 3 + r.IntN(20), Batch: 1 + r.IntN(min(n, 9)), Classes: 3,
			Running: r.IntN(2) == 0, Gamma: r.Float64(), Pace: Pace{Start: 0.01 + 0.98*r.Float64(), Full: 0.7 + 0.29*r.Float64(), Warmup: r.IntN(2)}}
		if c.Running {
			c.Pace.Warmup = 1
		}
		if c.Rule != Diverse {
			c.Weighting = []Weighting{Hard, Linear, Log}[r.IntN(3)]
		}
		_, labels := randomLosses(r, n, 3)
		p := &lossProbe{fresh: make([]float64, n), last: make([]float64, n)}
		stages := allEpochs(t, c, r, labels, p)
		predicted, probed, exact := c.Predict(n)
		if len(stages) != c.Epochs || len(predicted) != c.Epochs || !exact || int64(p.forwarded) != probed {
			t.Fatalf("%+v: %d epochs, predicted %v, exact %v; %d forwarded, predicted %d", c, len(stages), predicted, exact, p.forwarded, probed)
		}
		if want := int64((int(c.Pace.Full*float64(c.Epochs)) - c.Pace.Warmup) * n); !c.Running && probed != want || c.Running && probed != 0 {
			t.Fatalf("%+v: %d samples forwarded; want a pass in each epoch that selects, %d", c, probed, want)
		}
		for e, s := range stages {
			_, count := chosen(s, n)
			if count != predicted[e] {
				t.Fatalf("%+v: epoch %d has %d samples; predicted %d", c, e+1, count, predicted[e])
			}
			late := e >= int(c.Pace.Full*float64(c.Epochs))
			if all := late || e < c.Pace.Warmup; all && (count != n || s.Weights != nil || s.Lambda != nil) {
				t.Fatalf("%+v: epoch %d trains on %d of %d samples; want all", c, e+1, count, n)
			}
			if count < min(c.Batch, n) {
				t.Fatalf("%+v: epoch %d has %d samples", c, e+1, count)
			}
			if e > 1 && count < predicted[e-1] {
				t.Fatalf("%+v: the samples of the epochs are %v", c, predicted)
			}
		}
	}
}

// The pace of the published losses, by hand: lambda times 1/(1-s), for spl-inv times 1-s, and the
// share Start where that is less.
func TestBaselineLossPace(t *testing.T) {
	losses := []float64{0.1, 0.5, 0.9, 1.1, 2.1, 7, 8, 9, 10, 11}
	labels := labelsOf(5, 5)
	c := SelfPaced{Rule: Easy, Weighting: Hard, Epochs: 6, Batch: 1, Classes: 2, Pace: Pace{Start: 0.2, Full: 0.7, Baseline: []float64{0.05, 0.75, 1, 0.5, 9}}}
	run := func() (counts []int, lambdas []float64, notes int) {
		for e := range c.Epochs {
			s, err := c.Next(t.Context(), labels, make([]Stage, e), &lossProbe{fresh: losses})
			if err != nil {
				t.Fatal(err)
			}
			_, count := chosen(s, 10)
			counts = append(counts, count)
			if s.Lambda != nil {
				lambdas = append(lambdas, *s.Lambda)
			}
			if strings.Contains(s.Note, "selects no sample") {
				notes++
			}
		}
		return counts, lambdas, notes
	}
	// 0.05 selects none; 0.75/(3/4) = 1; 1/(1/2) = 2; 0.5/(1/4) = 2; then all
	counts, lambdas, notes := run()
	if !slices.Equal(counts, []int{2, 3, 4, 4, 10, 10}) || !slices.Equal(lambdas, []float64{0.7, 1, 2, 2}) || notes != 1 {
		t.Errorf("spl: %v samples by lambda %v, %d notes", counts, lambdas, notes)
	}
	c.Rule, c.Pace.Baseline = Inverse, []float64{20, 4, 2, 4}
	counts, lambdas, notes = run() // 20; 4 (3/4) = 3; 2/2 = 1; 4/4 = 1
	if !slices.Equal(counts, []int{2, 5, 7, 7, 10, 10}) || !slices.Equal(lambdas, []float64{9.5, 3, 1, 1}) || notes != 1 {
		t.Errorf("spl-inv: %v samples by lambda %v, %d notes", counts, lambdas, notes)
	}
	if epochs, probed, exact := c.Predict(10); exact || probed != 40 || !reflect.DeepEqual(epochs, []int{10, 10, 10, 10, 10, 10}) {
		t.Errorf("predicted %v, %d forwarded, exact %v", epochs, probed, exact)
	}
}

// Running losses cost no forward pass, and the warm-up has none.
func TestRunningLosses(t *testing.T) {
	labels := labelsOf(3, 3)
	nan := math.NaN()
	p := &lossProbe{last: slices.Repeat([]float64{nan}, 6)}
	c := SelfPaced{Rule: Easy, Weighting: Hard, Running: true, Epochs: 4, Batch: 1, Classes: 2, Pace: Pace{Start: 0.6, Full: 0.5, Warmup: 1}}
	if s, err := c.Next(t.Context(), labels, nil, p); err != nil || s.Weights != nil {
		t.Errorf("%+v, %v; want all samples", s, err)
	}
	p.last = []float64{3, 1, 2, 4, 0, 5}
	s, err := c.Next(t.Context(), labels, make([]Stage, 1), p)
	if err != nil || !slices.Equal(s.Weights, []float32{1, 1, 1, 0, 1, 0}) || p.forwarded != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSelfPacedRefuses(t *testing.T) {
	labels := labelsOf(2, 2)
	for want, change := range map[string]func(c *SelfPaced, losses []float64){
		"linear weights by the rule spld":     func(c *SelfPaced, _ []float64) { c.Rule, c.Weighting = Diverse, Linear },
		"--pace-full 1: want":                 func(c *SelfPaced, _ []float64) { c.Pace.Full = 1 },
		"--pace-start 0: want":                func(c *SelfPaced, _ []float64) { c.Pace.Start = 0 },
		"use at least 2 epochs":               func(c *SelfPaced, _ []float64) { c.Epochs = 1 },
		"use at least 4 epochs":               func(c *SelfPaced, _ []float64) { c.Epochs, c.Pace.Warmup = 3, 1 },
		"without an epoch on all samples":     func(c *SelfPaced, _ []float64) { c.Running = true },
		"--pace-run has 1 epochs; --epochs 4": func(c *SelfPaced, _ []float64) { c.Pace.Baseline = []float64{1} },
		"epoch 2 is NaN":                      func(c *SelfPaced, _ []float64) { c.Pace.Baseline = []float64{1, math.NaN()} },
		"epoch 1 is -1":                       func(c *SelfPaced, _ []float64) { c.Pace.Baseline = []float64{-1, 1} },
		"sample 2 is NaN":                     func(_ *SelfPaced, l []float64) { l[2] = math.NaN() },
		"sample 3 is +Inf":                    func(_ *SelfPaced, l []float64) { l[3] = math.Inf(1) },
		"class 2 has no training samples":     func(c *SelfPaced, _ []float64) { c.Classes = 3 },
	} {
		c := SelfPaced{Rule: Easy, Weighting: Hard, Epochs: 4, Batch: 1, Classes: 2, Pace: Pace{Start: 0.5, Full: 0.5}}
		losses := []float64{1, 2, 3, 4}
		change(&c, losses)
		if s, err := c.Next(t.Context(), labels, nil, &lossProbe{fresh: losses}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, %v; want an error with %q", s, err, want)
		}
	}
}
