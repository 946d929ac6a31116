// Package augment changes samples on their way into a batch, by torchvision's transforms, in the order of
// torchvision's reference recipe: padding and random crop (Pad, RandomCrop), RandomHorizontalFlip,
// ColorJitter, RandAugment or TrivialAugmentWide, ToTensor, Normalize, RandomErasing.
//
//  1. Measure takes the mean and deviation of each channel from the training data;
//  2. a Pipeline with them is given to a data.Loader, one for training, and one without random
//     steps for evaluation;
//  3. the loader calls it for every sample, with a generator of that sample's own;
//  4. the pipeline places the sample in its frame (augment.go), changes its bytes on a canvas (colour.go,
//     hue.go, table.go, affine.go, as jitter.go and operations.go draw them), normalises, and erases (erase.go).
//
// Given their parameters, all of these give the bytes that torchvision gives for PIL images. What is drawn has
// torchvision's distribution: the generators are others, so the numbers are. Products are converted to their own
// type before they are added, as in data/picture: else Go on arm64 rounds the two operations as one.
package augment

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/local-to-global/lgl/data"
)

// Pipeline is a data.Transform. Each step is left out where its field is zero; samples that are
// not images, of shape [F], can only be normalised, each feature as a channel of its own.
type Pipeline struct {
	// View asks for random views of pictures in files, torchvision's RandomResizedCrop, which
	// data.Pictures draws.
	View bool
	// Size pads images with zeros (black) to Size x Size; where the number of rows or columns to
	// add is odd, the last side gets one more.
	Size int
	// Crop adds so many zeros on each side and cuts out a random window of the size before: a
	// shift by -Crop..Crop, each equally likely, in both directions.
	Crop int
	// Flip mirrors left and right with probability 1/2.
	Flip bool
	// Jitter varies the colours.
	Jitter ColorJitter
	// Rand applies N operations of RandAugment, Trivial one of TrivialAugmentWide.
	Rand    RandAugment
	Trivial bool
	// Bilinear makes the shears, shifts and turns of these interpolate; torchvision's default is the nearest
	// pixel, its reference recipe sets bilinear.
	Bilinear bool
	// Mean and Std, one per channel, normalise: (x - Mean) / Std, in float32. Padding is zero
	// before it, so -Mean/Std after. Both nil: values stay as they are.
	Mean, Std []float32
	// Erase erases a rectangle of the normalised values.
	Erase Erase
}

var (
	_ data.PixelTransform = Pipeline{}
	_ data.ViewTransform  = Pipeline{}
)

// Views reports whether the pipeline is for random views.
func (p Pipeline) Views() bool { return p.View }

// Unnormalised returns the pipeline without the normalisation: values stay as they are.
func (p Pipeline) Unnormalised() Pipeline {
	p.Mean, p.Std = nil, nil
	return p
}

// Shape returns the shape after the transform, and reports what does not fit samples of shape in.
func (p Pipeline) Shape(in []int) ([]int, error) {
	if len(in) != 3 && len(in) != 1 {
		return nil, fmt.Errorf("augment: samples of shape %v; want [C H W] or [F]", in)
	}
	if err := p.checkScale(in[0]); err != nil {
		return nil, err
	}
	if p.Crop < 0 || p.Size < 0 {
		return nil, fmt.Errorf("augment: crop %d, size %d; want at least 0", p.Crop, p.Size)
	}
	if len(in) == 1 {
		if p.Size != 0 || p.Crop != 0 || p.Flip || p.paints() || p.Erase.P > 0 {
			return nil, fmt.Errorf("augment: samples of shape %v are no images: they cannot be padded, cropped, flipped, recoloured or erased", in)
		}
		return slices.Clone(in), nil
	}
	if p.Size != 0 && p.Size < max(in[1], in[2]) {
		return nil, fmt.Errorf("augment: cannot pad images of %dx%d to %dx%d, which is smaller", in[1], in[2], p.Size, p.Size)
	}
	if p.paints() && in[0] != 1 && in[0] != 3 {
		return nil, fmt.Errorf("augment: images of %d channels; color jitter, RandAugment and TrivialAugmentWide take 1 or 3", in[0])
	}
	if err := cmp.Or(p.Jitter.check(), p.Rand.check(), p.Erase.check()); err != nil {
		return nil, err
	}
	f := p.frame(in)
	return []int{f.channels, f.outH, f.outW}, nil
}

// paints reports whether the pipeline changes bytes on a canvas.
func (p Pipeline) paints() bool { return p.Jitter != ColorJitter{} || p.Rand.N != 0 || p.Trivial }

// checkScale reports a mean or deviation that does not fit so many channels.
func (p Pipeline) checkScale(channels int) error {
	if p.Mean == nil && p.Std == nil {
		return nil
	}
	if len(p.Mean) != channels || len(p.Std) != channels {
		return fmt.Errorf("augment: %d means and %d deviations for %d channels", len(p.Mean), len(p.Std), channels)
	}
	for c, s := range p.Std {
		if m := p.Mean[c]; !(s > 0) || !finite(s) || !finite(m) {
			return fmt.Errorf("augment: channel %d has mean %v and deviation %v; want finite ones, the deviation > 0", c, m, s)
		}
	}
	return nil
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// Apply transforms one sample of values 0..1. Of r it draws the shifts down and right, then the
// flip, then what changes colours and what erases, where the pipeline has them. What changes colours works
// on bytes: values are rounded to these first.
func (p Pipeline) Apply(dst, src []float32, in []int, r *rand.Rand) {
	if p.paints() {
		bytes := make([]byte, len(src))
		for i, v := range src {
			bytes[i] = data.Byte(v)
		}
		p.Pixels(in)(dst, bytes, r)
		return
	}
	f := p.frame(in).shift(p, r)
	place(dst, src, f, func(row, src []float32, c int) {
		for i, v := range src {
			row[i] = p.normal(v, c)
		}
	}, func(c int) float32 { return p.normal(0, c) })
	p.erase(dst, f, r)
}

// Pixels is Apply for bytes, through a table of the 256 results per channel.
func (p Pipeline) Pixels(in []int) func(dst []float32, src []byte, r *rand.Rand) {
	f := p.frame(in)
	tables := make([][256]float32, f.channels)
	for c := range tables {
		for b := range tables[c] {
			tables[c][b] = p.normal(float32(b)/255, c)
		}
	}
	convert := func(row []float32, src []byte, c int) {
		table := &tables[c]
		row = row[:len(src)]
		for i, b := range src {
			row[i] = table[b]
		}
	}
	if p.paints() {
		return p.painter(f, convert)
	}
	border := func(c int) float32 { return tables[c][0] }
	return func(dst []float32, src []byte, r *rand.Rand) {
		place(dst, src, f.shift(p, r), convert, border)
		p.erase(dst, f, r)
	}
}

// painter is Pixels for pipelines that change bytes: the frame's view goes onto a canvas, and from there,
// converted, to dst.
func (p Pipeline) painter(f frame, convert func(row []float32, src []byte, c int)) func(dst []float32, src []byte, r *rand.Rand) {
	canvases := sync.Pool{New: func() any { return newCanvas(f.channels, f.outH, f.outW) }}
	keep := func(row, src []byte, _ int) { copy(row, src) }
	black := func(int) byte { return 0 }
	return func(dst []float32, src []byte, r *rand.Rand) {
		v := canvases.Get().(*canvas)
		defer canvases.Put(v)
		place(v.pix, src, f.shift(p, r), keep, black)
		v.bilinear = p.Bilinear
		p.paint(v, r)
		for c := range f.channels {
			convert(dst[c*v.h*v.w:], v.plane(c), c)
		}
		p.erase(dst, f, r)
	}
}

// paint changes the bytes of an image.
func (p Pipeline) paint(v *canvas, r *rand.Rand) {
	if (p.Jitter != ColorJitter{}) {
		p.Jitter.apply(v, r)
	}
	p.Rand.apply(v, r)
	if p.Trivial {
		v.trivialAugment(r)
	}
}

// erase erases a rectangle of the result, if the pipeline does and the dice say so.
func (p Pipeline) erase(dst []float32, f frame, r *rand.Rand) {
	if p.Erase.P > 0 {
		p.Erase.apply(dst, f.channels, f.outH, f.outW, r)
	}
}

// normal normalises a value of channel c.
func (p Pipeline) normal(v float32, c int) float32 {
	if p.Mean == nil {
		return v
	}
	return (v - p.Mean[c]) / p.Std[c]
}

// frame says which part of a sample is seen: output row y shows row y+top of the sample, column x
// shows column x+left, zeros where there is none.
type frame struct {
	channels, h, w, outH, outW int
	top, left                  int
	flip                       bool // then mirror the output
}

// frame returns the frame before random choices. A sample [F] is F channels of 1 x 1.
func (p Pipeline) frame(in []int) frame {
	f := frame{channels: in[0], h: 1, w: 1}
	if len(in) == 3 {
		f.h, f.w = in[1], in[2]
	}
	f.outH, f.outW = f.h, f.w
	if p.Size > 0 {
		f.outH, f.outW = p.Size, p.Size
		f.top, f.left = -(p.Size-f.h)/2, -(p.Size-f.w)/2
	}
	return f
}

// shift adds the pipeline's random choices to the frame.
func (f frame) shift(p Pipeline, r *rand.Rand) frame {
	if p.Crop > 0 {
		f.top += r.IntN(2*p.Crop+1) - p.Crop
		f.left += r.IntN(2*p.Crop+1) - p.Crop
	}
	if p.Flip {
		f.flip = r.IntN(2) == 1
	}
	return f
}

// place writes the frame's view of src to dst, row by row: border values around the columns that
// src has, which convert writes.
func place[D, T byte | float32](dst []D, src []T, f frame,
	convert func(row []D, src []T, c int), border func(c int) D) {
	lo, hi := max(-f.left, 0), min(f.w-f.left, f.outW) // output columns lo..hi-1 are inside src
	for c := range f.channels {
		zero := border(c)
		for y := range f.outH {
			row := dst[(c*f.outH+y)*f.outW:][:f.outW]
			from := y + f.top
			if from < 0 || from >= f.h || lo >= hi {
				fill(row, zero)
				continue
			}
			fill(row[:lo], zero)
			convert(row[lo:hi], src[(c*f.h+from)*f.w:][lo+f.left:hi+f.left], c)
			fill(row[hi:], zero)
			if f.flip {
				slices.Reverse(row)
			}
		}
	}
}

func fill[T byte | float32](row []T, v T) {
	for i := range row {
		row[i] = v
	}
}
