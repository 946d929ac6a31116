package picture

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
	all := make([]taps, to-from)
	most := max(2*int(math.Ceil(support))+1, fewTaps)
	sums, room := make([]float64, most), make([]int32, most*len(all))
	for i := range all {
		centre := float64((float64(from+i) + 0.5) * scale)
		first, end := max(int(centre-support+0.5), 0), min(int(centre+support+0.5), in)
		weights, sum := sums[:end-first], 0.0
		for j := range weights {
			weights[j] = max(1-math.Abs((float64(j+first)-centre+0.5)*(1/support)), 0)
			sum += weights[j]
		}
		all[i] = taps{first, room[i*most:][:len(weights):most]}
		for j, w := range weights {
			all[i].weights[j] = int32(0.5 + w/sum*(1<<tapBits))
		}
	}
	return all
}

// fewTaps are what an output has of a picture that is not reduced to less than about 2/3; there is room
// for so many weights, zeros beyond those there are.
const fewTaps = 4

// resized returns the part window of p resized to w x h: rows first, then columns, each rounded to
// bytes.
func (p Picture) resized(w, h int, window image.Rectangle) Picture {
	return p.resizedFrom(image.Rect(0, 0, p.W, p.H), w, h, window)
}

// resizedFrom is resized for the part box of p, as if p ended there.
func (p Picture) resizedFrom(box image.Rectangle, w, h int, window image.Rectangle) Picture {
	across := bilinear(box.Dx(), w, window.Min.X, window.Max.X)
	down := bilinear(box.Dy(), h, window.Min.Y, window.Max.Y)
	top, last := down[0].first, down[len(down)-1]
	bottom := last.first + len(last.weights)
	narrow := Picture{len(across), bottom - top, make([]byte, 3*len(across)*(bottom-top))}
	for y := range narrow.H {
		row := p.Pix[3*((box.Min.Y+y+top)*p.W+box.Min.X):][:3*box.Dx()]
		mixPixels(narrow.Pix[3*y*narrow.W:][:3*narrow.W], row, across)
	}
	out := Picture{window.Dx(), window.Dy(), make([]byte, 3*window.Dx()*window.Dy())}
	sums := make([]int32, 3*out.W)
	for y, t := range down {
		mixRows(out.Pix[3*y*out.W:][:3*out.W], narrow.Pix[3*(t.first-top)*narrow.W:], t.weights, sums)
	}
	return out
}

// half rounds a sum in units of 2^-tapBits.
const half = 1 << (tapBits - 1)

// mixPixels writes a row of weighted sums of the pixels of another. Few inputs take an unrolled way; their
// weights add up to 1 so nearly that no sum exceeds a byte.
func mixPixels(dst, row []byte, across []taps) {
	for i, t := range across {
		out := dst[3*i : 3*i+3 : 3*i+3]
		src := row[3*t.first:]
		if len(t.weights) > fewTaps || len(src) < 3*fewTaps {
			mix(out, src, t.weights)
			continue
		}
		w, c := (*[fewTaps]int32)(t.weights[:fewTaps]), (*[3 * fewTaps]byte)(src)
		out[0] = byte((half + w[0]*int32(c[0]) + w[1]*int32(c[3]) + w[2]*int32(c[6]) + w[3]*int32(c[9])) >> tapBits)
		out[1] = byte((half + w[0]*int32(c[1]) + w[1]*int32(c[4]) + w[2]*int32(c[7]) + w[3]*int32(c[10])) >> tapBits)
		out[2] = byte((half + w[0]*int32(c[2]) + w[1]*int32(c[5]) + w[2]*int32(c[8]) + w[3]*int32(c[11])) >> tapBits)
	}
}

// mix writes the weighted sum of pixels that lie side by side.
func mix(dst, src []byte, weights []int32) {
	r, g, b := int32(half), int32(half), int32(half)
	for j, w := range weights {
		c := src[3*j : 3*j+3 : 3*j+3]
		r += w * int32(c[0])
		g += w * int32(c[1])
		b += w * int32(c[2])
	}
	dst[0], dst[1], dst[2] = clamp(r>>tapBits), clamp(g>>tapBits), clamp(b>>tapBits)
}

// mixRows writes the weighted sum of rows, which lie one after the other, through sums.
func mixRows(dst, rows []byte, weights []int32, sums []int32) {
	n := len(dst)
	if len(weights) <= fewTaps && len(rows) >= fewTaps*n {
		mixFewRows(dst, rows, (*[fewTaps]int32)(weights[:fewTaps]))
		return
	}
	for i := range sums {
		sums[i] = half
	}
	for j, w := range weights {
		row := rows[j*n:][:len(sums)]
		for i := range sums {
			sums[i] += w * int32(row[i])
		}
	}
	for i, v := range sums {
		dst[i] = clamp(v >> tapBits)
	}
}

// mixFewRows is mixRows for few of them, unrolled.
func mixFewRows(dst, rows []byte, w *[fewTaps]int32) {
	n, w0, w1, w2, w3 := len(dst), w[0], w[1], w[2], w[3]
	r0, r1 := rows[:n], rows[n:2*n]
	if w2 == 0 && w3 == 0 { // a picture that is enlarged
		for i := range dst {
			dst[i] = byte((half + w0*int32(r0[i]) + w1*int32(r1[i])) >> tapBits)
		}
		return
	}
	r2, r3 := rows[2*n:3*n], rows[3*n:4*n]
	for i := range dst {
		dst[i] = byte((half + w0*int32(r0[i]) + w1*int32(r1[i]) + w2*int32(r2[i]) + w3*int32(r3[i])) >> tapBits)
	}
}
