// Package data is the way from labelled samples to batches.
//
//  1. a reader or generator (data/idx, data/cifar, data/toy ...) gives a Source;
//  2. a Transform (data/augment) crops, flips, pads and normalises one sample;
//  3. Loader.Epoch takes an order of sample indices and yields Batches of transformed samples,
//     prepared by worker goroutines while the engine computes.
//
// Images are [C H W] float32; readers give pixels in 0..1 (torchvision's ToTensor). The same
// order and seed give the same batches, bit for bit, whatever the number of workers.
package data

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// Source is random access to labelled samples. Its methods may be called at once from several
// goroutines.
type Source interface {
	Len() int                          // number of samples
	Classes() []string                 // class names; a label is an index into it
	Shape() []int                      // of one sample: [C H W] or [F]
	Label(i int) int                   // of sample i, in 0..len(Classes())-1; never decodes
	Sample(i int, dst []float32) error // writes sample i, Size(Shape()) values
}

// Names returns the names of classes of src.
func Names(src Source, classes []int) []string {
	names := []string{}
	for _, k := range classes {
		names = append(names, src.Classes()[k])
	}
	return names
}

// ShapeText writes a shape as 3x32x32.
func ShapeText(shape []int) string {
	words := make([]string, len(shape))
	for i, d := range shape {
		words[i] = strconv.Itoa(d)
	}
	return strings.Join(words, "x")
}

// Batch is a set of samples that a model takes at once.
type Batch struct {
	X      []float32 // [N, shape...]
	Y      []int32   // [N] labels
	Weight []float32 // [N] scales each sample's loss; nil: all 1
	Index  []int     // [N] the samples' indices in their source
	// Targets are the shares t_k of the classes in each sample, [N K], which the loss goes by instead
	// of Y: -sum_k t_k log p_k. nil: 1 for the label, 0 elsewhere. A row need not add up to 1.
	Targets []float32
}

// Len returns N.
func (b Batch) Len() int { return len(b.Y) }

// Transform changes one sample on its way into a batch.
type Transform interface {
	// Shape returns the shape that Apply writes for samples of shape in.
	Shape(in []int) ([]int, error)
	// Apply reads src, of shape in, and writes dst. Random choices come from r alone, so that
	// they do not depend on which worker runs it.
	Apply(dst, src []float32, in []int, r *rand.Rand)
}
