package onednn

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// naive are a convolution of 3x3 and its gradients by their definitions, row-major in float64.
type naive struct {
	n, pad  int
	in, out []int
}

// each calls f with the indices of every product of the convolution: y[a] += x[b] w[c].
func (g naive) each(f func(y, x, w int)) {
	for i := range g.n {
		for o := range g.out[0] {
			for c := range g.in[0] {
				for k := range 9 {
					for p := range g.out[1] * g.out[2] {
						h, w := p/g.out[2]+k/3-g.pad, p%g.out[2]+k%3-g.pad
						if h >= 0 && h < g.in[1] && w >= 0 && w < g.in[2] {
							f((i*g.out[0]+o)*g.out[1]*g.out[2]+p, ((i*g.in[0]+c)*g.in[1]+h)*g.in[2]+w, (o*g.in[0]+c)*9+k)
						}
					}
				}
			}
		}
	}
}

// Winograd's method in bfloat16 is off by little more than the rounding of its factors, for maps
// that fit its tiles and that do not.
func TestWinogradInBF16(t *testing.T) {
	e := openBF16(t, nil)
	r := rand.New(rand.NewPCG(5, 5))
	for _, c := range []struct{ n, in, out, h, w, pad, threads int }{
		{2, 16, 32, 8, 8, 1, 1}, {3, 32, 16, 5, 7, 1, 2}, {2, 16, 16, 9, 6, 0, 2}, {5, 48, 32, 2, 2, 1, 2}, {5, 16, 16, 67, 66, 1, 2}, {2, 16, 16, 1, 3, 2, 1},
	} {
		for _, typ := range []dnnl.Type{dnnl.F32, dnnl.BF16} {
			g := naive{n: c.n, pad: c.pad, in: []int{c.in, c.h, c.w}, out: []int{c.out, c.h + 2*c.pad - 2, c.w + 2*c.pad - 2}}
			worst := compareWinograd(t, e, r, g, typ, c.threads)
			t.Logf("%+v, type %d: %.4f", c, typ, worst)
			for i, off := range worst {
				if !(off < 0.02) {
					t.Errorf("%+v, type %d: %s is off by %.3f", c, typ, []string{"output", "gradient of the input", "gradient of the weights", "gradient of the bias"}[i], off)
				}
			}
		}
	}
}

// compareWinograd returns how far output and gradients are off, as root of the mean square over that
// of the values.
func compareWinograd(t *testing.T, e *Engine, r *rand.Rand, g naive, typ dnnl.Type, threads int) (off [4]float64) {
	draw := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	size := func(shape []int) int { return g.n * shape[0] * shape[1] * shape[2] }
	x, dy, w, bias := draw(size(g.in)), draw(size(g.out)), draw(9*g.in[0]*g.out[0]), draw(g.out[0])
	y, dx, dw, db := make([]float64, len(dy)), make([]float64, len(x)), make([]float64, len(w)), make([]float64, len(bias))
	for i := range y {
		o := i / (g.out[1] * g.out[2]) % g.out[0]
		y[i], db[o] = float64(bias[o]), db[o]+float64(dy[i])
	}
	g.each(func(a, b, c int) {
		y[a] += float64(x[b]) * float64(w[c])
		dx[b] += float64(dy[a]) * float64(w[c])
		dw[c] += float64(dy[a]) * float64(x[b])
	})
	for i := range y {
		y[i] = math.Max(y[i], 0)
	}
	check(t, e.do(func() error {
		dnnl.SetThreads(threads)
		p := newProgram(e.engine, new(region))
		defer func() { check(t, p.free()) }()
		enter := func(shape []int, tag dnnl.Tag, typ dnnl.Type) (plain, inner *tensor) {
			from, err := dnnl.NewDesc(shape, dnnl.Plain(len(shape)))
			check(t, err)
			to, err := dnnl.NewDescOf(typ, shape, tag)
			check(t, err)
			return p.tensor(from), p.tensor(to)
		}
		image := func(shape []int) []int { return append([]int{g.n}, shape...) }
		px, bx := enter(image(g.in), dnnl.ABCD16B, typ)
		pdy, bdy := enter(image(g.out), dnnl.ABCD16B, typ)
		pw, bw := enter([]int{g.out[0], g.in[0], 3, 3}, dnnl.ABCD16B16A, dnnl.F32)
		pdw, bdw := enter([]int{g.out[0], g.in[0], 3, 3}, dnnl.ABCD16B16A, dnnl.F32)
		pb, pdb := enter(g.out[:1], dnnl.A, dnnl.F32)
		check(t, errors.Join(p.reorder(px, bx, "x"), p.reorder(pdy, bdy, "dy"), p.reorder(pw, bw, "w")))
		f := newTiled(g.n, threads, g.in, g.out, g.pad)
		u, err := f.transformed(p, "forward", bw, false)
		check(t, err)
		by, err := f.forward(p, "forward", bx, u, pb, typ, true)
		check(t, err)
		back := newTiled(g.n, threads, g.out, g.in, 2-g.pad)
		u, err = back.transformed(p, "data", bw, true)
		check(t, err)
		bdx, err := back.forward(p, "data", bdy, u, nil, typ, false)
		check(t, err)
		check(t, f.weights(p, "weights", bx, bdy, bdw, pdb))
		py, err := p.as(by, pdy.md, "y")
		check(t, err)
		pdx, err := p.as(bdx, px.md, "dx")
		check(t, err)
		check(t, p.reorder(bdw, pdw, "dw"))
		p.touch(px, pdy, pw, pb, pdb, py, pdx, pdw)
		for _, q := range p.places {
			q.first = 0 // none shares the memory of the inputs
		}
		check(t, p.alone("a test"))
		check(t, p.bind())
		for _, in := range []struct {
			t *tensor
			v []float32
		}{{px, x}, {pdy, dy}, {pw, w}, {pb, bias}} {
			copy(in.t.at.floats(len(in.v)), in.v)
		}
		check(t, p.run(e.stream, nil))
		for i, out := range []struct {
			t    *tensor
			want []float64
		}{{py, y}, {pdx, dx}, {pdw, dw}, {pdb, db}} {
			diff, sum := 0.0, 0.0
			for j, v := range out.t.at.floats(len(out.want)) {
				diff, sum = diff+math.Pow(float64(v)-out.want[j], 2), sum+out.want[j]*out.want[j]
			}
			off[i] = math.Sqrt(diff / sum)
		}
		return nil
	}))
	return off
}
