// Package glyphs generates a data set of 100 classes of characters (digits, Latin, Greek, Cyrillic),
// of the size and number of CIFAR-100's: 50000 training and 10000 test images, [3 32 32] bytes. Nothing
// is downloaded: the characters come from fonts that Go modules hold. The test images are drawn in
// families of fonts that no training image is drawn in.
//
//  1. the outline of each class in each font is taken, as polygons;
//  2. for an image, one outline is scaled, sheared, rotated and moved at random, and filled;
//  3. it is coloured, as textured ink on textured paper, whose contrast is not always high;
//  4. the image is blurred, and noise is added;
//  5. all images are kept in one file in a directory of the user's, and checked when they are read.
//
// The data set is the same for everyone, bit for bit: it has one seed, each image draws from a
// stream of its own, and there is no floating-point number from the fonts' files to the pixels, so
// neither the number of workers nor the machine can show.
package glyphs

import (
	"runtime"
	"slices"

	"github.com/local-to-global/lgl/data"
)

// digest is the SHA-256 of all images, the training part first, 3 side side bytes each.
const digest = "358be60e47f71a9631b7e19fc463e9875063190cc50f78b64fddce52c26d10ed"

// Images is the training or the test part. Its labels are the classes, unless Open was told
// otherwise.
type Images struct{ *data.Images }

// Coarse returns the superclass of image i, an index into CoarseClasses.
func (s *Images) Coarse(i int) int { return superclass(i % len(classes)) }

// CoarseClasses returns the names of the superclasses.
func (s *Images) CoarseClasses() []string { return superclasses() }

// Open returns the data set, from the file in dir, or else generated and then kept there. dir ""
// keeps nothing. With coarse, the labels are the superclasses. say is called with a line for the
// user where the file was damaged, or where it cannot be written; neither is an error.
func Open(dir string, coarse bool, say func(string)) (train, test *Images, err error) {
	s := store{
		dir: dir, bytes: bytesOf(perTrain, perTest), sha256: digest, say: say,
		generate: func() ([]byte, error) { return generate(perTrain, perTest, runtime.GOMAXPROCS(0)) },
	}
	pixels, err := s.images()
	if err != nil {
		return nil, nil, err
	}
	if train, err = newImages(pixels[:bytesOf(perTrain, 0)], coarse); err != nil {
		return nil, nil, err
	}
	test, err = newImages(pixels[bytesOf(perTrain, 0):], coarse)
	return train, test, err
}

// newImages returns a source of images whose classes come in turn.
func newImages(pixels []byte, coarse bool) (*Images, error) {
	labels := make([]byte, len(pixels)/size)
	for i := range labels {
		labels[i] = byte(i % len(classes))
		if coarse {
			labels[i] = byte(superclass(i % len(classes)))
		}
	}
	names := classNames()
	if coarse {
		names = superclasses()
	}
	images, err := data.NewImages(pixels, labels, names, 3, side, side)
	return &Images{images}, err
}

// classNames returns the names of the classes, in the order of the labels.
func classNames() []string {
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = c.name
	}
	return names
}

// superclasses returns the names of the superclasses: script, case and outer form.
func superclasses() []string {
	var names []string
	for _, c := range classes {
		if !slices.Contains(names, c.group) {
			names = append(names, c.group)
		}
	}
	return names
}

// superclass returns the superclass of a class, an index into superclasses.
func superclass(class int) int {
	return slices.Index(superclasses(), classes[class].group)
}
