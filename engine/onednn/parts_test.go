package onednn

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// The assembly gives the bits of the plain loop, at every length.
func TestSGDMatchesPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	draw := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64() * math.Exp(10*r.NormFloat64()))
		}
		return x
	}
	for _, n := range []int{0, 1, 15, 16, 17, 64, 100, 1000} {
		w, v, g := draw(n), draw(n), draw(n)
		w2, v2 := slices.Clone(w), slices.Clone(v)
		sgd(w, v, g, 0.1, 0.9, 5e-4)
		sgdPlain(w2, v2, g, 0.1, 0.9, 5e-4)
		if !slices.Equal(w, w2) || !slices.Equal(v, v2) {
			t.Errorf("length %d: assembly differs from the plain loop", n)
		}
	}
}

// torch.optim.SGD, worked by hand: two steps of g = 1, w0 = 1, rate 0.5, momentum 0.5, decay 1.
func TestUpdate(t *testing.T) {
	w, v, g := []float32{1}, []float32{0}, []float32{1}
	h := engine.Hyper{LR: 0.5, Momentum: 0.5, WeightDecay: 1}
	update(2, w, v, g, h) // v = 1+1 = 2, w = 1-1 = 0
	update(2, w, v, g, h) // v = 1+1 = 2, w = 0-1 = -1
	if w[0] != -1 || v[0] != 2 {
		t.Errorf("w = %v, v = %v; want -1, 2", w[0], v[0])
	}
}

func TestFinite(t *testing.T) {
	for _, n := range []int{1, 16, 31, 3*grain + 5} {
		x := slices.Repeat([]float32{math.MaxFloat32}, n)
		if !finite(2, x) {
			t.Errorf("%d finite values are not", n)
		}
		for _, bad := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
			for _, at := range []int{0, n / 2, n - 1} {
				y := slices.Clone(x)
				y[at] = float32(bad)
				if finite(2, y) {
					t.Errorf("%v at %d of %d was not seen", bad, at, n)
				}
			}
		}
	}
}

// parallel covers every index once.
func TestParallel(t *testing.T) {
	for _, n := range []int{0, 1, grain - 1, 2 * grain, 3*grain + 7, 10 * grain} {
		for threads := 1; threads <= 5; threads++ {
			seen := make([]int8, n)
			parallel(threads, n, func(from, to int) {
				for i := from; i < to; i++ {
					seen[i]++
				}
			})
			if slices.ContainsFunc(seen, func(c int8) bool { return c != 1 }) {
				t.Errorf("%d values on %d threads: some not covered once", n, threads)
			}
		}
	}
}

// Places needed at the same time never overlap, checked pair by pair.
func TestArrange(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		places := make([]*place, 30)
		need := 0
		for i := range places {
			first := r.IntN(40)
			places[i] = &place{size: 1 + r.IntN(1000), first: first, last: first + r.IntN(10)}
			need += aligned(places[i].size)
		}
		total := arrange(places)
		for i, p := range places {
			if p.offset%alignment != 0 || p.offset+p.size > total {
				t.Fatalf("place %+v in an arena of %d", *p, total)
			}
			for _, q := range places[:i] {
				together := p.first <= q.last && q.first <= p.last
				if together && p.offset < q.offset+q.size && q.offset < p.offset+p.size {
					t.Fatalf("%+v and %+v overlap", *p, *q)
				}
			}
		}
		if total >= need {
			t.Errorf("arena of %d bytes shares nothing (sum %d)", total, need)
		}
	}
}

// Two logits z, 0: loss log(1 + exp(-z)) for the first class, gradient p - 1.
func TestCrossEntropyClosedForm(t *testing.T) {
	for _, z := range []float64{0, 1, -3, 80, -80} {
		logits := []float32{float32(z), 0, 1e30} // the third class is not active
		losses, diff := make([]float32, 1), make([]float32, 3)
		err := crossEntropy(logits, data.Batch{Y: []int32{0}, Weight: []float32{2}}, []bool{true, true, false}, losses, diff)
		if err != nil {
			t.Fatal(err)
		}
		loss, p := math.Log1p(math.Exp(-z)), 1/(1+math.Exp(-z))
		for i, want := range []float64{2 * (p - 1), 2 * (1 - p), 0} {
			if math.Abs(float64(diff[i])-want) > 1e-6 {
				t.Errorf("z = %v: gradient %d is %v; want %v", z, i, diff[i], want)
			}
		}
		if math.Abs(float64(losses[0])-loss) > 1e-6*(1+loss) {
			t.Errorf("z = %v: loss %v; want %v", z, losses[0], loss)
		}
	}
}

// What is computed together, in training and in evaluation.
func TestFuse(t *testing.T) {
	layers := func(nodes []node) []int {
		var out []int
		for _, n := range nodes {
			out = append(out, n.out)
		}
		return out
	}
	if got, want := layers(fuse(small(), true, false)), []int{0, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; !slices.Equal(got, want) {
		t.Errorf("training makes values %v; want %v", got, want)
	}
	if got, want := layers(fuse(small(), false, false)), []int{2, 3, 4, 6, 7, 8, 9, 10, 12, 14, 15}; !slices.Equal(got, want) {
		t.Errorf("evaluation makes values %v; want %v", got, want)
	}
	shared := nn.Net{Input: []int{4}, Classes: 2, Layers: []nn.Layer{
		{Name: "a", Op: nn.Linear{Out: 4}}, {Name: "b", Op: nn.ReLU{}},
		{Name: "c", Op: nn.Add{}, Inputs: []int{0, 1}}, {Name: "d", Op: nn.Linear{Out: 2}},
	}}
	if n := fuse(shared, true, false)[0]; n.relu {
		t.Error("a ReLU was fused into a layer that has another user")
	}
}

// A convolution of evaluation adds where nobody needs the addend afterwards, and else leaves the addition to another node.
func TestFuseAddend(t *testing.T) {
	conv := nn.Conv2D{Out: 3, Kernel: 1, Stride: 1}
	block := func(layers ...nn.Layer) nn.Net { return nn.Net{Input: []int{3, 4, 4}, Classes: 3, Layers: layers} }
	at := func(op nn.Op, inputs ...int) nn.Layer { return nn.Layer{Op: op, Inputs: inputs} }
	for name, c := range map[string]struct {
		net      nn.Net
		training bool
		want     [][]int // what the nodes read
	}{
		"folded":           {block(at(conv, nn.Input), at(conv, 0), at(conv, 1), at(nn.BatchNorm{}, 2), at(nn.Add{}, 3, 0), at(nn.ReLU{}, 4), at(nn.GlobalAvgPool{}, 5)), false, [][]int{{nn.Input}, {0}, {1, 0}, {5}}},
		"second convs":     {block(at(conv, nn.Input), at(conv, 0), at(conv, 1), at(nn.Add{}, 2, 0)), false, [][]int{{nn.Input}, {0}, {1, 0}}},
		"either order":     {block(at(conv, nn.Input), at(conv, 0), at(conv, 1), at(nn.Add{}, 0, 2)), false, [][]int{{nn.Input}, {0}, {1, 0}}},
		"both convs":       {block(at(conv, nn.Input), at(conv, nn.Input), at(nn.Add{}, 0, 1)), false, [][]int{{nn.Input}, {nn.Input, 0}}},
		"training":         {block(at(conv, nn.Input), at(conv, 0), at(conv, 1), at(nn.Add{}, 2, 0)), true, [][]int{{nn.Input}, {0}, {1}, {2, 0}}},
		"read later":       {block(at(conv, nn.Input), at(conv, 0), at(conv, 1), at(nn.Add{}, 2, 0), at(nn.Add{}, 3, 0)), false, [][]int{{nn.Input}, {0}, {1}, {2, 0}, {3, 0}}},
		"seen through":     {block(at(conv, nn.Input), at(nn.Dropout{P: 0.5}, 0), at(conv, nn.Input), at(nn.Add{}, 2, 0), at(nn.Add{}, 3, 1)), false, [][]int{{nn.Input}, {nn.Input}, {2, 0}, {3, 0}}},
		"the sample":       {block(at(conv, nn.Input), at(nn.Add{}, 0, nn.Input)), false, [][]int{{nn.Input}, {0, nn.Input}}},
		"itself":           {block(at(conv, nn.Input), at(nn.Add{}, 0, 0)), false, [][]int{{nn.Input}, {0, 0}}},
		"read by the conv": {block(at(conv, nn.Input), at(conv, 0), at(nn.Add{}, 1, 0)), false, [][]int{{nn.Input}, {0}, {1, 0}}},
		"linear":           {nn.Net{Input: []int{3}, Classes: 3, Layers: []nn.Layer{at(nn.Linear{Out: 3}, nn.Input), at(nn.Linear{Out: 3}, 0), at(nn.Linear{Out: 3}, 1), at(nn.Add{}, 2, 0)}}, false, [][]int{{nn.Input}, {0}, {1}, {2, 0}}},
	} {
		var got [][]int
		for _, n := range fuse(c.net, c.training, false) {
			got = append(got, n.in)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: nodes read %v; want %v", name, got, c.want)
		}
	}
}
