package data

import (
	"crypto/sha256"
	"math/rand/v2"
)

// Pictures is a Source whose samples are pictures in files, of any sizes. Sample writes the view of
// one that evaluation takes.
type Pictures interface {
	Source
	// View writes a view of sample i as bytes of shape Shape(), a byte b standing for b/255 as in Pixels:
	// a random one, whose choices come from r alone, or, where r is nil, that of Sample.
	View(i int, dst []byte, r *rand.Rand) error
	// Path returns the file of sample i.
	Path(i int) string
	// Entry returns that file's path within the folder, with slashes, and its size, by which Digest knows
	// the sample.
	Entry(i int) (name string, bytes int64)
	// Sum returns the SHA-256 of that file as it was read first, false before that.
	Sum(i int) (sum [sha256.Size]byte, ok bool)
}

// ViewTransform is a PixelTransform that may be meant for random views of Pictures.
type ViewTransform interface {
	PixelTransform
	// Views reports whether it is to be given random views.
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

func (s pictureSubset) View(i int, dst []byte, r *rand.Rand) error {
	return s.pictures.View(s.index[i], dst, r)
}
func (s pictureSubset) Path(i int) string           { return s.pictures.Path(s.index[i]) }
func (s pictureSubset) Entry(i int) (string, int64) { return s.pictures.Entry(s.index[i]) }
func (s pictureSubset) Sum(i int) ([sha256.Size]byte, bool) {
	return s.pictures.Sum(s.index[i])
}
