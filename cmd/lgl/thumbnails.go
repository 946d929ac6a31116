package main

import (
	"context"
	"image"
	"image/png"
	"io"
	"path/filepath"

	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/sheet"
	"github.com/local-to-global/lgl/internal/atomicfile"
)

// thumbnailsFile is the name of the thumbnails in a run directory.
const thumbnailsFile = "thumbnails.png"

// drawThumbnails draws a training picture of each class as evaluation sees it; nil where samples are
// no pictures, or classes too many.
func (t task) drawThumbnails(ctx context.Context) (image.Image, error) {
	if len(t.perClass) > sheet.MostThumbnails || !sheet.Drawable(t.train.Shape()) {
		return nil, nil
	}
	return sheet.Thumbnails(ctx, t.train, unnormalised(t.plain))
}

// unnormalised returns a pipeline that leaves values as they are.
func unnormalised(p augment.Pipeline) augment.Pipeline {
	p.Mean, p.Std = nil, nil
	return p
}

// writeThumbnails writes those of a run, if it has any, to its directory.
func writeThumbnails(dir string, m image.Image) error {
	if m == nil {
		return nil
	}
	return writeImage(filepath.Join(dir, thumbnailsFile), m)
}

// writeImage writes a PNG file whole or not at all.
func writeImage(path string, m image.Image) error {
	return atomicfile.Write(path, func(w io.Writer) error { return png.Encode(w, m) })
}
