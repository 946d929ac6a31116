package ui

import (
	"bytes"
	"image/png"
	"io"
	"os"
	"path"
)

// thumbnailsName is the file in a run's directory with a picture of each class.
const thumbnailsName = "thumbnails.png"

// tileColumns is how many pictures stand in a row of it.
const tileColumns = 16

// Limits of the file.
const (
	mostPicture = 16 << 20
	mostSide    = 1 << 16
)

// tiles are the pictures of the classes.
type tiles struct {
	Tile    [2]int `json:"tile"` // width and height of one
	Columns int    `json:"columns"`
}

// thumbnails describes the pictures of the run in dir, of so many classes; nil: there are none.
func thumbnails(root *os.Root, dir string, classes int) *tiles {
	f, info, err := openRegular(root, path.Join(dir, thumbnailsName))
	if err != nil {
		return nil
	}
	defer f.Close()
	c, err := png.DecodeConfig(io.LimitReader(f, mostPicture))
	rows := (classes + tileColumns - 1) / tileColumns
	if err != nil || info.Size() > mostPicture || rows == 0 || c.Width < tileColumns || c.Height < rows || c.Width > mostSide || c.Height > mostSide {
		return nil
	}
	return &tiles{[2]int{c.Width / tileColumns, c.Height / rows}, tileColumns}
}

// readPicture returns the file, of which only a PNG is passed on.
func readPicture(root *os.Root, dir string) (picture, error) {
	f, info, err := openRegular(root, path.Join(dir, thumbnailsName))
	if err != nil {
		return nil, notFound("the run has no pictures of its classes")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostPicture))
	if err != nil || info.Size() > mostPicture || !bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) {
		return nil, notFound("the run has no pictures of its classes")
	}
	return b, nil
}
