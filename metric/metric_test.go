package metric

import (
	"math"
	"testing"
)

const inf = float32(math.MaxFloat32)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s = %v; want %v", what, got, want)
	}
}

func TestEntropyClosedForms(t *testing.T) {
	for _, l := range []int{1, 2, 10, 1000} {
		near(t, "uniform", Entropy(make([]float32, l), nil), math.Log(float64(l)), 1e-12)
	}
	near(t, "one-hot", Entropy([]float32{0, 1e4, 0}, nil), 0, 0)
	near(t, "one-hot, largest float", Entropy([]float32{-inf, inf, 0}, nil), 0, 0)
	p := 0.9
	two := -p*math.Log(p) - (1-p)*math.Log(1-p)
	near(t, "two values", Entropy([]float32{float32(math.Log(p / (1 - p))), 0}, nil), two, 1e-7)
	near(t, "renormalised", Entropy([]float32{5, 1, 70, 1}, []bool{false, true, false, true}), math.Log(2), 1e-12)
	near(t, "one class", Entropy([]float32{5, 1}, []bool{false, true}), 0, 0)
}

// Printed by PyTorch 1.13.1:
//
//	z = torch.tensor([0.3, -1.2, 2.5, 0.0, -4.0], dtype=torch.float64)
//	lp = z.log_softmax(0); print(-lp[0], -(lp.exp()*lp).sum())
//	lp = z[[0, 3, 4]].log_softmax(0); print(-lp[1], -(lp.exp()*lp).sum())
func TestAgainstPyTorch(t *testing.T) {
	z := []float32{0.3, -1.2, 2.5, 0, -4}
	near(t, "cross-entropy", CrossEntropy(z, 0, nil), 2.3981252862774665, 1e-7)
	near(t, "entropy", Entropy(z, nil), 0.6494598956420505, 1e-7)
	active := []bool{true, false, false, true, true}
	near(t, "masked cross-entropy", CrossEntropy(z, 3, active), 0.862119382578967, 1e-7)
	near(t, "masked entropy", Entropy(z, active), 0.722055762175907, 1e-7)
	if got := CrossEntropy(z, 1, active); !math.IsInf(got, 1) {
		t.Errorf("cross-entropy of an inactive label is %v; want +Inf", got)
	}
}

func TestLogSoftmaxSumsToOne(t *testing.T) {
	z := []float32{1e4, -1e4, 9999, 3}
	lp := make([]float64, len(z))
	LogSoftmax(lp, z, []bool{true, true, true, false})
	if !math.IsInf(lp[3], -1) {
		t.Errorf("inactive class has log p = %v", lp[3])
	}
	sum := 0.0
	for _, v := range lp {
		sum += math.Exp(v)
	}
	near(t, "sum of p", sum, 1, 1e-12)
	near(t, "log p", lp[0], -math.Log1p(math.Exp(-1)), 1e-12)
}

func TestArgMax(t *testing.T) {
	nan := float32(math.NaN())
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
		{[]float32{float32(math.Inf(-1)), float32(math.Inf(-1))}, nil, 0},
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
	if counts := c.Counts(); counts[0][1] != 1 || counts[1][1] != 2 || len(counts[0]) != 3 {
		t.Errorf("counts %v", counts)
	}
	if !math.IsNaN(NewConfusion(2).Top1()) {
		t.Error("top-1 of nothing is a number")
	}
}

func TestNoAllocation(t *testing.T) {
	z, active := make([]float32, 100), make([]bool, 100)
	active[3] = true
	if n := testing.AllocsPerRun(10, func() { Entropy(z, active); CrossEntropy(z, 3, nil); ArgMax(z, nil) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func BenchmarkEntropy100(b *testing.B) {
	z := make([]float32, 100)
	for b.Loop() {
		Entropy(z, nil)
	}
}
