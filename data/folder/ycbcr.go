package folder

import "image"

// colourSpace turns Y', Cb and Cr into a pixel.
type colourSpace func(y, cb, cr int) rgb

// jfif is JPEG's: full range, ITU-R BT.601, in the 16-bit fixed point of libjpeg.
func jfif(y, cb, cr int) rgb {
	const half = 1 << 15
	cb, cr = cb-128, cr-128
	return rgb{
		clamp(y + (91881*cr+half)>>16), // 1.40200
		clamp(y + (-22554*cb-46802*cr+half)>>16),
		clamp(y + (116130*cb+half)>>16), // 1.77200
	}
}

// video is WebP's: Y' in 16..235, in the fixed point of libwebp.
func video(y, cb, cr int) rgb {
	y = y * 19077 >> 8
	return rgb{
		clamp((y + cr*26149>>8 - 14234) >> 6),
		clamp((y - cb*6419>>8 - cr*13320>>8 + 8708) >> 6),
		clamp((y + cb*33050>>8 - 17685) >> 6),
	}
}

func clamp(v int) byte { return byte(min(max(v, 0), 255)) }

// fromYCbCr converts an image whose colours may be of half the width and height. They are enlarged
// as libjpeg does ("fancy upsampling"), by a triangle, 3/4 of the nearer sample and 1/4 of the other.
func fromYCbCr(m *image.YCbCr, space colourSpace) Picture {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	p := Picture{w, h, make([]byte, 3*w*h)}
	cb, cr := make([]byte, w+1), make([]byte, w+1)
	sums := make([]int, w/2+1)
	for y := range h {
		chromaRow(cb, sums, m, m.Cb, y)
		chromaRow(cr, sums, m, m.Cr, y)
		light := m.Y[m.YOffset(m.Rect.Min.X, m.Rect.Min.Y+y):]
		for x := range w {
			c := space(int(light[x]), int(cb[x]), int(cr[x]))
			copy(p.Pix[3*(y*w+x):], c[:])
		}
	}
	return p
}

// chromaRow writes row y of the colour plane, one value a pixel.
func chromaRow(dst []byte, sums []int, m *image.YCbCr, plane []byte, y int) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	half, rows := (w+1)/2, (h+1)/2
	row := func(y int) []byte { return plane[m.COffset(m.Rect.Min.X, m.Rect.Min.Y+y):] }
	fancy := half > 2 && m.Rect.Min.X%2 == 0 && m.Rect.Min.Y%2 == 0
	switch {
	case fancy && m.SubsampleRatio == image.YCbCrSubsampleRatio422:
		for x, v := range row(y)[:half] {
			sums[x] = int(v)
		}
		widen(dst, sums[:half], 4, 1, 2)
	case fancy && m.SubsampleRatio == image.YCbCrSubsampleRatio420:
		other := min(max(y/2-1+2*(y%2), 0), rows-1) // the row above, or below
		near, far := row(y), row(2*other)
		for x := range half {
			sums[x] = 3*int(near[x]) + int(far[x])
		}
		widen(dst, sums[:half], 16, 8, 7)
	default:
		for x := range w {
			dst[x] = plane[m.COffset(m.Rect.Min.X+x, m.Rect.Min.Y+y)]
		}
	}
}

// widen doubles a row of values that are whole/4 times as large as they are meant; left and right
// are what rounds the two halves.
func widen(dst []byte, row []int, whole, left, right int) {
	last := len(row) - 1
	put := func(x, v int) {
		if x < len(dst) {
			dst[x] = byte(v / whole)
		}
	}
	for x, v := range row {
		before, after := row[max(x-1, 0)], row[min(x+1, last)]
		put(2*x, 3*v+before+left)
		put(2*x+1, 3*v+after+right)
	}
}
