package data

import (
	"fmt"
	"math/rand/v2"
)

// Pixels is a Source whose samples are bytes; a byte b stands for the value b/255, divided in
// float32. A Loader takes such samples to a PixelTransform without a float copy in between.
type Pixels interface {
	Source
	// Pixels returns sample i, Size(Shape()) bytes, not to be changed.
	Pixels(i int) []byte
}

// PixelTransform is a Transform that has a faster way for samples held as bytes.
type PixelTransform interface {
	Transform
	// Pixels returns a function that writes, for bytes of shape in, the very bits that Apply
	// writes for their values. Several goroutines may call it at once.
	Pixels(in []int) func(dst []float32, src []byte, r *rand.Rand)
}

// Images is a Source in memory: images of one shape, one byte a value. It is what the readers of
// image files return.
type Images struct {
	pixels  []byte // [N, shape...]
	labels  []byte // [N]
	classes []string
	shape   []int
	size    int
}

// NewImages returns a source of the images in pixels, [N, shape...], which it keeps. It reports
// sizes that do not agree and labels that are not in 0..len(classes)-1.
func NewImages(pixels, labels []byte, classes []string, shape ...int) (*Images, error) {
	size := Size(shape)
	if size < 1 || len(labels) != len(pixels)/size || len(pixels)%size != 0 {
		return nil, fmt.Errorf("%d labels and %d bytes of images; images of shape %v have %d bytes",
			len(labels), len(pixels), shape, size)
	}
	for i, label := range labels {
		if int(label) >= len(classes) {
			return nil, fmt.Errorf("sample %d: label %d; want 0..%d", i, label, len(classes)-1)
		}
	}
	return &Images{pixels, labels, classes, shape, size}, nil
}

// Renamed returns the same images under other class names.
func (s *Images) Renamed(classes []string) (*Images, error) {
	return NewImages(s.pixels, s.labels, classes, s.shape...)
}

// Len returns the number of images.
func (s *Images) Len() int { return len(s.labels) }

// Classes returns the class names.
func (s *Images) Classes() []string { return s.classes }

// Shape returns [C H W].
func (s *Images) Shape() []int { return s.shape }

// Label returns the label of image i.
func (s *Images) Label(i int) int { return int(s.labels[i]) }

// Pixels returns the bytes of image i, [C H W].
func (s *Images) Pixels(i int) []byte { return s.pixels[i*s.size : (i+1)*s.size] }

// Sample writes image i with values in 0..1, as torchvision's ToTensor does. It never fails.
func (s *Images) Sample(i int, dst []float32) error {
	for j, b := range s.Pixels(i) {
		dst[j] = float32(b) / 255
	}
	return nil
}

// Size returns the number of values of a sample of the shape.
func Size(shape []int) int {
	size := 1
	for _, d := range shape {
		size *= d
	}
	return size
}

// Byte returns the byte that stands for a value, 0..1 for 0..255, rounded; what is beyond is cut off.
func Byte(v float32) byte { return byte(float32(min(max(v, 0), 1)*255) + 0.5) }

// Grey is PIL's convert("L"): 0.299 R + 0.587 G + 0.114 B, in units of 2^-16.
func Grey(r, g, b byte) byte {
	return byte((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}
