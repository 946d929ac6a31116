package picture

import (
	"bytes"
	"errors"
	"image"
	"io"
	"slices"

	"golang.org/x/image/webp"
)

// webpConfig tells an animated picture, which golang.org/x/image does not read, by the flag in its header.
func webpConfig(r io.Reader) (image.Config, error) {
	var begin [21]byte
	n, _ := io.ReadFull(r, begin[:]) // one that is shorter is left to the library
	if string(begin[12:16]) == "VP8X" && begin[20]&2 != 0 {
		return image.Config{}, errors.New("is animated, which is not read; save its first frame")
	}
	return webp.DecodeConfig(io.MultiReader(bytes.NewReader(begin[:n]), r))
}

// decodeWebP knows that the colours of lossy WebP are those of video, of half the width and height.
func decodeWebP(b []byte) (Picture, error) {
	m, err := webp.Decode(bytes.NewReader(withoutAlpha(b)))
	if err != nil {
		return Picture{}, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		return fromVP8(m), nil
	case *image.NYCbCrA:
		return fromVP8(&m.YCbCr), nil
	}
	return toRGB(m), nil
}

// withoutAlpha takes from a lossy picture the flag of its header that announces alpha, in a copy, if it has none:
// golang.org/x/image would refuse it, which libwebp does not.
func withoutAlpha(b []byte) []byte {
	const flags, alpha = 20, 1 << 4
	extended := bytes.HasPrefix(b[12:], []byte("VP8X"))
	if !extended || webpChunk(b, "VP8 ") == nil || b[flags]&alpha == 0 || webpChunk(b, "ALPH") != nil {
		return b
	}
	b = slices.Clone(b)
	b[flags] &^= alpha
	return b
}

// fromVP8 converts and enlarges colours as libwebp does, to the bit.
func fromVP8(m *image.YCbCr) Picture {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	p := Picture{w, h, make([]byte, 3*w*h)}
	half, last := (w+1)/2, (h+1)/2-1
	cb, cr := make([]byte, w), make([]byte, w)
	for y := range h {
		near := y / 2
		far := min(max(near-1+2*(y%2), 0), last) // the row above, or below
		doubled(cb, m.Cb[near*m.CStride:][:half], m.Cb[far*m.CStride:][:half])
		doubled(cr, m.Cr[near*m.CStride:][:half], m.Cr[far*m.CStride:][:half])
		video(p.Pix[3*y*w:], m.Y[y*m.YStride:][:w], cb, cr)
	}
	return p
}

// doubled writes a row of the larger plane from the two rows of the smaller one that lie around it: of the
// four samples around a pixel the nearest counts 9/16, those beside it 3/16, the last 1/16, in libwebp's
// two steps, each rounded down.
func doubled(dst, near, far []byte) {
	edge := func(x int) byte { return byte((3*int(near[x]) + int(far[x]) + 2) >> 2) }
	dst[0] = edge(0)
	for x := 1; x < len(near); x++ {
		n0, n1, f0, f1 := int(near[x-1]), int(near[x]), int(far[x-1]), int(far[x])
		dst[2*x-1] = byte(((n0+3*n1+3*f0+f1+8)>>3 + n0) >> 1)
		if 2*x < len(dst) {
			dst[2*x] = byte(((3*n0+n1+f0+3*f1+8)>>3 + n1) >> 1)
		}
	}
	if len(dst)%2 == 0 {
		dst[len(dst)-1] = edge(len(near) - 1)
	}
}

// video is WebP's: Y' in 16..235, in the fixed point of libwebp.
func video(dst, light, cb, cr []byte) {
	for x, v := range light {
		y, b, r := int32(v)*19077>>8, int32(cb[x]), int32(cr[x])
		out := dst[3*x : 3*x+3 : 3*x+3]
		out[0] = clamp((y + r*26149>>8 - 14234) >> 6)
		out[1] = clamp((y - b*6419>>8 - r*13320>>8 + 8708) >> 6)
		out[2] = clamp((y + b*33050>>8 - 17685) >> 6)
	}
}
