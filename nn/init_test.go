package nn

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// wide has a convolution, a batch norm and a head, with enough weights for statistics.
func wide() Net {
	return Net{Name: "wide", Input: []int{16, 4, 4}, Classes: 50, Layers: []Layer{
		{Name: "conv", Op: Conv2D{Out: 64, Kernel: 3, Stride: 1, Pad: 1, Bias: true}},
		{Name: "bn", Op: BatchNorm{Eps: 1e-5, Momentum: 0.1}},
		{Name: "flatten", Op: Flatten{}},
		{Name: "head", Op: Linear{Out: 50, Bias: true}},
	}}
}

func initial(t *testing.T, scheme Scheme, seed uint64) State {
	t.Helper()
	s, err := wide().Init(scheme, rand.New(rand.NewPCG(seed, 0)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestInit holds mean, variance and kurtosis to those of the distributions: uniform in +-b has
// variance b^2/3 and kurtosis 9/5, normal has kurtosis 3. The sample mean of n values deviates by
// sqrt(var/n), the sample variance by var sqrt((kurtosis-1)/n); five of them are allowed.
func TestInit(t *testing.T) {
	for _, c := range []struct {
		scheme             Scheme
		name               string
		variance, kurtosis float64
	}{
		{Default, "conv.weight", 1 / (3.0 * 16 * 9), 1.8},
		{Default, "conv.bias", 1 / (3.0 * 16 * 9), 1.8},
		{Default, "head.weight", 1 / (3.0 * 64 * 16), 1.8},
		{Default, "head.bias", 1 / (3.0 * 64 * 16), 1.8},
		{He, "conv.weight", 2 / (64.0 * 9), 3},
		{He, "head.weight", 0.01 * 0.01, 3},
	} {
		values := initial(t, c.scheme, 1)[c.name].Data
		n := float64(len(values))
		mean, variance, kurtosis := moments(values)
		if math.Abs(mean) > 5*math.Sqrt(c.variance/n) {
			t.Errorf("%s %s: mean %v", c.scheme, c.name, mean)
		}
		if math.Abs(variance/c.variance-1) > 5*math.Sqrt((c.kurtosis-1)/n) {
			t.Errorf("%s %s: variance %v; want %v", c.scheme, c.name, variance, c.variance)
		}
		if n > 1000 && math.Abs(kurtosis-c.kurtosis) > 0.3 {
			t.Errorf("%s %s: kurtosis %v; want %v", c.scheme, c.name, kurtosis, c.kurtosis)
		}
		bound := math.Sqrt(3 * c.variance)
		for _, v := range values {
			if c.scheme == Default && math.Abs(float64(v)) > bound*(1+1e-6) {
				t.Fatalf("%s: value %v outside +-%v", c.name, v, bound)
			}
		}
	}
}

// moments returns mean, variance and kurtosis.
func moments(values []float32) (mean, variance, kurtosis float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += float64(v) / n
	}
	for _, v := range values {
		variance += math.Pow(float64(v)-mean, 2) / n
		kurtosis += math.Pow(float64(v)-mean, 4) / n
	}
	return mean, variance, kurtosis / (variance * variance)
}

func TestInitConstants(t *testing.T) {
	for _, scheme := range []Scheme{Default, He} {
		want := map[string]float32{"bn.weight": 1, "bn.bias": 0, "bn.running_mean": 0, "bn.running_var": 1}
		if scheme == He {
			want["conv.bias"], want["head.bias"] = 0, 0
		}
		s := initial(t, scheme, 1)
		for name, v := range want {
			for _, got := range s[name].Data {
				if got != v {
					t.Fatalf("%s %s: %v; want %v", scheme, name, got, v)
				}
			}
		}
		if err := wide().Check(s); err != nil {
			t.Error(err)
		}
	}
}

func TestInitIsSeeded(t *testing.T) {
	a, b, other := initial(t, Default, 1), initial(t, Default, 1), initial(t, Default, 2)
	if !sameBits(a, b) {
		t.Error("the same seed gave two states")
	}
	if a["conv.weight"].Data[0] == other["conv.weight"].Data[0] {
		t.Error("two seeds gave the same weight")
	}
}

func TestInitRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	if _, err := wide().Init("xavier", r); err == nil || !strings.Contains(err.Error(), "xavier") {
		t.Errorf("scheme xavier: error %v", err)
	}
	if _, err := (Net{Name: "none"}).Init(He, r); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("network without layers: error %v", err)
	}
}

// TestRedrawHead checks the rule by bits: the rows named are new, every other value of the state
// is what it was, and the momentum of the rows is zero.
func TestRedrawHead(t *testing.T) {
	for _, scheme := range []Scheme{Default, He} {
		s := initial(t, scheme, 1)
		for _, p := range wide().Params() {
			if p.Trainable() {
				s[MomentumPrefix+p.Name] = Tensor{p.Shape, constants(p.Len(), 3)}
			}
		}
		s["head.bias"] = Tensor{[]int{50}, constants(50, 5)}
		before := s.Clone()
		redrawn := map[int]bool{0: true, 7: true, 49: true}
		wide().RedrawHead(s, []int{7, 0, 49}, scheme, rand.New(rand.NewPCG(3, 0)))
		for name, tensor := range s {
			width := len(tensor.Data) / 50
			for i, v := range tensor.Data {
				head := strings.HasSuffix(name, "head.weight") || strings.HasSuffix(name, "head.bias")
				inRow := head && redrawn[i/width]
				if moved := v != before[name].Data[i]; moved != inRow {
					t.Fatalf("%s: value %d of %s: moved %v; want %v", scheme, i, name, moved, inRow)
				}
				if inRow && strings.HasPrefix(name, MomentumPrefix) && v != 0 {
					t.Fatalf("%s: momentum %d of %s is %v; want 0", scheme, i, name, v)
				}
			}
		}
	}
}

// TestRedrawHeadDistribution redraws every row: the head's weights must have Init's variance.
func TestRedrawHeadDistribution(t *testing.T) {
	for scheme, want := range map[Scheme]float64{Default: 1 / (3.0 * 64 * 16), He: 1e-4} {
		s := initial(t, scheme, 1)
		all := make([]int, 50)
		for k := range all {
			all[k] = k
		}
		wide().RedrawHead(s, all, scheme, rand.New(rand.NewPCG(3, 0)))
		if _, got, _ := moments(s["head.weight"].Data); math.Abs(got/want-1) > 0.05 {
			t.Errorf("%s: variance %v; want %v", scheme, got, want)
		}
	}
}

func TestRedrawHeadWithoutMomentum(t *testing.T) {
	s := initial(t, Default, 1)
	wide().RedrawHead(s, []int{1}, Default, rand.New(rand.NewPCG(3, 0)))
	if err := wide().Check(s); err != nil || len(s.Weights()) != len(s) {
		t.Errorf("%v, tensors %v", err, s.Names())
	}
}

func constants(n int, v float32) []float32 {
	c := make([]float32, n)
	for i := range c {
		c[i] = v
	}
	return c
}
