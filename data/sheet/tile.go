// Package sheet draws samples as pictures.
//
//  1. a data.Loader reads samples and transforms them as for a network, but without normalisation,
//     and each becomes a tile, grey or in colours (tiles);
//  2. Thumbnails lays out the first sample of every class: a run's thumbnails.png;
//  3. Sheet lays out rows of tiles with words beside them, Contacts chooses them: what lgl data browse writes.
package sheet

import (
	"context"
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"github.com/local-to-global/lgl/data"
)

// Drawable reports whether samples of a shape are pictures: [1 H W] or [3 H W].
func Drawable(shape []int) bool {
	return len(shape) == 3 && (shape[0] == 1 || shape[0] == 3)
}

// tiles calls visit with the picture of each of the samples of src as t makes it, in order. What t
// draws at random derives from seed and the position among the samples.
func tiles(ctx context.Context, src data.Source, t data.Transform, samples []int, seed uint64, visit func(i int, tile draw.Image)) error {
	l, err := data.NewLoader(src, t, 1, 0) // a sample at a time, of which there may be large ones
	if err != nil {
		return err
	}
	shape := l.Shape()
	if !Drawable(shape) {
		return fmt.Errorf("samples of shape %v are no pictures", shape)
	}
	size, i := data.Size(shape), 0
	for b, err := range l.Epoch(ctx, samples, nil, seed) {
		if err != nil {
			return err
		}
		for j := range b.Len() {
			visit(i, tile(b.X[j*size:(j+1)*size], shape))
			i++
		}
	}
	return nil
}

// tile returns values 0..1 of shape [1 H W] or [3 H W] as a picture; what is beyond is cut off.
func tile(values []float32, shape []int) draw.Image {
	h, w := shape[1], shape[2]
	r := image.Rect(0, 0, w, h)
	if shape[0] == 1 {
		m := image.NewGray(r)
		for i, v := range values {
			m.Pix[i] = data.Byte(v)
		}
		return m
	}
	m := image.NewRGBA(r)
	for i := range h * w {
		for c := range 3 {
			m.Pix[4*i+c] = data.Byte(values[c*h*w+i])
		}
		m.Pix[4*i+3] = 255
	}
	return m
}

// box gives an output pixel the mean of the input pixels that it covers.
var box = &draw.Kernel{Support: 0.5, At: func(float64) float64 { return 1 }}

// within returns the size of a w x h picture whose longer side is at most most.
func within(w, h, most int) (int, int) {
	longer := max(w, h)
	if longer <= most {
		return w, h
	}
	return max(1, (w*most+longer/2)/longer), max(1, (h*most+longer/2)/longer)
}

// put draws a tile with its upper left corner at p, in w x h pixels.
func put(dst draw.Image, p image.Point, w, h int, tile image.Image) {
	r := image.Rect(0, 0, w, h).Add(p)
	switch b := tile.Bounds(); {
	case b.Dx() == w && b.Dy() == h:
		draw.Draw(dst, r, tile, b.Min, draw.Src)
	case w < b.Dx():
		box.Scale(dst, r, tile, b, draw.Src, nil)
	default:
		draw.NearestNeighbor.Scale(dst, r, tile, b, draw.Src, nil)
	}
}

// fill colours all of a picture.
func fill(dst draw.Image, c color.Color) {
	draw.Draw(dst, dst.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
}
