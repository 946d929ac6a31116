package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// trained is the state of wide with running statistics and momentum that are not the initial ones.
func trained(t *testing.T) State {
	t.Helper()
	s := initial(t, Default, 1)
	r := rand.New(rand.NewPCG(5, 6))
	for _, p := range wide().Params() {
		if p.Suffix == "running_mean" || p.Suffix == "running_var" || p.Role == Scale || p.Role == Shift {
			for i := range s[p.Name].Data {
				s[p.Name].Data[i] = r.Float32() + 1
			}
		}
		if p.Trainable() {
			s[MomentumPrefix+p.Name] = Tensor{p.Shape, slices.Repeat([]float32{0.5}, p.Len())}
		}
	}
	return s
}

// What is left of w after a w is taken away must be normal noise of deviation b std(w), and have
// nothing to do with w: mean, variance, kurtosis and correlation within five of their deviations.
func TestShrinkPerturb(t *testing.T) {
	const a, b = 0.3, 0.1
	before := trained(t)
	after := before.Clone()
	wide().ShrinkPerturb(after, a, b, rand.New(rand.NewPCG(7, 8)))
	for _, name := range []string{"conv.weight", "head.weight"} {
		w := before[name].Data
		rest, n := make([]float32, len(w)), float64(len(w))
		product := 0.0
		for i, v := range after[name].Data {
			rest[i] = float32(float64(v) - a*float64(w[i]))
			product += float64(rest[i]) * float64(w[i])
		}
		_, variance, _ := moments(w)
		want := b * b * variance
		mean, got, kurtosis := moments(rest)
		if math.Abs(mean) > 5*math.Sqrt(want/n) || math.Abs(got/want-1) > 5*math.Sqrt(2/n) || math.Abs(kurtosis-3) > 5*math.Sqrt(24/n) {
			t.Errorf("%s: noise of mean %v, variance %v, kurtosis %v; want 0, %v, 3", name, mean, got, kurtosis, want)
		}
		if r := product / n / math.Sqrt(want*variance); math.Abs(r) > 5/math.Sqrt(n) {
			t.Errorf("%s: noise and weights correlate by %v", name, r)
		}
	}
}

func TestShrinkPerturbTouches(t *testing.T) {
	before := trained(t)
	perturbed := func(a, b float64, seed uint64) State {
		s := before.Clone()
		wide().ShrinkPerturb(s, a, b, rand.New(rand.NewPCG(seed, 0)))
		return s
	}
	one, again, other, shrunk := perturbed(0.3, 0.1, 1), perturbed(0.3, 0.1, 1), perturbed(0.3, 0.1, 2), perturbed(0.5, 0, 1)
	for _, name := range before.Names() {
		trains := !strings.HasPrefix(name, MomentumPrefix) && !strings.Contains(name, "running")
		switch w := before[name].Data; {
		case !slices.Equal(one[name].Data, again[name].Data):
			t.Errorf("%s: one seed, two results", name)
		case !trains && !slices.Equal(w, one[name].Data):
			t.Errorf("%s changed", name)
		case trains && slices.Equal(w, one[name].Data):
			t.Errorf("%s did not change", name)
		case trains && slices.Equal(one[name].Data, other[name].Data):
			t.Errorf("%s: two seeds, one result", name)
		}
		for i, v := range before[name].Data {
			if trains && shrunk[name].Data[i] != v/2 {
				t.Fatalf("%s[%d]: %v without noise; want half of %v", name, i, shrunk[name].Data[i], v)
			}
		}
	}
}

func TestRedrawLast(t *testing.T) {
	net := wide()
	net.Layers = slices.Insert(slices.Clone(net.Layers), 3, Layer{Name: "hidden", Op: Linear{Out: 30}}, Layer{Name: "norm", Op: BatchNorm{Eps: 1e-5, Momentum: 0.1}})
	if err := net.Validate(); err != nil {
		t.Fatal(err)
	}
	if net.Hidden() != 2 {
		t.Errorf("%d layers with weights before the head; want 2", net.Hidden())
	}
	state := func() State {
		s, err := net.Init(Default, rand.New(rand.NewPCG(1, 0)))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range net.Params() {
			s[MomentumPrefix+p.Name] = Tensor{p.Shape, slices.Repeat([]float32{0.5}, p.Len())}
			for i := range s[p.Name].Data {
				s[p.Name].Data[i]++
			}
		}
		return s
	}
	for layers, redrawn := range map[int][]string{1: {"hidden.", "norm."}, 2: {"conv.", "bn.", "hidden.", "norm."}} {
		before, after := state(), state()
		if err := net.RedrawLast(after, layers, Default, rand.New(rand.NewPCG(2, 0))); err != nil {
			t.Fatal(err)
		}
		for _, p := range net.Params() {
			is := slices.ContainsFunc(redrawn, func(prefix string) bool { return strings.HasPrefix(p.Name, prefix) })
			if same := slices.Equal(before[p.Name].Data, after[p.Name].Data); same == is {
				t.Errorf("%d layers: %s is as it was: %v", layers, p.Name, same)
			}
			if cleared := after[MomentumPrefix+p.Name].Data[0] == 0; cleared != is {
				t.Errorf("%d layers: momentum of %s was cleared: %v", layers, p.Name, cleared)
			}
			mean, _, _ := moments(after[p.Name].Data)
			if want := map[bool]float64{true: 1}[p.Role == Scale || p.Role == RunningVar]; is && math.Abs(mean-want) > 0.1 {
				t.Errorf("%d layers: %s has mean %v; want %v", layers, p.Name, mean, want)
			}
		}
	}
	if err := net.RedrawLast(state(), 3, Default, rand.New(rand.NewPCG(2, 0))); err == nil {
		t.Error("three layers of two were redrawn")
	}
}
