package xla

import "github.com/local-to-global/lgl/nn"

// byMatrix reports whether a convolution of x is one product of matrices: where the map is so small that each position of the
// output sees most of it, most of a kernel meets padding. The matrix is at most twice as large as the kernels.
func (g *graph) byMatrix(op nn.Conv2D, x value) bool {
	p, q := outputs(op, x)
	kernel, places := op.Kernel*op.Kernel, x.dims[1]*x.dims[2]
	return op.Pad < op.Kernel && 2*places <= kernel && p*q*places <= 2*kernel
}

// dense is conv in that way: x [N, H W I] with a matrix [P Q O, H W I], whose rows for a position of the output are the weights
// as they lie over the map there.
func (g *graph) dense(op nn.Conv2D, x, w value) (y value, weights, input func(dy value) value) {
	h, wide := x.dims[1], x.dims[2]
	p, q := outputs(op, x)
	var parts []value
	for k := range p * q {
		low, high := over(op, k, q, x.dims)
		parts = append(parts, g.reshape(g.shifted(w, low, high), op.Out, h*wide*x.dims[3]))
	}
	matrix := g.join(parts)
	flat := func(v value) value { return g.reshape(v, g.n, v.elements()/g.n) }
	weights = func(dy value) (total value) {
		all := g.dot(flat(dy), 0, flat(x), 0)
		for k := range p * q {
			part := g.slice(all, []int{k * op.Out, 0}, []int{(k + 1) * op.Out, all.dims[1]}, []int{1, 1})
			part = g.to(f32, g.reshape(part, op.Out, h, wide, x.dims[3]))
			low, high := over(op, k, q, x.dims)
			for d := range 4 {
				low[d], high[d] = -low[d], -high[d]
			}
			total = g.plus(total, g.shifted(part, low, high))
		}
		return total
	}
	input = func(dy value) value { return g.reshape(g.dot(flat(dy), 1, matrix, 0), x.dims...) }
	return g.reshape(g.dot(flat(x), 1, matrix, 1), g.n, p, q, op.Out), weights, input
}

// over is by how much the kernel [O kH kW I] must be padded, or, below 0, cut off, to lie over a map of dims at position k of the
// output, of q in a row.
func over(op nn.Conv2D, k, q int, dims []int) (low, high []int) {
	low, high = make([]int, 4), make([]int, 4)
	for d, at := range []int{k / q, k % q} {
		low[1+d] = at*op.Stride - op.Pad
		high[1+d] = dims[1+d] - op.Kernel - low[1+d]
	}
	return low, high
}

// shifted pads v with zeros, or cuts off where it is told less than 0.
func (g *graph) shifted(v value, low, high []int) value {
	return g.pad(v, g.to(v.elem, g.scalar(0)), low, high, make([]int, len(low)))
}
