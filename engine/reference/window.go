package reference

// window slides over the two dimensions of an image, step pixels (the stride) at a time.
type window struct{ kernel, step, pad int }

// geometry is a window over the images of x, [C H W], whose positions make those of y, [O H' W'].
type geometry struct {
	window
	x, y      *tensor
	c, h, w   int // C, H, W
	o, oh, ow int // O, H', W'
}

func newGeometry(w window, x, y *tensor) geometry {
	return geometry{w, x, y, x.shape[0], x.shape[1], x.shape[2], y.shape[0], y.shape[1], y.shape[2]}
}

// positions is H' W'.
func (g *geometry) positions() int { return g.oh * g.ow }

// in returns image i of x's values or gradients; image i is channel i mod C of sample i / C.
func (g *geometry) in(values []float32, i int) []float32 { return values[i*g.h*g.w:][:g.h*g.w] }

// out returns image i of y's.
func (g *geometry) out(values []float32, i int) []float32 {
	return values[i*g.positions():][:g.positions()]
}

// inside returns the positions from..to-1 along a dimension of the given number of pixels and
// positions at which element k of the window lies on the image.
func (g *geometry) inside(k, pixels, positions int) (from, to int) {
	if off := g.pad - k; off > 0 {
		from = (off + g.step - 1) / g.step
	}
	if last := pixels - 1 + g.pad - k; last >= 0 {
		to = min(positions, last/g.step+1)
	}
	return min(from, to), to
}

// clip returns the pixels under the window at one position: lines top..bottom-1, columns
// left..right-1.
func (g *geometry) clip(oy, ox int) (top, bottom, left, right int) {
	top, left = oy*g.step-g.pad, ox*g.step-g.pad
	bottom, right = min(g.h, top+g.kernel), min(g.w, left+g.kernel)
	return max(0, top), bottom, max(0, left), right
}
