package augment

// canvas is an image that operations are applied to: bytes, [C H W], C being 1 (grey) or 3 (red,
// green, blue).
type canvas struct {
	c, h, w int
	pix     []byte // [C H W]
	spare   []byte // as large, for operations that cannot work in place
	// bilinear makes shears, shifts and turns interpolate between pixels, rather than take the nearest.
	bilinear bool
}

// newCanvas returns a canvas of the shape.
func newCanvas(c, h, w int) *canvas {
	return &canvas{c: c, h: h, w: w, pix: make([]byte, c*h*w), spare: make([]byte, c*h*w)}
}

// plane returns channel c, [H W].
func (v *canvas) plane(c int) []byte { return v.pix[c*v.h*v.w:][: v.h*v.w : v.h*v.w] }

// swap makes what was written to spare the image.
func (v *canvas) swap() { v.pix, v.spare = v.spare, v.pix }

// look replaces every byte of channel c by table's.
func (v *canvas) look(c int, table *[256]byte) {
	plane := v.plane(c)
	for i, b := range plane {
		plane[i] = table[b]
	}
}

// lookAll is look for all channels.
func (v *canvas) lookAll(table *[256]byte) {
	for c := range v.c {
		v.look(c, table)
	}
}

// histogram counts the bytes of channel c.
func (v *canvas) histogram(c int) (n [256]int) {
	for _, b := range v.plane(c) {
		n[b]++
	}
	return n
}
