package xla

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/engine"
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

// The gradient of a bias is 0 where batch norm takes off what it adds, and what it should be elsewhere.
func TestBiasUnderNorm(t *testing.T) {
	net, s := network(t, "vgg11", []int{3, 32, 32}, 3, 0.05)
	e, _ := onInterpreter(t, "f32")
	m, err := e.Compile(net, 2, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Load(s); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Step(random(rand.New(rand.NewPCG(1, 2)), net, 2), engine.Hyper{LR: 0.1, Momentum: 0.9}); err != nil {
		t.Fatal(err)
	}
	after, err := m.Save()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Params() {
		if p.Role == nn.Bias {
			still := !slices.ContainsFunc(after[nn.MomentumPrefix+p.Name].Data, func(v float32) bool { return v != 0 })
			if _, conv := net.Layers[p.Layer].Op.(nn.Conv2D); still != conv {
				t.Errorf("%s: all momenta are 0: %v", p.Name, still)
			}
		}
	}
}

// The largest gradient counts by its magnitude, in kernels and vectors alike.
func TestVerdictByMagnitude(t *testing.T) {
	net, _ := network(t, "smallcnn", []int{1, 8, 8}, 2, 0.1)
	for _, at := range []string{"", "features.0.weight", "features.0.bias", "classifier.weight"} {
		s, all := source{graph: newGraph(net, 2, "f32")}, slots(net)
		found := at == ""
		for _, sl := range weights(all) {
			for _, p := range sl.params {
				v, dims := float32(-1), p.Shape
				if len(p.Shape) == 4 {
					dims = sl.dims
				}
				if p.Name == at {
					v, found = float32(math.Inf(-1)), true
				}
				s.paramGrads[p.Name] = s.full(typ{dims, f32}, v)
			}
		}
		if !found {
			t.Fatalf("there is no %s", at)
		}
		report, _ := s.verdict(all, s.full(typ{[]int{2}, f32}, 0), s.scalar(0))
		want := float32(1)
		if at != "" {
			want = float32(math.Inf(1))
		}
		if got := computed(t, s, []value{report})[0]; got[3] != want {
			t.Errorf("-Inf in %q: %v", at, got)
		}
	}
}
