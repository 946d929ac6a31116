package data

import (
	"crypto/sha256"
	"math/rand/v2"
)

// Pictures is a Source whose samples are pictures in files, of any sizes. Sample writes the view of
// one that evaluation takes.
type Pictures interface {
	Source
	// View writes a random view of sample i, of shape Shape(). Random choices come from r alone.
	View(i int, dst []float32, r *rand.Rand) error
	// Path returns the file of sample i.
	Path(i int) string
	// Entry returns that file's path within the folder, with slashes, and its size, by which Digest knows
	// the sample.
	Entry(i int) (name string, bytes int64)
	// Sum returns the SHA-256 of that file as it was read first, false before that.
	Sum(i int) (sum [sha256.Size]byte, ok bool)
}

// ViewTransform is a Transform that may be meant for random views of Pictures.
type ViewTransform interface {
	Transform
	// Views reports whether Apply is to be given random views.
	Views() bool
}

// views reports whether t asks for random views.
func views(t Transform) bool {
	v, ok := t.(ViewTransform)
	return ok && v.Views()
}

// pictureSubset is a subset of Pictures.
type pictureSubset struct {
	subset
	pictures Pictures
}

func (s pictureSubset) View(i int, dst []float32, r *rand.Rand) error {
	return s.pictures.View(s.index[i], dst, r)
}
func (s pictureSubset) Path(i int) string           { return s.pictures.Path(s.index[i]) }
func (s pictureSubset) Entry(i int) (string, int64) { return s.pictures.Entry(s.index[i]) }
func (s pictureSubset) Sum(i int) ([sha256.Size]byte, bool) {
	return s.pictures.Sum(s.index[i])
}
