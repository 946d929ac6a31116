package xla

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/local-to-global/lgl/engine/xla/interpret"
	"github.com/local-to-global/lgl/nn"
)

// Winograd's way gives the outputs and gradients of the direct one, which is held to PyTorch: even and odd maps, every padding.
func TestWinograd(t *testing.T) {
	for _, c := range []struct{ h, w, pad int }{{8, 8, 1}, {7, 4, 1}, {5, 9, 0}, {6, 5, 2}, {2, 2, 1}, {3, 3, 1}} {
		t.Run(fmt.Sprintf("%dx%d, padding %d", c.h, c.w, c.pad), func(t *testing.T) {
			s, op := source{graph: newGraph(nn.Net{}, 3, "f32")}, nn.Conv2D{Out: 17, Kernel: 3, Stride: 1, Pad: c.pad}
			x, w := s.input(typ{[]int{3, c.h, c.w, 16}, f32}, -1), s.input(typ{[]int{17, 3, 3, 16}, f32}, -1)
			dy := s.input(typ{[]int{3, c.h + 2*c.pad - 2, c.w + 2*c.pad - 2, 17}, f32}, -1)
			s.large = true
			if !s.byWinograd(op, x) {
				t.Fatal("it is not done that way")
			}
			asDirect(t, s, s.winograd, op, x, w, dy)
		})
	}
}

// asDirect holds a way of a convolution of x with w, and its gradients given dy, to the direct one.
func asDirect(t *testing.T, s source, way func(op nn.Conv2D, x, w value) (value, func(value) value, func(value) value), op nn.Conv2D, x, w, dy value) {
	t.Helper()
	var outs []value
	for _, how := range []func(nn.Conv2D, value, value) (value, func(value) value, func(value) value){s.direct, way} {
		y, weights, input := how(op, x, w)
		outs = append(outs, y, weights(dy), input(dy))
	}
	all := computed(t, s, outs)
	for i, name := range []string{"output", "gradient of the weights", "gradient of the input"} {
		if d := distance(all[3+i], all[i]); !(d <= 1e-6) {
			t.Errorf("%s: relative difference %g", name, d)
		}
	}
}

// The gradient of the weights by patches is the direct one, all samples at once or one by one.
func TestPatchWeights(t *testing.T) {
	defer func(all int) { mostPatches = all }(mostPatches)
	for _, mostPatches = range []int{mostPatches, 1} {
		for _, op := range []nn.Conv2D{{Out: 5, Kernel: 3, Stride: 1, Pad: 1}, {Out: 4, Kernel: 5, Stride: 2, Pad: 2}, {Out: 4, Kernel: 2, Stride: 3, Pad: 0}} {
			s := source{graph: newGraph(nn.Net{}, 3, "tf32")}
			x, w := s.input(typ{[]int{3, 9, 8, 3}, f32}, -1), s.input(typ{[]int{op.Out, op.Kernel, op.Kernel, 3}, f32}, -1)
			y, weights, _ := s.direct(op, x, w)
			dy := s.input(y.typ, -1)
			if s.large = true; !s.byPatches(x) {
				t.Fatal("it is not done that way")
			}
			if all := computed(t, s, []value{weights(dy), s.patchWeights(op, x, dy, w.dims)}); distance(all[1], all[0]) > 1e-6 {
				t.Errorf("%+v, %d values at once: relative difference %g", op, mostPatches, distance(all[1], all[0]))
			}
		}
	}
	for _, g := range []*graph{newGraph(nn.Net{}, 1, "bf16"), newGraph(nn.Net{}, 1, "f32")} { // small work
		if g.byPatches(value{typ: typ{[]int{1, 9, 9, 3}, g.act}}) {
			t.Errorf("%s: it is done that way", g.act)
		}
	}
}

// It is left where it saves no multiplications, or cannot be done.
func TestDirectInstead(t *testing.T) {
	fits, many := nn.Conv2D{Out: 64, Kernel: 3, Stride: 1, Pad: 1}, value{typ: typ{[]int{8, 4, 4, 64}, f32}}
	for name, c := range map[string]struct {
		op        nn.Conv2D
		x         []int
		precision string
	}{
		"small work":    {fits, many.dims, "f32"},
		"tensor cores":  {fits, many.dims, "tf32"},
		"bfloat16":      {fits, many.dims, "bf16"},
		"stride":        {nn.Conv2D{Out: 64, Kernel: 3, Stride: 2, Pad: 1}, many.dims, "f32"},
		"kernel":        {nn.Conv2D{Out: 64, Kernel: 5, Stride: 1, Pad: 2}, many.dims, "f32"},
		"few channels":  {fits, []int{8, 4, 4, 3}, "f32"},
		"few outputs":   {nn.Conv2D{Out: 8, Kernel: 3, Stride: 1, Pad: 1}, many.dims, "f32"},
		"one position":  {fits, []int{8, 1, 1, 64}, "f32"},
		"large padding": {nn.Conv2D{Out: 64, Kernel: 3, Stride: 1, Pad: 3}, many.dims, "f32"},
	} {
		g := newGraph(nn.Net{}, 8, c.precision)
		if g.large = name != "small work"; g.byWinograd(c.op, value{typ: typ{c.x, f32}}) {
			t.Errorf("%s: it is done that way", name)
		}
	}
}

// computed runs a program on random inputs.
func computed(t *testing.T, s source, outs []value) (all [][]float32) {
	t.Helper()
	p, err := interpret.Parse(s.module(s.args, outs))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var in []interpret.Tensor
	for _, a := range s.args {
		x := make([]float32, a.elements())
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		in = append(in, interpret.Tensor{Type: a.elem, Dims: a.dims, Data: bytesOf(x)})
	}
	results, err := p.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range results {
		all = append(all, unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(o.Data))), len(o.Data)/4))
	}
	return all
}

// distance is the norm of the difference over that of want.
func distance(got, want []float32) float64 {
	var d, q float64
	for i, v := range want {
		d += math.Pow(float64(got[i]-v), 2)
		q += math.Pow(float64(v), 2)
	}
	return math.Sqrt(d / q)
}
