package picture

import "image"

// jfif turns a row of Y', Cb and Cr into pixels as JPEG means them: full range, ITU-R BT.601, in the 16-bit fixed point of libjpeg.
func jfif(dst, light, cb, cr []byte) {
	const half = 1 << 15
	for x, v := range light {
		y, b, r := int32(v), int32(cb[x])-128, int32(cr[x])-128
		out := dst[3*x : 3*x+3 : 3*x+3]
		out[0] = clamp(y + (91881*r+half)>>16) // 1.40200
		out[1] = clamp(y + (-22554*b-46802*r+half)>>16)
		out[2] = clamp(y + (116130*b+half)>>16) // 1.77200
	}
}

// clamp rounds v to 0..255.
func clamp(v int32) byte {
	if uint32(v) <= 255 {
		return byte(v)
	}
	return ^byte(v >> 31)
}

// fromYCbCr converts an image whose colours may be of half the width and height. They are enlarged
// as libjpeg does ("fancy upsampling"), by a triangle, 3/4 of the nearer sample and 1/4 of the other.
func fromYCbCr(m *image.YCbCr) Picture {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	p := Picture{w, h, make([]byte, 3*w*h)}
	cb, cr := make([]byte, w+1), make([]byte, w+1)
	sums := make([]int32, w/2+1)
	for y := range h {
		chromaRow(cb, sums, m, m.Cb, y)
		chromaRow(cr, sums, m, m.Cr, y)
		light := m.Y[m.YOffset(m.Rect.Min.X, m.Rect.Min.Y+y):][:w]
		jfif(p.Pix[3*y*w:], light, cb, cr)
	}
	return p
}

// chromaRow writes row y of the colour plane, one value a pixel.
func chromaRow(dst []byte, sums []int32, m *image.YCbCr, plane []byte, y int) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	half, rows := (w+1)/2, (h+1)/2
	other := min(max(y/2-1+2*(y%2), 0), rows-1) // of half the rows, that above, or below
	row := func(y int) []byte { return plane[m.COffset(m.Rect.Min.X, m.Rect.Min.Y+y):] }
	fancy := half > 2 && m.Rect.Min.X%2 == 0 && m.Rect.Min.Y%2 == 0
	switch {
	case m.SubsampleRatio == image.YCbCrSubsampleRatio444:
		copy(dst[:w], row(y))
	case fancy && m.SubsampleRatio == image.YCbCrSubsampleRatio422:
		for x, v := range row(y)[:half] {
			sums[x] = int32(v)
		}
		widen(dst, sums[:half], 2, 1, 2)
	case fancy && m.SubsampleRatio == image.YCbCrSubsampleRatio420:
		near, far := row(y)[:half], row(2 * other)[:half]
		for x := range near {
			sums[x] = 3*int32(near[x]) + int32(far[x])
		}
		widen(dst, sums[:half], 4, 8, 7)
	case m.SubsampleRatio == image.YCbCrSubsampleRatio440 && m.Rect.Min.Y%2 == 0:
		near, far := row(y)[:w], row(2 * other)[:w]
		for x := range near {
			dst[x] = byte((3*int32(near[x]) + int32(far[x]) + 1 + int32(y%2)) >> 2)
		}
	default:
		for x := range w {
			dst[x] = plane[m.COffset(m.Rect.Min.X+x, m.Rect.Min.Y+y)]
		}
	}
}

// widen doubles a row of sums: each pixel is 3/4 of the nearer and 1/4 of the other, shifted right;
// left and right are what rounds the two halves. dst has room for one more than an odd row needs.
func widen(dst []byte, sums []int32, shift uint, left, right int32) {
	last := len(sums) - 1
	before := sums[0]
	for x, v := range sums[:last] {
		after := sums[x+1]
		dst[2*x] = byte((3*v + before + left) >> shift)
		dst[2*x+1] = byte((3*v + after + right) >> shift)
		before = v
	}
	v := sums[last]
	dst[2*last] = byte((3*v + before + left) >> shift)
	dst[2*last+1] = byte((4*v + right) >> shift)
}
