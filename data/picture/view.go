package picture

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"github.com/local-to-global/lgl/data"
)

// covering returns the size of p that just covers one of w x h pixels, the longer side rounded down: for a square,
// torchvision's Resize.
func (p Picture) covering(w, h int) (int, int) {
	if p.W*h <= p.H*w { // p is the narrower
		return w, w * p.H / p.W
	}
	return h * p.W / p.H, h
}

// middle scales p, antialiased, until it just covers so many pixels, and takes the middle size of it: torchvision's
// CenterCrop.
func (p Picture) middle(covers, size image.Point) Picture {
	w, h := p.covering(covers.X, covers.Y)
	corner := image.Pt(centred(w-size.X), centred(h-size.Y))
	return p.resized(w, h, image.Rectangle{corner, corner.Add(size)})
}

// Around is the shorter side to which a picture is resized before evaluation takes its middle n x n pixels.
func Around(n int) int { return n * 256 / 224 }

// Centre returns the view of n x n pixels that evaluation takes: torchvision's Resize(Around(n)),
// antialiased, and CenterCrop(n).
func (p Picture) Centre(n int) Picture {
	return p.middle(image.Pt(Around(n), Around(n)), image.Pt(n, n))
}

// centred is half of what is left over, as Python's round does it: halves to the even number.
func centred(left int) int { return int(math.RoundToEven(float64(left) / 2)) }

// Random returns a random view of n x n pixels: torchvision's RandomResizedCrop(n), antialiased.
func (p Picture) Random(n int, r *rand.Rand) Picture {
	return p.resizedFrom(randomCrop(p.W, p.H, r), n, n, image.Rect(0, 0, n, n))
}

// The share of the area, and the ratio of width to height, that a random crop has.
const (
	leastArea, mostArea   = 0.08, 1.0
	leastRatio, mostRatio = 3.0 / 4, 4.0 / 3
)

// randomCrop draws what torchvision's RandomResizedCrop.get_params does, in its order: up to ten
// times area and ratio, until the crop fits, then its row and column. If none fits it is the largest
// one in the middle whose ratio is allowed.
func randomCrop(width, height int, r *rand.Rand) image.Rectangle {
	between := func(lo, hi float64) float64 { return lo + float64((hi-lo)*r.Float64()) }
	for range 10 {
		area := float64(width*height) * between(leastArea, mostArea)
		ratio := math.Exp(between(math.Log(leastRatio), math.Log(mostRatio)))
		w, h := int(math.RoundToEven(math.Sqrt(area*ratio))), int(math.RoundToEven(math.Sqrt(area/ratio)))
		if w > 0 && h > 0 && w <= width && h <= height {
			top := r.IntN(height - h + 1)
			left := r.IntN(width - w + 1)
			return image.Rect(left, top, left+w, top+h)
		}
	}
	w, h := width, height
	switch ratio := float64(width) / float64(height); {
	case ratio < leastRatio:
		h = int(math.RoundToEven(float64(w) / leastRatio))
	case ratio > mostRatio:
		w = int(math.RoundToEven(float64(h) * mostRatio))
	}
	left, top := (width-w)/2, (height-h)/2
	return image.Rect(left, top, left+w, top+h)
}

// Fit writes p as an image of shape [C H W] with values 0..1, in colours (C = 3) or grey (C = 1). A
// picture of another size is scaled until it just covers the image, and the middle is taken:
// torchvision's Resize and CenterCrop, antialiased. It is for networks that were trained on images of
// one size, as they are; Centre also cuts off a border.
func (p Picture) Fit(shape []int, dst []float32) error {
	if len(shape) != 3 || shape[0] != 1 && shape[0] != 3 {
		return fmt.Errorf("shape %v; a picture has one channel or three, height and width", shape)
	}
	w, h := shape[2], shape[1]
	if p.W != w || p.H != h {
		p = p.middle(image.Pt(w, h), image.Pt(w, h))
	}
	if shape[0] == 3 {
		p.Planes(dst)
		return nil
	}
	for i := range dst[:w*h] {
		dst[i] = float32(data.Grey(p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2])) / 255
	}
	return nil
}

// Planes writes p as values 0..1, [3 H W]: torchvision's ToTensor.
func (p Picture) Planes(dst []float32) {
	size := p.W * p.H
	for i := range size {
		for c := range 3 {
			dst[c*size+i] = float32(p.Pix[3*i+c]) / 255
		}
	}
}

// Split writes p plane by plane, [3 H W].
func (p Picture) Split(dst []byte) {
	size := p.W * p.H
	red, green, blue := dst[:size], dst[size:2*size], dst[2*size:3*size]
	for i := range red {
		pixel := p.Pix[3*i : 3*i+3 : 3*i+3]
		red[i], green[i], blue[i] = pixel[0], pixel[1], pixel[2]
	}
}

// Reduced returns p with the shorter side n if it is more than half as long again, else p: less is not worth
// resampling twice.
func (p Picture) Reduced(n int) Picture {
	if 2*min(p.W, p.H) <= 3*n {
		return p
	}
	w, h := p.covering(n, n)
	return p.resized(w, h, image.Rect(0, 0, w, h))
}
