package onednn

import (
	"errors"
	"math"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// points are the numbers of Winograd's F(4x4, 3x3) (Lavin and Gray 2016) at the points 0, a, -a, b,
// -b and infinity, in the order in which the assembly takes them. With d a window of 6x6 inputs, g
// a kernel, y a tile of 4x4 outputs:
//
//	y = A^T [(G g G^T) * (B^T d B)] A
//	dg = G^T [(A dy A^T) * (B^T d B)] G, summed over the tiles
//
// where * multiplies element by element; over all channels and tiles it is 36 matrix products. a =
// 5/8 and b = 3/2, oneDNN's points, lose least to rounding: with factors of bfloat16 the result is
// off by 0.8% (root of the mean square), where the direct method's is by 0.25%.
type points [19]float32

// newPoints returns the numbers for a and b.
func newPoints(a, b float64) *points {
	n0 := 1 / (a * a * b * b)
	na, nb := 1/(2*a*a*(a*a-b*b)), 1/(2*b*b*(b*b-a*a)) // over the differences to the other points
	var p points
	for i, v := range []float64{
		-b * b, -a * a, a, b, a * a * b * b, -(a*a + b*b), // B
		a, a * a, a * a * a, b, b * b, b * b * b, // A
		n0, na, na * a, na * a * a, nb, nb * b, nb * b * b, // G
	} {
		p[i] = float32(v)
	}
	return &p
}

var table = newPoints(5.0/8, 3.0/2)

const (
	tile     = 4        // outputs on a side
	window   = tile + 2 // inputs on a side
	products = window * window
	tapBytes = lanes * lanes * 4 // from one tap to the next in weights of blocks 16i16o
)

// tiled is a convolution by Winograd's method with products of bfloat16: its geometry in one
// direction, from a map [C H W] to one [O H' W'].
type tiled struct {
	n, threads   int
	in, out      []int
	pad          int
	high, across int      // tiles of an image
	windows      []uint16 // which places there are: 36 masks a tile
	tiles        []uint16 // 16 masks a tile
}

// tileable reports whether Winograd's method takes a convolution.
func tileable(g conv) bool {
	w := g.window
	return w.Kernel == [2]int{3, 3} && w.Stride == [2]int{1, 1} && w.Pad[0] <= 2 && g.in[0]%lanes == 0 && g.out[0]%lanes == 0
}

func newTiled(n, threads int, in, out []int, pad int) tiled {
	t := tiled{n: n, threads: threads, in: in, out: out, pad: pad, high: (out[1] + tile - 1) / tile, across: (out[2] + tile - 1) / tile}
	for y := range t.high {
		for x := range t.across {
			t.windows = append(t.windows, masks(window, tile*y-pad, tile*x-pad, in)...)
			t.tiles = append(t.tiles, masks(tile, tile*y, tile*x, out)...)
		}
	}
	return t
}

// masks has one for each place of a square from (y, x) on: all ones where the map has it.
func masks(side, y, x int, shape []int) []uint16 {
	all := make([]uint16, side*side)
	for i := range all {
		h, w := y+i/side, x+i%side
		if h >= 0 && h < shape[1] && w >= 0 && w < shape[2] {
			all[i] = math.MaxUint16
		}
	}
	return all
}

// each is the number of tiles of an image.
func (t tiled) each() int { return t.high * t.across }

// matrices describes the 36 matrices [rows columns] of a transform, and transposed, how the product
// takes them as [columns rows].
func matrices(typ dnnl.Type, rows, columns int) (md, transposed dnnl.Desc, err error) {
	md, err1 := dnnl.NewDescOf(typ, []int{products, rows, columns}, dnnl.ABC)
	transposed, err2 := dnnl.NewStrided([]int{products, columns, rows}, []int{rows * columns, 1, columns})
	return md, transposed.As(typ), errors.Join(err1, err2)
}

// pitch is the bytes from one of the 36 matrices to the next.
func pitch(typ dnnl.Type, rows, columns int) uintptr { return uintptr(rows * columns * typ.Size()) }

// blocked describes a batch of maps in blocks of 16 channels.
func blocked(typ dnnl.Type, n int, shape []int) (dnnl.Desc, error) {
	return dnnl.NewDescOf(typ, append([]int{n}, shape...), dnnl.ABCD16B)
}

// together is the number of tiles that are worked on together, so that they stay in the caches.
const together = 1024

// chunk is the number of images that are worked on together, from one on.
func (t tiled) chunk(from int) int { return min(max(1, together/t.each()), t.n-from) }

// apart is the number of rows between two of the 36 matrices, so that they do not share lines of the
// caches. Their products are not read.
const apart = 1

// forward adds y = x * w to a program: x [N C H W] in blocks, u the transformed weights w, bias [O]
// or nil. The gradient by the input is the same with y's gradient for x and the kernels turned.
func (t tiled) forward(p *program, name string, x, u, bias *tensor, result dnnl.Type, relu bool) (*tensor, error) {
	md, err := blocked(result, t.n, t.out)
	if err != nil {
		return nil, err
	}
	y := p.tensor(md)
	for from := 0; from < t.n; {
		images := t.chunk(from)
		if err := t.part(p, name, x, u, y, bias, from, images, relu); err != nil {
			return nil, err
		}
		from += images
	}
	return y, nil
}

// transformed adds the transform of the weights, as forward takes it: w is [O C 3 3] in the blocks
// of the slab; turned, it is [C O 3 3].
func (t tiled) transformed(p *program, name string, w *tensor, turned bool) (*tensor, error) {
	u, as, err := t.kernels(turned)
	if err != nil {
		return nil, err
	}
	to := p.tensor(u)
	p.call(name+" kernels", func() error { t.spreadKernels(to.at, w.at, turned); return nil }, w, to)
	return p.view(to.at, as), nil
}

// kernels describes the transformed weights: as they lie, with input and output channels as in the
// slab, and as the products take them.
func (t tiled) kernels(turned bool) (lie, as dnnl.Desc, err error) {
	if !turned {
		lie, _, err = matrices(dnnl.BF16, t.in[0], t.out[0])
		return lie, lie, err
	}
	return matrices(dnnl.BF16, t.out[0], t.in[0])
}

// part adds the convolution of some images.
func (t tiled) part(p *program, name string, x, u, y, bias *tensor, from, images int, relu bool) error {
	rows := images*t.each() + apart
	vs, _, err1 := matrices(dnnl.BF16, rows, t.in[0])
	ms, _, err2 := matrices(dnnl.F32, rows, t.out[0])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	v, m := p.tensor(vs), p.tensor(ms)
	p.call(name+" windows", func() error { t.transform(x, v, from, images, rows); return nil }, x, v)
	pd, err := p.engine.MatMul(&v.md, &u.md, nil, &m.md, false)
	if err != nil {
		return err
	}
	if err := p.add(name, pd, arg{dnnl.Src, v}, arg{dnnl.Weights, u}, arg{dnnl.Dst, m}); err != nil {
		return err
	}
	p.call(name+" tiles", func() error { t.gather(m, y, bias, from, images, rows, relu); return nil }, m, y, bias)
	return nil
}

// weights adds the gradients of weights and bias (nil if there is none) to a program: dw in the
// layout of the slab.
func (t tiled) weights(p *program, name string, x, dy, dw, dbias *tensor) error {
	md, _, err := matrices(dnnl.F32, t.in[0], t.out[0])
	if err != nil {
		return err
	}
	u := p.tensor(md)
	for from := 0; from < t.n; {
		images := t.chunk(from)
		if err := t.weightsOf(p, name, x, dy, u, dbias, from, images); err != nil {
			return err
		}
		from += images
	}
	p.call(name+" kernels", func() error { t.gatherKernels(u, dw); return nil }, u, dw)
	return nil
}

// weightsOf adds what some images add to u and to the bias.
func (t tiled) weightsOf(p *program, name string, x, dy, u, dbias *tensor, from, images int) error {
	rows := images * t.each()
	vs, transposed, err1 := matrices(dnnl.BF16, rows, t.in[0])
	qs, _, err2 := matrices(dnnl.BF16, rows, t.out[0])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	v, q := p.tensor(vs), p.tensor(qs)
	p.call(name+" windows", func() error { t.transform(x, v, from, images, rows); return nil }, x, v)
	p.call(name+" tiles", func() error { t.spread(dy, q, dbias, from, images); return nil }, dy, q, dbias)
	v = p.view(v.at, transposed)
	pd, err := p.engine.MatMul(&v.md, &q.md, nil, &u.md, from > 0)
	if err != nil {
		return err
	}
	return p.add(name, pd, arg{dnnl.Src, v}, arg{dnnl.Weights, q}, arg{dnnl.Dst, u})
}
