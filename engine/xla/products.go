package xla

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/nn"
)

// weight is a layer's weight in the elements of the activations.
func (g *graph) weight(i int) value { return g.to(g.act, g.param(i, "weight")) }

// linear is y = x W^T + b, W [Out F]; dx = dy W, dW = dy^T x, db = the sum of dy.
func (g *graph) linear(i int, op nn.Linear, x value) (value, func(value)) {
	w := g.weight(i)
	y := g.dot(x, 1, w, 1)
	if op.Bias {
		y = g.bias(i, y)
	}
	return y, func(dy value) {
		g.paramGrad(i, "weight", g.dot(dy, 0, x, 0))
		if op.Bias {
			g.biasGrad(i, dy)
		}
		if g.wants(i, 0) {
			g.give(i, 0, g.dot(dy, 1, w, 0))
		}
	}
}

// bias adds a layer's bias along the last dimension.
func (g *graph) bias(i int, y value) value {
	return g.add(y, g.broadcast(g.to(g.act, g.param(i, "bias")), y.dims, len(y.dims)-1))
}

// dot is the product of two matrices, summed over dimension i of a and j of b.
func (g *graph) dot(a value, i int, b value, j int) value {
	attributes := fmt.Sprintf(" {dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [%d], rhs_contracting_dimensions = [%d]>, %s}", i, j, g.precision())
	return g.op("dot_general", attributes, typ{[]int{a.dims[1-i], b.dims[1-j]}, a.elem}, a, b)
}

// precision is the attribute of a product.
func (g *graph) precision() string {
	return fmt.Sprintf("precision_config = [#stablehlo<precision %[1]s>, #stablehlo<precision %[1]s>]", g.exact)
}

// window is a square window that slides over H and W.
type window struct{ kernel, stride, pad int }

// conv is a convolution of x [N H W I] with W [O kH kW I].
func (g *graph) conv(i int, op nn.Conv2D, x value) (value, func(value)) {
	how := g.direct
	switch {
	case g.byMatrix(op, x):
		how = g.dense
	case g.byWinograd(op, x):
		how = g.winograd
	}
	y, weights, input := how(op, x, g.weight(i))
	if op.Bias {
		y = g.bias(i, y)
	}
	return y, func(dy value) {
		g.paramGrad(i, "weight", weights(dy))
		if op.Bias {
			g.biasGrad(i, dy)
		}
		if g.wants(i, 0) {
			g.give(i, 0, input(dy))
		}
	}
}

// biasGrad sets the gradient of a layer's bias, the sum of that of its output over all but the last dimension.
func (g *graph) biasGrad(i int, dy value) {
	if over, last := g.channels(dy); g.net.Centred(i) {
		g.paramGrad(i, "bias", g.full(typ{dy.dims[last:], f32}, 0))
	} else {
		g.paramGrad(i, "bias", g.sum(g.to(f32, dy), over...))
	}
}

// outputs is how many positions the output of a convolution of x has along H and W.
func outputs(op nn.Conv2D, x value) (p, q int) {
	w := window{op.Kernel, op.Stride, op.Pad}
	return w.positions(x.dims[1] + 2*op.Pad), w.positions(x.dims[2] + 2*op.Pad)
}

// direct is an operation of XLA's: its output, and what gives the gradients of weights and input. They are convolutions,
// too, in the forms that XLA recognises: dx of dy, with holes, with W turned around; dW of x with dy, with holes, the
// batch as channels, but for those that are made byPatches.
func (g *graph) direct(op nn.Conv2D, x, w value) (y value, weights, input func(dy value) value) {
	o := convolution{out: "[b, 0, 1, f]x[o, 0, 1, i]->[b, 0, 1, f]", stride: op.Stride, low: [2]int{op.Pad, op.Pad}, high: [2]int{op.Pad, op.Pad}, left: 1, right: 1}
	p, q := outputs(op, x)
	shape := []int{g.n, p, q, op.Out}
	weights = func(dy value) value { return g.convWeights(op, x, dy, w.dims) }
	if g.byPatches(x) {
		weights = func(dy value) value { return g.patchWeights(op, x, dy, w.dims) }
	}
	input = func(dy value) value { return g.convData(op, dy, w, x.dims) }
	return g.convolve(o, x, w, shape), weights, input
}

// convWeights is the gradient of a convolution's weights [O kH kW I].
func (g *graph) convWeights(op nn.Conv2D, x, dy value, shape []int) value {
	o := convolution{out: "[f, 0, 1, b]x[i, 0, 1, o]->[f, 0, 1, b]", stride: 1, low: [2]int{op.Pad, op.Pad}, left: 1, right: op.Stride}
	for d := range 2 { // as many positions as the kernel has
		o.high[d] = op.Kernel + (dy.dims[1+d]-1)*op.Stride - x.dims[1+d] - op.Pad
	}
	return g.convolve(o, x, dy, shape)
}

// byPatches reports whether the gradient of the weights of a convolution of x is a product of x's patches: for few channels
// cuDNN's fastest algorithm in float32 sums in another order each time (9.19, on an H100).
func (g *graph) byPatches(x value) bool { return g.large && g.act == f32 && x.dims[3] < fewest }

// mostPatches is how many values of patches are there at once.
var mostPatches = 1 << 26

// patchWeights is convWeights as that product, dy^T [O N H W] with the patches [N H W kH kW I], of some samples at a time,
// whose patches are of moderate size.
func (g *graph) patchWeights(op nn.Conv2D, x, dy value, shape []int) (total value) {
	w := window{op.Kernel, op.Stride, op.Pad}
	rows, values := dy.dims[1]*dy.dims[2], op.Kernel*op.Kernel*x.dims[3]
	some := max(1, mostPatches/(rows*values))
	for from := 0; from < g.n; from += some {
		n := min(some, g.n-from)
		patches := g.joinAlong(3, g.places(g.padded(g.samples(x, from, n), w, 0), w))
		d := g.reshape(g.samples(dy, from, n), n*rows, op.Out)
		total = g.plus(total, g.dot(d, 0, g.reshape(patches, n*rows, values), 0))
	}
	return g.reshape(total, shape...)
}

// samples are n samples of x.
func (g *graph) samples(x value, from, n int) value {
	if n == x.dims[0] {
		return x
	}
	start, to := make([]int, len(x.dims)), slices.Clone(x.dims)
	start[0], to[0] = from, from+n
	return g.slice(x, start, to, slices.Repeat([]int{1}, len(to)))
}

// convData is the gradient of a convolution's input [N H W I].
func (g *graph) convData(op nn.Conv2D, dy, w value, shape []int) value {
	low := op.Kernel - 1 - op.Pad
	o := convolution{out: "[b, 0, 1, f]x[i, 0, 1, o]->[b, 0, 1, f]", stride: 1, low: [2]int{low, low}, left: op.Stride, right: 1}
	for d := range 2 {
		o.high[d] = shape[1+d] + op.Kernel - 1 - ((dy.dims[1+d]-1)*op.Stride + 1) - low
	}
	return g.convolve(o, dy, g.turned(w), shape)
}

// turned is weights [O kH kW I] turned around.
func (g *graph) turned(w value) value {
	return g.op("reverse", " {dimensions = array<i64: 1, 2>}", w.typ, w)
}

// convolution holds the attributes of StableHLO's operation.
type convolution struct {
	out       string // dimension numbers
	stride    int
	low, high [2]int // padding of H and W
	left      int    // dilation of the first operand
	right     int    // of the second
}

func (g *graph) convolve(c convolution, a, b value, shape []int) value {
	attributes := fmt.Sprintf(" {window_strides = array<i64: %[1]d, %[1]d>, padding = dense<[[%[2]d, %[3]d], [%[4]d, %[5]d]]> : tensor<2x2xi64>, lhs_dilation = array<i64: %[6]d, %[6]d>, rhs_dilation = array<i64: %[7]d, %[7]d>, window_reversal = array<i1: false, false>, dimension_numbers = #stablehlo.conv<%[8]s>, feature_group_count = 1 : i64, batch_group_count = 1 : i64, %[9]s}",
		c.stride, c.low[0], c.high[0], c.low[1], c.high[1], c.left, c.right, c.out, g.precision())
	return g.op("convolution", attributes, typ{shape, a.elem}, a, b)
}
