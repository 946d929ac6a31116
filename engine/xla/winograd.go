package xla

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/nn"
)

// Winograd's F(2x2, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016): a tile of 4x4 inputs,
// two apart from the next, gives 2x2 outputs by 16 multiplications for each pair of channels instead of 36,
//
//	y = A^T ((G w G^T) o (B^T x B)) A
//
// where each of the 16 is a product of matrices, [tiles I] with [O I]. The gradient of w is
//
//	dw = G^T ((A dy A^T) o (B^T x B)) G
//
// and that of x is the same convolution of dy, with w turned around. What it costs are two or three bits of float32.
var (
	inputTransform    = matrix{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}} // B^T
	weightTransform   = matrix{{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}}         // G
	weightBack        = matrix{{1, .5, .5, 0}, {0, .5, -.5, 0}, {0, .5, .5, 1}}           // G^T
	outputTransform   = matrix{{1, 1, 1, 0}, {0, 1, -1, -1}}                              // A^T
	gradientTransform = matrix{{1, 0}, {1, 1}, {1, -1}, {0, -1}}                          // A
)

// matrix holds coefficients, by rows.
type matrix [][]float32

// square holds the values at each place of a tile, by rows.
type square [][]value

// fewest is how many channels a convolution must have on both sides for its matrices to be worth it.
const fewest = 16

// byWinograd reports whether a convolution of x is done that way: in float32, where multiplications are what takes the
// time (tensor cores have no use for it), in large programs, since it takes twice as long to compile.
func (g *graph) byWinograd(op nn.Conv2D, x value) bool {
	p, q := x.dims[1]+2*op.Pad-2, x.dims[2]+2*op.Pad-2
	return g.large && g.exact == "HIGHEST" && op.Kernel == 3 && op.Stride == 1 && op.Pad <= 2 && min(op.Out, x.dims[3]) >= fewest &&
		16*half(p)*half(q) < 9*p*q
}

// half is the number of tiles that n outputs need.
func half(n int) int { return (n + 1) / 2 }

// winograd is conv in that way: the output, and what gives the gradients of weights and input.
func (g *graph) winograd(op nn.Conv2D, x, w value) (y value, weights, input func(dy value) value) {
	h, wide := x.dims[1], x.dims[2]
	p, q := h+2*op.Pad-2, wide+2*op.Pad-2
	tiles := g.tiles(x, op.Pad, p, q)
	weights = func(dy value) value {
		even := g.pad(dy, g.scalar(0), make([]int, 4), []int{0, 2*half(p) - p, 2*half(q) - q, 0}, make([]int, 4))
		d := g.stacked(g.sandwich(gradientTransform, g.square(even, window{2, 2, 0})))
		dw := g.unstacked(g.batched(d, 1, tiles, 1), w.dims[0], 1, 1, w.dims[3])
		return g.spread(g.sandwich(weightBack, dw), window{3, 1, 0}, w.dims)
	}
	input = func(dy value) value {
		return g.fromTiles(g.tiles(dy, 2-op.Pad, h, wide), g.transpose(g.turned(w), 3, 1, 2, 0), h, wide)
	}
	return g.fromTiles(tiles, w, p, q), weights, input
}

// tiles transforms x [N H W I], padded, for outputs [N p q O]: [16 tiles I].
func (g *graph) tiles(x value, pad, p, q int) value {
	behind := []int{0, 2*half(p) + 2 - x.dims[1] - pad, 2*half(q) + 2 - x.dims[2] - pad, 0}
	x = g.pad(x, g.scalar(0), []int{0, pad, pad, 0}, behind, make([]int, 4))
	return g.stacked(g.sandwich(inputTransform, g.square(x, window{4, 2, 0})))
}

// fromTiles multiplies transformed tiles by weights w [O 3 3 I], and transforms back: [N p q O].
func (g *graph) fromTiles(tiles, w value, p, q int) value {
	weights := g.stacked(g.sandwich(weightTransform, g.square(w, window{3, 1, 0})))
	products := g.unstacked(g.batched(tiles, 2, weights, 2), g.n, half(p), half(q), w.dims[0])
	y := g.spread(g.sandwich(outputTransform, products), window{2, 2, 0}, []int{g.n, 2 * half(p), 2 * half(q), w.dims[0]})
	return g.slice(y, make([]int, 4), []int{g.n, p, q, w.dims[0]}, []int{1, 1, 1, 1})
}

// square is places, by rows.
func (g *graph) square(x value, w window) square {
	return slices.Collect(slices.Chunk(g.places(x, w), w.kernel))
}

// spread puts all places of a window back to where it takes them from, in a value of dims.
func (g *graph) spread(d square, w window, dims []int) (total value) {
	for k, v := range slices.Concat(d...) {
		total = g.plus(total, g.putBack(v, w, k, dims))
	}
	return total
}

// sandwich is m d m^T.
func (g *graph) sandwich(m matrix, d square) square {
	return flipped(g.times(m, flipped(g.times(m, d))))
}

// flipped exchanges rows and columns.
func flipped(d square) square {
	out := make(square, len(d[0]))
	for _, row := range d {
		for c, v := range row {
			out[c] = append(out[c], v)
		}
	}
	return out
}

// times is m d.
func (g *graph) times(m matrix, d square) square {
	out := make(square, len(m))
	for r, row := range m {
		for c := range d[0] {
			var sum value
			for k, by := range row {
				sum = g.plusTimes(sum, by, d[k][c])
			}
			out[r] = append(out[r], sum)
		}
	}
	return out
}

// plusTimes is sum + by v.
func (g *graph) plusTimes(sum value, by float32, v value) value {
	switch {
	case by == 0:
		return sum
	case by == -1 && sum.name != "":
		return g.sub(sum, v)
	case by != 1:
		v = g.mul(v, g.full(v.typ, by))
	}
	return g.plus(sum, v)
}

// stacked puts the 16 values of a tile [.. C] one behind the other: [16 rows C].
func (g *graph) stacked(d square) value {
	var all []value
	for _, v := range slices.Concat(d...) {
		channels := v.dims[len(v.dims)-1]
		all = append(all, g.reshape(v, 1, v.elements()/channels, channels))
	}
	return g.join(all)
}

// unstacked takes them apart again, each of dims.
func (g *graph) unstacked(v value, dims ...int) square {
	var all []value
	for k := range v.dims[0] {
		one := g.slice(v, []int{k, 0, 0}, []int{k + 1, v.dims[1], v.dims[2]}, []int{1, 1, 1})
		all = append(all, g.reshape(one, dims...))
	}
	return slices.Collect(slices.Chunk(all, 4))
}

// batched is dot for each matrix of a and b [16 rows columns].
func (g *graph) batched(a value, i int, b value, j int) value {
	attributes := fmt.Sprintf(" {dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [%d], rhs_contracting_dimensions = [%d]>, %s}", i, j, g.precision())
	return g.op("dot_general", attributes, typ{[]int{a.dims[0], a.dims[3-i], b.dims[3-j]}, a.elem}, a, b)
}
