package reference

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// conv is a convolution. Its positions are taken in tiles of some lines of the output, a line
// being the W' positions of one sample and oy. The pixels under the windows are the columns of a
// matrix, so that for each tile
//
//	y = W columns + b;  dW += dy columns^T;  dcolumns = W^T dy
//
// with columns [I kH kW, positions], W [O, I kH kW], y [O, positions]. dcolumns is added to dx
// where columns come from.
type conv struct {
	geometry
	weight, bias param
	lines        int // of a tile
	stride       int // between the rows of a tile's matrices; at least its positions
	scratch      *scratch
}

type (
	convForward struct{ *conv }
	convInput   struct{ *conv }
	convWeights struct{ *conv }
	convBias    struct{ *conv }
)

func (p *program) conv(w window, x, y *tensor, ps params) {
	c := &conv{geometry: newGeometry(w, x, y), weight: ps["weight"], bias: ps["bias"], scratch: p.scratch}
	c.lines = min(max(1, tileCols/c.ow), p.batch*c.oh)
	c.stride = aligned(c.lines * c.ow)
	p.scratch.reserve(c.depth()*c.stride, c.o*c.stride)
	p.both(convForward{c})
	if x.grad != nil {
		p.back(convInput{c})
	}
	if c.bias.value != nil {
		p.back(convBias{c})
	}
	p.back(convWeights{c})
}

// depth is I kH kW.
func (c *conv) depth() int { return c.c * c.kernel * c.kernel }

// weights views W, or its gradient.
func (c *conv) weights(w []float32) blas32.General { return matrix(c.o, c.depth(), c.depth(), w) }

// scratch is the memory for the matrices of a tile, one for each part of a kernel. All
// convolutions share it.
type scratch struct {
	inputs, outputs       [][]float32
	inputSize, outputSize int
}

// reserve makes room for matrices of these sizes.
func (s *scratch) reserve(input, output int) {
	s.inputSize, s.outputSize = max(s.inputSize, input), max(s.outputSize, output)
}

func (s *scratch) allocate(parts int) {
	for range parts {
		s.inputs, s.outputs = append(s.inputs, floats(s.inputSize)), append(s.outputs, floats(s.outputSize))
	}
}

// tile is the lines from..to-1 of a batch, with its matrices: the columns of some channels, and
// the outputs. Line l is line l mod H' of sample l / H'.
type tile struct {
	from, to      int
	input, output blas32.General
}

// tiles calls f for the tiles of samples from..to-1.
func (c *conv) tiles(s span, from, to, channels int, f func(tile)) {
	for l := from * c.oh; l < to*c.oh; l += c.lines {
		end := min(l+c.lines, to*c.oh)
		n := (end - l) * c.ow
		f(tile{l, end,
			matrix(channels*c.kernel*c.kernel, n, c.stride, c.scratch.inputs[s.part]),
			matrix(c.o, n, c.stride, c.scratch.outputs[s.part])})
	}
}

// runs calls f for the runs of lines of a tile that lie in one sample, with the number of the
// tile's lines before each.
func (c *conv) runs(t tile, f func(sample, oy, lines, before int)) {
	for l := t.from; l < t.to; {
		oy := l % c.oh
		lines := min(c.oh-oy, t.to-l)
		f(l/c.oh, oy, lines, l-t.from)
		l += lines
	}
}

// segments calls f for every stretch of a tile's columns that is one line under one element of
// the window: its positions on the image, the line of pixels there, and the pixel of its first
// position. Columns that are off the image become zero. Channels count from first.
func (c *conv) segments(t tile, images []float32, first int, f func(segment, pixels []float32, at int)) {
	area := c.kernel * c.kernel
	for row := range t.input.Rows {
		channel, ky, kx := first+row/area, row%area/c.kernel, row%c.kernel
		left, right := c.inside(kx, c.w, c.ow)
		top, bottom := c.inside(ky, c.h, c.oh)
		columns := t.input.Data[row*c.stride:][:t.input.Cols]
		c.runs(t, func(sample, oy, lines, before int) {
			image := c.in(images, sample*c.c+channel)
			for i := range lines {
				segment := columns[(before+i)*c.ow:][:c.ow]
				if oy+i < top || oy+i >= bottom {
					clear(segment)
					continue
				}
				clear(segment[:left])
				clear(segment[right:])
				if left == right {
					continue
				}
				pixels := image[((oy+i)*c.step+ky-c.pad)*c.w:][:c.w]
				f(segment[left:right], pixels, left*c.step+kx-c.pad)
			}
		})
	}
}

// gather fills a tile's columns from x.
func (c *conv) gather(t tile, first int) {
	c.segments(t, c.x.value, first, func(segment, pixels []float32, at int) {
		if c.step == 1 {
			copy(segment, pixels[at:])
			return
		}
		for i := range segment {
			segment[i] = pixels[at+i*c.step]
		}
	})
}

// scatter adds a tile's columns, of all channels, to dx, line by line: the order in which a pixel's
// windows are added up, and with it the bits, does not depend on where tiles end.
func (c *conv) scatter(t tile) {
	for l := t.from; l < t.to; l++ {
		line := t.input
		line.Cols, line.Data = c.ow, line.Data[(l-t.from)*c.ow:]
		c.segments(tile{l, l + 1, line, t.output}, c.x.grad, 0, func(segment, pixels []float32, at int) {
			for i, v := range segment {
				pixels[at+i*c.step] += v
			}
		})
	}
}

// outputs calls f for every stretch of a tile's outputs, with its place in y or dy.
func (c *conv) outputs(t tile, images []float32, f func(stretch, image []float32)) {
	for o := range c.o {
		row := t.output.Data[o*c.stride:][:t.output.Cols]
		c.runs(t, func(sample, oy, lines, before int) {
			image := c.out(images, sample*c.o+o)[oy*c.ow:][:lines*c.ow]
			f(row[before*c.ow:], image)
		})
	}
}

// A unit is a sample.
func (k convForward) size(n int) (int, int) {
	return n, productCost(k.o * k.depth() * k.positions())
}

func (k convForward) run(s span) {
	k.tiles(s, s.from, s.to, k.c, func(t tile) {
		k.gather(t, 0)
		zero(t.output)
		for o, b := range k.bias.value {
			row := t.output.Data[o*k.stride:][:t.output.Cols]
			for i := range row {
				row[i] = b
			}
		}
		multiply(blas.NoTrans, blas.NoTrans, k.weights(k.weight.value), t.input, t.output)
		k.outputs(t, k.y.value, func(stretch, image []float32) { copy(image, stretch) })
	})
}

// convInput adds to dx. A unit is a sample.
func (k convInput) size(n int) (int, int) { return convForward(k).size(n) }

func (k convInput) run(s span) {
	k.tiles(s, s.from, s.to, k.c, func(t tile) {
		k.outputs(t, k.y.grad, func(stretch, image []float32) { copy(stretch, image) })
		zero(t.input)
		multiply(blas.Trans, blas.NoTrans, k.weights(k.weight.value), t.output, t.input)
		k.scatter(t)
	})
}

// convWeights sets dW. A unit is an input channel.
func (k convWeights) size(n int) (int, int) {
	return k.c, n * productCost(k.o*k.kernel*k.kernel*k.positions())
}

func (k convWeights) run(s span) {
	area := k.kernel * k.kernel
	dw := columns(k.weights(k.weight.grad), s.from*area, s.to*area)
	zero(dw)
	k.tiles(s, 0, s.n, s.to-s.from, func(t tile) {
		k.gather(t, s.from)
		k.outputs(t, k.y.grad, func(stretch, image []float32) { copy(stretch, image) })
		multiply(blas.NoTrans, blas.Trans, t.output, t.input, dw)
	})
}

// convBias sets db to the sum of dy over samples and positions. A unit is an output channel.
func (k convBias) size(n int) (int, int) { return k.o, n * k.positions() }

func (k convBias) run(s span) {
	for o := s.from; o < s.to; o++ {
		total := 0.0
		for i := range s.n {
			total += sum(k.out(k.y.grad, i*k.o+o))
		}
		k.bias.grad[o] = float32(total)
	}
}
