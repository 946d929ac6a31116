package sheet

import (
	"context"
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"github.com/local-to-global/lgl/data"
)

// Columns is how many tiles a row of thumbnails has, however few classes there are: a tile is as wide
// as the picture over Columns.
const Columns = 16

// MostThumbnails is of how many classes there are thumbnails: of more they would take a minute to
// decode, and nobody looks at them one by one.
const MostThumbnails = 4096

// mostThumb is the longer side of the largest thumbnail.
const mostThumb = 64

// Thumbnails returns a picture of each class of src as plain, which must not normalise, makes it: the
// first sample of the class by index. They lie in rows of Columns, in the order of the classes; a class
// without samples has a grey tile. Pictures whose longer side exceeds 64 are reduced to it.
func Thumbnails(ctx context.Context, src data.Source, plain data.Transform) (image.Image, error) {
	k := len(src.Classes())
	if k > MostThumbnails {
		return nil, fmt.Errorf("%d classes; want at most %d", k, MostThumbnails)
	}
	shape, err := plain.Shape(src.Shape())
	if err != nil {
		return nil, err
	}
	if !Drawable(shape) {
		return nil, fmt.Errorf("samples of shape %v are no pictures", shape)
	}
	w, h := within(shape[2], shape[1], mostThumb)
	sprite := blank(shape[0] == 1, Columns*w, (k+Columns-1)/Columns*h)
	first := firsts(src)
	err = tiles(ctx, src, plain, first, 0, func(i int, tile draw.Image) {
		class := src.Label(first[i])
		put(sprite, image.Pt(class%Columns*w, class/Columns*h), w, h, tile)
	})
	return sprite, err
}

// firsts returns the first sample of each class that has one.
func firsts(src data.Source) (samples []int) {
	seen := make([]bool, len(src.Classes()))
	for i := range src.Len() {
		if k := src.Label(i); !seen[k] {
			seen[k] = true
			samples = append(samples, i)
		}
	}
	return samples
}

// blank returns an empty picture.
func blank(grey bool, w, h int) draw.Image {
	r := image.Rect(0, 0, w, h)
	var m draw.Image = image.NewRGBA(r)
	if grey {
		m = image.NewGray(r)
	}
	fill(m, color.Gray{128})
	return m
}
