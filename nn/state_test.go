package nn

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// sameBits reports whether two states have the same tensors, bit for bit.
func sameBits(a, b State) bool {
	if !slices.Equal(a.Names(), b.Names()) {
		return false
	}
	for name, t := range a {
		equal := func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }
		if !slices.Equal(t.Shape, b[name].Shape) || !slices.EqualFunc(t.Data, b[name].Data, equal) {
			return false
		}
	}
	return true
}

// TestCheckRefuses changes a fitting state in one place; the error must name the tensor.
func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(State)
		want   string
	}{
		{func(s State) { delete(s, "bn.running_var") }, "bn.running_var is missing"},
		{func(s State) { s["extra.weight"] = Tensor{[]int{1}, []float32{0}} }, "no tensor extra.weight"},
		{func(s State) { s["conv.bias"] = Tensor{[]int{8, 8}, make([]float32, 64)} }, "conv.bias has shape [8 8]"},
		{func(s State) { s["conv.bias"] = Tensor{[]int{64}, make([]float32, 63)} }, "conv.bias has shape [64] and 63 values"},
		{func(s State) { s["momentum.conv.bias"] = Tensor{[]int{63}, make([]float32, 63)} }, "momentum.conv.bias"},
		{func(s State) { s["momentum.bn.running_mean"] = s["bn.running_mean"] }, "no tensor momentum.bn.running_mean"},
		{func(s State) { s["momentum.extra"] = s["bn.running_mean"] }, "no tensor momentum.extra"},
		{func(s State) { clear(s) }, "conv.weight is missing"},
	} {
		s := initial(t, He, 1)
		c.change(s)
		if err := wide().Check(s); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "wide") {
			t.Errorf("error %v; want one with %q", err, c.want)
		}
	}
}

func TestCheckTakesSomeMomentum(t *testing.T) {
	s := initial(t, He, 1)
	s["momentum.conv.bias"] = Tensor{[]int{64}, make([]float32, 64)}
	if err := wide().Check(s); err != nil {
		t.Error(err)
	}
}

func TestNotFinite(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		s := initial(t, He, 1)
		if got := s.NotFinite(); got != "" {
			t.Fatalf("%s of the initial weights", got)
		}
		s["bn.running_var"].Data[7] = float32(v)
		if got := s.NotFinite(); got != "bn.running_var" {
			t.Errorf("%v: found in %q", v, got)
		}
	}
}

func TestCloneIsDeep(t *testing.T) {
	s := initial(t, Default, 1)
	c := s.Clone()
	if !sameBits(s, c) {
		t.Fatal("the clone differs")
	}
	c["conv.bias"].Data[0]++
	c["conv.bias"].Shape[0]++
	delete(c, "head.bias")
	if !sameBits(s, initial(t, Default, 1)) {
		t.Error("changing the clone changed the state")
	}
}

func TestWeightsAndClearMomentum(t *testing.T) {
	s := initial(t, Default, 1)
	want := s.Clone()
	s["momentum.conv.bias"] = Tensor{[]int{64}, make([]float32, 64)}
	if !sameBits(s.Weights(), want) {
		t.Errorf("weights %v; want %v", s.Weights().Names(), want.Names())
	}
	if len(s) != len(want)+1 {
		t.Error("Weights changed the state")
	}
	if s.ClearMomentum(); !sameBits(s, want) {
		t.Errorf("without momentum %v; want %v", s.Names(), want.Names())
	}
}
