package onednn

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// The mixture found costs what the cheapest of all of them costs, on random costs of chains with
// shortcuts.
func TestCheapestMixture(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 60 {
		m := mixer{groups: map[int]int{nn.Input: nn.Input}, fixed: map[int]bool{nn.Input: true, 8: true}}
		for g := range 9 {
			m.groups[g] = g
			c := mixedConv{layer: g, in: g - 1, out: g, castIn: 2 * r.Float64(), castOut: 2 * r.Float64()}
			if r.IntN(3) == 0 {
				c.in = max(nn.Input, g-3)
			}
			for _, d := range []string{forward, backwardData, backwardWeights} {
				p := mixedPass{d, [ways]float64{r.Float64() * 5, r.Float64() * 5, r.Float64() * 5, math.Inf(1)}}
				if r.IntN(2) == 0 {
					p.ms[winogradBF16] = math.Inf(1)
				}
				c.passes = append(c.passes, p)
			}
			m.convs, m.norms = append(m.convs, c), append(m.norms, mixedNorm{g, r.Float64(), r.Float64()})
		}
		cost := func(narrow map[int]bool) float64 {
			sum := 0.0
			for _, c := range m.convs {
				ms, _ := c.cost(narrow[c.in], narrow[c.out])
				sum += ms
			}
			for _, n := range m.norms {
				sum += n.cost(narrow)
			}
			return sum
		}
		best := math.Inf(1)
		for bits := range 1 << 8 {
			narrow := map[int]bool{}
			for g := range 8 {
				narrow[g] = bits>>g&1 == 1
			}
			best = min(best, cost(narrow))
		}
		x := m.solve()
		if got := cost(x.values); got > best+1e-9 || x.values[8] || x.values[nn.Input] {
			t.Fatalf("a mixture of cost %v; the least is %v", got, best)
		}
	}
}

// The cost of one convolution, counted by hand.
func TestCostOfCasts(t *testing.T) {
	inf := math.Inf(1)
	c := mixedConv{castIn: 10, castOut: 100, passes: []mixedPass{
		{forward, [ways]float64{1, inf, inf, inf}}, {backwardData, [ways]float64{2, inf, inf, inf}}, {backwardWeights, [ways]float64{3, inf, inf, inf}},
	}}
	for _, want := range []struct {
		in, out bool
		ms      float64
	}{
		{false, false, 6},
		{true, false, 6 + 10 + 10},   // the input, for forward and weights; its gradient
		{false, true, 6 + 100 + 100}, // the output; its gradient, for data and weights
		{true, true, 6 + 220},
	} {
		if ms, _ := c.cost(want.in, want.out); ms != want.ms {
			t.Errorf("in float32 between values %v, %v: %v; want %v", want.in, want.out, ms, want.ms)
		}
	}
	for i := range c.passes {
		c.passes[i].ms = [ways]float64{inf, float64(i + 1), inf, inf}
	}
	if ms, chosen := c.cost(false, true); ms != 6+10 || chosen[0] != directBF16 { // the gradient of the input comes out as it should
		t.Errorf("directly in bfloat16 from float32: %v, %v; want 16", ms, chosen)
	}
	for i := range c.passes {
		c.passes[i].ms = [ways]float64{inf, inf, float64(i + 1), inf}
	}
	if ms, _ := c.cost(false, true); ms != 6 {
		t.Errorf("by Winograd's method from float32: %v; want 6", ms)
	}
}

// Values that an addition or a pooling ties together have one type; sample and logits are float32.
func TestGroupsOfValues(t *testing.T) {
	e := openBF16(t, forcing["direct"])
	net := blocksOf16()
	check(t, e.do(func() error {
		x, err := mix(&tuner{engine: e.engine, forced: e.forced}, net, 4, true)
		for v, narrow := range x.values {
			if want := v != nn.Input && v != net.Head(); narrow != want {
				t.Errorf("value %d is bfloat16: %v; want %v", v, narrow, want)
			}
		}
		if x.of(nn.Input) != dnnl.F32 || x.of(3) != dnnl.BF16 || (*mixture)(nil).of(3) != dnnl.F32 {
			t.Error("types of values")
		}
		return err
	}))
}
