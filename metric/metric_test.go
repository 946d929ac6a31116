package metric

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var (
	largestFloat = float32(math.MaxFloat32)
	inf          = float32(math.Inf(1))
	nan          = float32(math.NaN())
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s = %v; want %v", what, got, want)
	}
}

func TestEntropyClosedForms(t *testing.T) {
	for _, l := range []int{1, 2, 10, 1000, 100_000} {
		near(t, "uniform", Entropy(make([]float32, l), nil), math.Log(float64(l)), 1e-12)
		near(t, "uniform, largest float", Entropy(slices.Repeat([]float32{largestFloat}, l), nil), math.Log(float64(l)), 1e-12)
	}
	near(t, "one-hot", Entropy([]float32{0, 1e4, 0}, nil), 0, 0)
	near(t, "one-hot, largest float", Entropy([]float32{-largestFloat, largestFloat, 0}, nil), 0, 0)
	p := 0.9
	two := -p*math.Log(p) - (1-p)*math.Log(1-p)
	near(t, "two values", Entropy([]float32{float32(math.Log(p / (1 - p))), 0}, nil), two, 1e-7)
	near(t, "renormalised", Entropy([]float32{5, 1, 70, 1}, []bool{false, true, false, true}), math.Log(2), 1e-12)
	near(t, "one class", Entropy([]float32{5, 1}, []bool{false, true}), 0, 0)
	near(t, "masked by -Inf", Entropy([]float32{1, -inf, 1, -inf}, nil), math.Log(2), 1e-12)
}

func TestTop(t *testing.T) {
	softmax := []float64{0.1, 0.3, 0.25, 0.3, 0.05}
	for _, c := range []struct {
		n      int
		active []bool
		want   []int
	}{
		{1, nil, []int{1}}, {3, nil, []int{1, 3, 2}}, {9, nil, []int{1, 3, 2, 0, 4}}, {9, []bool{true, false, true, true, false}, []int{3, 2, 0}},
	} {
		if got := Top(softmax, c.active, c.n); !slices.Equal(got, c.want) {
			t.Errorf("the %d likeliest of %v: %v; want %v", c.n, c.active, got, c.want)
		}
	}
}

// Printed by PyTorch 1.13.1, /usr/bin/python3:
//
//	for c in cases:
//	    for keep in list(range(len(c))), list(range(1, len(c))):
//	        lp = torch.tensor(c, dtype=torch.float64)[keep].log_softmax(0)
//	        print(-lp[keep.index(1)].item(), torch.special.entr(lp.exp()).sum().item())
func TestAgainstPyTorch(t *testing.T) {
	for _, c := range []struct {
		logits                       []float32
		loss, h, maskedLoss, maskedH float64 // of label 1; masked: without class 0
	}{
		{[]float32{0.5, -1.25, 2.5, 0, -4}, 3.9670783687518125, 0.6789487908448324, 3.851749569336826, 0.3755953871501914},
		{[]float32{1e4, 9999, -1e4, 9998.5}, 1.464368784107945, 0.9059592564792265, 0.4740769841801067, 0.6628473185791794},
		{[]float32{30, -60, 29}, 90.31326168751822, 0.5822031088882179, 89, 1.982353569998212e-37},
		{[]float32{-1e4, -1e4, -10001}, 0.8619948040582511, 1.0173572075552149, 0.31326168751822286, 0.5822031088882179},
	} {
		mask := slices.Repeat([]bool{true}, len(c.logits))
		mask[0] = false
		tolerance := 1e-11 // PyTorch rounds log p at the size of the logits, 1e4
		near(t, "cross-entropy", CrossEntropy(c.logits, 1, nil), c.loss, tolerance)
		near(t, "entropy", Entropy(c.logits, nil), c.h, tolerance)
		near(t, "masked cross-entropy", CrossEntropy(c.logits, 1, mask), c.maskedLoss, tolerance)
		near(t, "masked entropy", Entropy(c.logits, mask), c.maskedH, max(1e-14, c.maskedH*tolerance))
	}
}

// On random rows and masks, LogSoftmax is normalised, and the entropy and the cross-entropy are
// those of its probabilities, by the definition.
func TestDefinitionOnRandomRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		k, scale := 1+r.IntN(20), math.Pow(10, 6*r.Float64()-2)
		z, active, lp := make([]float32, k), make([]bool, k), make([]float64, k)
		for i := range z {
			z[i], active[i] = float32(r.NormFloat64()*scale), r.IntN(2) == 0
		}
		label := r.IntN(k)
		active[label] = true
		LogSoftmax(lp, z, active)
		total, h := 0.0, 0.0
		for i, l := range lp {
			if !active[i] && !math.IsInf(l, -1) {
				t.Fatalf("inactive class has log p = %v", l)
			}
			if p := math.Exp(l); p > 0 {
				total += p
				h -= p * l
			}
		}
		near(t, "sum of p", total, 1, 1e-12)
		near(t, "entropy", Entropy(z, active), h, 1e-12)
		near(t, "cross-entropy", CrossEntropy(z, label, active), -lp[label], 1e-9)
	}
}

func TestNoProbability(t *testing.T) {
	if got := CrossEntropy([]float32{1, 2}, 0, []bool{false, true}); !math.IsInf(got, 1) {
		t.Errorf("cross-entropy of an inactive label is %v; want +Inf", got)
	}
	if got := CrossEntropy([]float32{-inf, 2}, 0, nil); !math.IsInf(got, 1) {
		t.Errorf("cross-entropy of a logit of -Inf is %v; want +Inf", got)
	}
}

func TestNotFiniteGivesNaN(t *testing.T) {
	for _, z := range [][]float32{{nan, 1}, {1, nan}, {inf, 1}, {inf, inf}, {-inf, -inf}} {
		lp := make([]float64, 2)
		LogSoftmax(lp, z, nil)
		for what, v := range map[string]float64{"entropy": Entropy(z, nil), "cross-entropy": CrossEntropy(z, 1, nil), "log p": lp[1]} {
			if !math.IsNaN(v) {
				t.Errorf("%s of %v is %v; want NaN", what, z, v)
			}
		}
	}
	near(t, "entropy beside an inactive NaN", Entropy([]float32{nan, 1, 1}, []bool{false, true, true}), math.Log(2), 1e-12)
}

func TestArgMax(t *testing.T) {
	for _, c := range []struct {
		logits []float32
		active []bool
		want   int
	}{
		{[]float32{1, 3, 3, 2}, nil, 1},
		{[]float32{1, 3, 3, 2}, []bool{true, false, false, true}, 3},
		{[]float32{nan, 1}, nil, -1},
		{[]float32{1, nan}, nil, -1},
		{[]float32{1, nan}, []bool{true, false}, 0},
		{[]float32{-inf, -inf}, nil, 0},
	} {
		if got := ArgMax(c.logits, c.active); got != c.want {
			t.Errorf("ArgMax(%v, %v) = %d; want %d", c.logits, c.active, got, c.want)
		}
	}
}

func TestConfusion(t *testing.T) {
	c := NewConfusion(3)
	for _, p := range [][2]int{{0, 0}, {0, 1}, {1, 1}, {1, 1}, {1, -1}} {
		c.Add(p[0], p[1])
	}
	near(t, "top-1", c.Top1(), 3.0/5, 1e-15)
	per := c.PerClass()
	near(t, "class 0", per[0], 0.5, 1e-15)
	near(t, "class 1", per[1], 2.0/3, 1e-15)
	if !math.IsNaN(per[2]) {
		t.Errorf("class without samples has accuracy %v; want NaN", per[2])
	}
	if want := [][]int{{1, 1, 0}, {0, 2, 0}, {0, 0, 0}}; !slices.EqualFunc(c.Counts(), want, slices.Equal) {
		t.Errorf("counts %v; want %v", c.Counts(), want)
	}
	if !math.IsNaN(NewConfusion(2).Top1()) {
		t.Error("top-1 of nothing is a number")
	}
}

// Four samples counted by hand: classes 0 and 1 are in use, class 2 wins the second row.
func TestEvaluation(t *testing.T) {
	for masked, want := range map[bool]float64{false: 1.0 / 3, true: 2.0 / 3} {
		e := NewEvaluation(3, []bool{true, true, false}, masked)
		e.Add([]float32{1, 0, 0}, 0)
		e.Add([]float32{1, 0, 3}, 0)
		e.Add([]float32{1, 0, 0}, 1)
		e.Add([]float32{0, 0, 9}, 2)
		near(t, "top-1", e.Top1(), 0.5, 1e-15)
		near(t, "top-1 of active classes", e.Top1Active(), want, 1e-15)
		loss := math.Log(math.E+2) - 1 + math.Log(math.E+1+math.Exp(3)) - 1 + math.Log(math.E+2) + math.Log(2+math.Exp(9)) - 9
		near(t, "loss", e.Loss(), loss/4, 1e-12)
		if e.Samples() != 4 || e.Confusion.Counts()[0][2] != 1 {
			t.Errorf("%d samples, counts %v", e.Samples(), e.Confusion.Counts())
		}
	}
}

// Top1Of counts the samples of its classes alone, with the arg-max of Top1Active.
func TestTop1Of(t *testing.T) {
	for masked, want := range map[bool][]float64{false: {0.5, 0, 1. / 3}, true: {1, 0, 2. / 3}} {
		e := NewEvaluation(3, []bool{true, true, false}, masked)
		e.Add([]float32{2, 0, 1}, 0)
		e.Add([]float32{1, 0, 2}, 0) // right among the active outputs only
		e.Add([]float32{1, 0, 0}, 1)
		e.Add([]float32{0, 0, 9}, 2)
		for i, classes := range [][]int{{0}, {1}, {1, 0}} {
			near(t, "top-1 of classes", e.Top1Of(classes), want[i], 1e-15)
		}
		if got := e.Recalls([]int{1, 0}); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("recalls %v; want %v", got, want[:2])
		}
		if !math.IsNaN(e.Top1Of(nil)) {
			t.Errorf("top-1 of no class is %v", e.Top1Of(nil))
		}
	}
}

// The cells of a matrix, and its counts, are those of a count by hand, in order.
func TestCells(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	c, want := NewConfusion(5), [5][6]int{}
	for range 40 {
		label, predicted := r.IntN(4), r.IntN(6)-1 // none of the last class; -1: no prediction
		c.Add(label, predicted)
		want[label][predicted+1]++
	}
	var cells [][3]int
	for label, row := range c.Counts() {
		for predicted, n := range row {
			if n != want[label][predicted+1] {
				t.Errorf("%d of label %d, prediction %d; want %d", n, label, predicted, want[label][predicted+1])
			}
			if n > 0 {
				cells = append(cells, [3]int{label, predicted, n})
			}
		}
	}
	if got := c.Cells(); !slices.Equal(got, cells) {
		t.Errorf("cells %v; want %v", got, cells)
	}
}

func TestEvaluationOfNothing(t *testing.T) {
	e := NewEvaluation(2, []bool{true, false}, false)
	if !math.IsNaN(e.Loss()) || !math.IsNaN(e.Top1()) || !math.IsNaN(e.Top1Active()) {
		t.Errorf("loss %v, top-1 %v, %v; want NaN", e.Loss(), e.Top1(), e.Top1Active())
	}
	e.Add([]float32{1, 0}, 1)
	if got := e.Recalls([]int{0}); len(got) != 0 {
		t.Errorf("recalls %v of a class without samples", got)
	}
	if e.Top1() != 0 || !math.IsNaN(e.Top1Active()) {
		t.Errorf("top-1 %v, of active classes %v; want 0, NaN", e.Top1(), e.Top1Active())
	}
}

func TestNoAllocation(t *testing.T) {
	z, lp, e := make([]float32, 100), make([]float64, 100), NewEvaluation(100, nil, false)
	active := make([]bool, 100)
	active[3] = true
	e.Add(z, 3)
	if n := testing.AllocsPerRun(10, func() { Entropy(z, active); LogSoftmax(lp, z, nil); e.Add(z, 3) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func row100() []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	z := make([]float32, 100)
	for i := range z {
		z[i] = float32(5 * r.NormFloat64())
	}
	return z
}

func BenchmarkEntropy100(b *testing.B) {
	z := row100()
	for b.Loop() {
		Entropy(z, nil)
	}
}

func BenchmarkEvaluation100(b *testing.B) {
	z, e := row100(), NewEvaluation(100, nil, false)
	for b.Loop() {
		e.Add(z, 3)
	}
}

// Printed in Table I, method 3, of R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics
// in Medicine 17, 1998, 857-872.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		right, n  int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {20, 20, 1 - 0.1611, 1}} {
		low, high := Wilson(c.right, c.n)
		near(t, "low", low, c.low, 5e-5)
		near(t, "high", high, c.high, 5e-5)
		if low < 0 || high > 1 {
			t.Errorf("%d of %d: %v to %v", c.right, c.n, low, high)
		}
	}
	if low, high := Wilson(0, 0); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Errorf("without samples: %v to %v", low, high)
	}
}
