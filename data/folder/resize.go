package folder

import (
	"image"
	"math"
)

// taps are the inputs of one output pixel of a resized row or column: inputs first, first+1 ...,
// with these weights, in units of 2^-tapBits.
type taps struct {
	first   int
	weights []int32
}

// tapBits is PIL's PRECISION_BITS: 32, less 8 for the pixel, less 2 for what weights may add up to.
const tapBits = 22

// bilinear returns the taps of outputs from..to-1 of a row of in pixels that is resized to out. It
// is PIL's antialiased BILINEAR, bit for bit: a triangle of half-width max(in/out, 1) around the
// output's centre, its weights in float64, divided by their sum, then rounded.
func bilinear(in, out, from, to int) []taps {
	scale := float64(in) / float64(out)
	support := max(scale, 1)
	all := make([]taps, 0, to-from)
	for i := from; i < to; i++ {
		centre := (float64(i) + 0.5) * scale
		first, end := max(int(centre-support+0.5), 0), min(int(centre+support+0.5), in)
		weights, sum := make([]float64, end-first), 0.0
		for j := range weights {
			weights[j] = max(1-math.Abs((float64(j+first)-centre+0.5)*(1/support)), 0)
			sum += weights[j]
		}
		t := taps{first, make([]int32, len(weights))}
		for j, w := range weights {
			t.weights[j] = int32(0.5 + w/sum*(1<<tapBits))
		}
		all = append(all, t)
	}
	return all
}

// resized returns the part window of p resized to w x h: rows first, then columns, each rounded to
// bytes.
func (p Picture) resized(w, h int, window image.Rectangle) Picture {
	across, down := bilinear(p.W, w, window.Min.X, window.Max.X), bilinear(p.H, h, window.Min.Y, window.Max.Y)
	top, last := down[0].first, down[len(down)-1]
	bottom := last.first + len(last.weights)
	narrow := Picture{len(across), bottom - top, make([]byte, 3*len(across)*(bottom-top))}
	for y := range narrow.H {
		row := p.Pix[3*(y+top)*p.W:][:3*p.W]
		for x, t := range across {
			mix(narrow.Pix[3*(y*narrow.W+x):], row[3*t.first:], 3, t.weights)
		}
	}
	out := Picture{window.Dx(), window.Dy(), make([]byte, 3*window.Dx()*window.Dy())}
	for y, t := range down {
		for x := range out.W {
			mix(out.Pix[3*(y*out.W+x):], narrow.Pix[3*((t.first-top)*narrow.W+x):], 3*narrow.W, t.weights)
		}
	}
	return out
}

// mix writes the weighted sum of pixels that lie step bytes apart.
func mix(dst, src []byte, step int, weights []int32) {
	const half = 1 << (tapBits - 1)
	r, g, b := int32(half), int32(half), int32(half)
	at := 0
	for _, w := range weights {
		c := src[at : at+3 : at+3]
		r += w * int32(c[0])
		g += w * int32(c[1])
		b += w * int32(c[2])
		at += step
	}
	dst[0], dst[1], dst[2] = clamp(int(r>>tapBits)), clamp(int(g>>tapBits)), clamp(int(b>>tapBits))
}

// crop returns the part of p within r.
func (p Picture) crop(r image.Rectangle) Picture {
	out := Picture{r.Dx(), r.Dy(), make([]byte, 0, 3*r.Dx()*r.Dy())}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out.Pix = append(out.Pix, p.Pix[3*(y*p.W+r.Min.X):][:3*r.Dx()]...)
	}
	return out
}
