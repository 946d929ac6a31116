package picture

import (
	"image"
	"math/rand/v2"
	"testing"
)

// plainly is resized as it is defined: every output is the rounded sum over its taps, first across, then down.
func plainly(p Picture, w, h int) Picture {
	sum := func(t taps, at func(i int) byte) byte {
		s := int64(1) << (tapBits - 1)
		for j, v := range t.weights {
			s += int64(v) * int64(at(t.first+j))
		}
		return byte(min(max(s>>tapBits, 0), 255))
	}
	narrow := Picture{w, p.H, make([]byte, 3*w*p.H)}
	for x, t := range bilinear(p.W, w, 0, w) {
		for i := range 3 * p.H {
			y, c := i/3, i%3
			narrow.Pix[3*(y*w+x)+c] = sum(t, func(k int) byte { return p.Pix[3*(y*p.W+k)+c] })
		}
	}
	out := Picture{w, h, make([]byte, 3*w*h)}
	for y, t := range bilinear(p.H, h, 0, h) {
		for i := range 3 * w {
			out.Pix[3*y*w+i] = sum(t, func(k int) byte { return narrow.Pix[3*k*w+i] })
		}
	}
	return out
}

// A resized part of a picture, of any size to any size, is that part resized as it is defined; a window
// of the result is that part of it.
func TestResized(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		p := Picture{W: 1 + r.IntN(40), H: 1 + r.IntN(40)}
		for range 3 * p.W * p.H {
			p.Pix = append(p.Pix, []byte{0, 255, byte(r.Uint32())}[r.IntN(3)])
		}
		x, y := r.IntN(p.W), r.IntN(p.H)
		box := image.Rect(x, y, x+1+r.IntN(p.W-x), y+1+r.IntN(p.H-y))
		w, h := 1+r.IntN(30), 1+r.IntN(30)
		want := plainly(p.crop(box), w, h)
		differ(t, p.resizedFrom(box, w, h, image.Rect(0, 0, w, h)), want, 0)
		x, y = r.IntN(w), r.IntN(h)
		window := image.Rect(x, y, x+1+r.IntN(w-x), y+1+r.IntN(h-y))
		differ(t, p.resizedFrom(box, w, h, window), want.crop(window), 0)
	}
}

// crop returns the part of p within r.
func (p Picture) crop(r image.Rectangle) Picture {
	out := Picture{r.Dx(), r.Dy(), make([]byte, 0, 3*r.Dx()*r.Dy())}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out.Pix = append(out.Pix, p.Pix[3*(y*p.W+r.Min.X):][:3*r.Dx()]...)
	}
	return out
}
