package xla

import "math"

// maxPool takes the largest value under a window. The gradient goes to the first such value in
// row-major order, as in PyTorch: each place in the window is a strided slice of the input, so
// nothing but element-wise operations is needed. Which place it was is kept, in a byte where that can hold it.
func (g *graph) maxPool(i int, w window, x value) (value, func(value)) {
	padded := g.padded(x, w, float32(math.Inf(-1)))
	places := g.places(padded, w)
	y, number := places[0], ui8
	if len(places) > 256 {
		number = i32
	}
	from := g.full(y.of(number), 0)
	for k, p := range places[1:] {
		from = g.pick(g.compare("GT", p, y), g.full(from.typ, float32(k+1)), from)
		y = g.each("maximum", y, p)
	}
	return y, func(dy value) {
		if !g.wants(i, 0) {
			return
		}
		zero := g.full(dy.typ, 0)
		var total value
		for k := range places {
			here := g.compare("EQ", from, g.full(from.typ, float32(k)))
			total = g.plus(total, g.putBack(g.pick(here, dy, zero), w, k, padded.dims))
		}
		g.give(i, 0, g.cropped(total, w, x.dims))
	}
}

// avgPool takes the mean under a window, in which padding counts as zeros.
func (g *graph) avgPool(i int, w window, x value) (value, func(value)) {
	padded := g.padded(g.to(f32, x), w, 0)
	var y value
	for _, p := range g.places(padded, w) {
		y = g.plus(y, p)
	}
	area := float32(w.kernel * w.kernel)
	y = g.to(g.act, g.mul(y, g.full(y.typ, 1/area)))
	return y, func(dy value) {
		if !g.wants(i, 0) {
			return
		}
		share := g.to(f32, dy)
		share = g.mul(share, g.full(share.typ, 1/area))
		var total value
		for k := range w.kernel * w.kernel {
			total = g.plus(total, g.putBack(share, w, k, padded.dims))
		}
		g.give(i, 0, g.to(dy.elem, g.cropped(total, w, x.dims)))
	}
}

// globalPool is the mean over H and W: [N H W C] to [N 1 1 C].
func (g *graph) globalPool(i int, x value) (value, func(value)) {
	share := 1 / float32(x.dims[1]*x.dims[2])
	s := g.sum(g.to(f32, x), 1, 2)
	y := g.reshape(g.to(g.act, g.mul(s, g.full(s.typ, share))), g.n, 1, 1, x.dims[3])
	return y, func(dy value) {
		if g.wants(i, 0) {
			d := g.to(f32, dy)
			d = g.to(dy.elem, g.mul(d, g.full(d.typ, share)))
			g.give(i, 0, g.broadcast(g.reshape(d, g.n, x.dims[3]), x.dims, 0, 3))
		}
	}
}

// padded pads H and W of x by a window's padding with v.
func (g *graph) padded(x value, w window, v float32) value {
	if w.pad == 0 {
		return x
	}
	edge := []int{0, w.pad, w.pad, 0}
	return g.pad(x, g.to(x.elem, g.scalar(v)), edge, edge, make([]int, 4))
}

// cropped takes the padding off again.
func (g *graph) cropped(x value, w window, dims []int) value {
	if w.pad == 0 {
		return x
	}
	return g.slice(x, []int{0, w.pad, w.pad, 0}, []int{dims[0], w.pad + dims[1], w.pad + dims[2], dims[3]}, []int{1, 1, 1, 1})
}

// positions is how often the window fits along a dimension of the padded size.
func (w window) positions(size int) int { return (size-w.kernel)/w.stride + 1 }

// places are the values under each place of the window, in row-major order, [N H' W' C] each.
func (g *graph) places(x value, w window) []value {
	h, wide := w.positions(x.dims[1]), w.positions(x.dims[2])
	var all []value
	for k := range w.kernel * w.kernel {
		r, c := k/w.kernel, k%w.kernel
		to := []int{x.dims[0], r + (h-1)*w.stride + 1, c + (wide-1)*w.stride + 1, x.dims[3]}
		all = append(all, g.slice(x, []int{0, r, c, 0}, to, []int{1, w.stride, w.stride, 1}))
	}
	return all
}

// putBack puts d [N H' W' C] back to where place k of the window takes it from, in zeros of dims.
func (g *graph) putBack(d value, w window, k int, dims []int) value {
	r, c := k/w.kernel, k%w.kernel
	behind := []int{0, dims[1] - r - (d.dims[1]-1)*w.stride - 1, dims[2] - c - (d.dims[2]-1)*w.stride - 1, 0}
	return g.pad(d, g.to(d.elem, g.scalar(0)), []int{0, r, c, 0}, behind, []int{0, w.stride - 1, w.stride - 1, 0})
}

// plus adds, where there is something to add to.
func (g *graph) plus(total, d value) value {
	if total.name == "" {
		return d
	}
	return g.add(total, d)
}
