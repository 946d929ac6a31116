package run

import (
	"context"
	"image"
	"path/filepath"

	"github.com/local-to-global/lgl/data/sheet"
	"github.com/local-to-global/lgl/task"
)

// thumbnailsFile is the name of the thumbnails in a run directory.
const thumbnailsFile = "thumbnails.png"

// drawThumbnails draws a training picture of each class as evaluation sees it; nil where samples are
// no pictures, or classes too many.
func drawThumbnails(ctx context.Context, t task.Task) (image.Image, error) {
	if len(t.PerClass) > sheet.MostThumbnails || !sheet.Drawable(t.Train.Shape()) {
		return nil, nil
	}
	return sheet.Thumbnails(ctx, t.Train, t.Plain.Unnormalised())
}

// writeThumbnails writes those of a run, if it has any, to its directory.
func writeThumbnails(dir string, m image.Image) error {
	if m == nil {
		return nil
	}
	return sheet.WriteFile(filepath.Join(dir, thumbnailsFile), m)
}
