package xla

import (
	"testing"

	"github.com/local-to-global/lgl/nn"
)

// What batch norm reads once it normalises as well far from zero, where squares alone would leave no digits.
func TestNormFarFromZero(t *testing.T) {
	s := source{graph: newGraph(nn.Net{Layers: []nn.Layer{{Name: "bn"}}}, 64, "f32")}
	x := s.input(typ{[]int{64, 8, 8, 3}, f32}, -1)
	for _, name := range []string{"weight", "bias", "running_mean", "running_var"} {
		s.params["bn."+name] = s.full(typ{[]int{3}, f32}, map[string]float32{"weight": 1}[name])
	}
	far, _ := s.norm(0, nn.BatchNorm{}, s.add(x, s.full(x.typ, 10000)))
	near, _ := s.norm(0, nn.BatchNorm{}, x)
	if all := computed(t, s, []value{far, near}); distance(all[0], all[1]) > 1e-3 { // x + 10000 has 10 bits behind the point
		t.Errorf("relative difference %g", distance(all[0], all[1]))
	}
}

// The gradient of a bias is 0 where nothing but batch norm takes what it was added to.
func TestCentred(t *testing.T) {
	conv, bn := nn.Conv2D{Out: 4, Kernel: 3, Stride: 1, Pad: 1, Bias: true}, nn.BatchNorm{}
	layers := []nn.Layer{{Op: conv}, {Op: bn}, {Op: conv}, {Op: bn}, {Op: nn.Add{}, Inputs: []int{2, 3}}, {Op: conv}, {Op: nn.ReLU{}}, {Op: bn}, {Op: nn.GlobalAvgPool{}}}
	g := newGraph(nn.Net{Layers: layers}, 2, "f32")
	for i, want := range map[int]bool{0: true, 2: false, 5: false, 8: false} {
		if got := g.centred(i); got != want {
			t.Errorf("layer %d: %v", i, got)
		}
	}
}
