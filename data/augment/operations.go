package augment

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// operation is one of RandAugment's and TrivialAugmentWide's.
type operation struct {
	name string
	// rand and trivial return the magnitude of bin 0..bins-1, on an image of h x w; nil: it has none.
	rand, trivial func(bin, h, w int) float64
	signed        bool // the magnitude may be negative
	apply         func(v *canvas, magnitude float64)
}

// bins is the number of magnitudes, torchvision's num_magnitude_bins.
const bins = 31

// operations are torchvision's, in its order and with its names and magnitudes.
var operations = []operation{
	{"Identity", nil, nil, false, func(*canvas, float64) {}},
	{"ShearX", upTo(0.3), upTo(0.99), true, (*canvas).shearX},
	{"ShearY", upTo(0.3), upTo(0.99), true, (*canvas).shearY},
	{"TranslateX", shareOfWidth, upTo(32), true, func(v *canvas, m float64) { v.translate(int(m), 0) }},
	{"TranslateY", shareOfHeight, upTo(32), true, func(v *canvas, m float64) { v.translate(0, int(m)) }},
	{"Rotate", upTo(30), upTo(135), true, (*canvas).rotate},
	{"Brightness", upTo(0.9), upTo(0.99), true, func(v *canvas, m float64) { v.brightness(1 + m) }},
	{"Color", upTo(0.9), upTo(0.99), true, func(v *canvas, m float64) { v.saturation(1 + m) }},
	{"Contrast", upTo(0.9), upTo(0.99), true, func(v *canvas, m float64) { v.contrast(1 + m) }},
	{"Sharpness", upTo(0.9), upTo(0.99), true, func(v *canvas, m float64) { v.sharpness(1 + m) }},
	{"Posterize", bits(4), bits(6), false, func(v *canvas, m float64) { v.posterize(int(m)) }},
	{"Solarize", down, down, false, (*canvas).solarize},
	{"AutoContrast", nil, nil, false, func(v *canvas, _ float64) { v.autoContrast() }},
	{"Equalize", nil, nil, false, func(v *canvas, _ float64) { v.equalize() }},
}

// linspace is value bin of torch.linspace(start, end, bins), in float32: from whichever end is nearer.
func linspace(start, end float64, bin int) float64 {
	from, to := float32(start), float32(end)
	step := (to - from) / (bins - 1)
	if bin < bins/2 {
		return float64(from + float32(step*float32(bin)))
	}
	return float64(to - float32(step*float32(bins-1-bin)))
}

// upTo returns magnitudes from 0 to most.
func upTo(most float64) func(bin, h, w int) float64 {
	return func(bin, _, _ int) float64 { return linspace(0, most, bin) }
}

// RandAugment's shifts are up to 150 of 331 pixels.
func shareOfWidth(bin, _, w int) float64  { return linspace(0, 150.0/331*float64(w), bin) }
func shareOfHeight(bin, h, _ int) float64 { return linspace(0, 150.0/331*float64(h), bin) }

// down returns magnitudes from 255 to 0.
func down(bin, _, _ int) float64 { return linspace(255, 0, bin) }

// bits returns magnitudes from 8 bits to 8 - most.
func bits(most float64) func(bin, h, w int) float64 {
	return func(bin, _, _ int) float64 { return 8 - math.RoundToEven(float64(bin)/((bins-1)/most)) }
}

// RandAugment is torchvision's, with its 31 magnitudes, nearest-neighbour interpolation and black where
// an image was moved away from: N operations, each drawn anew of the fourteen, with magnitude M.
type RandAugment struct{ N, M int }

// check reports a number or magnitude that cannot be.
func (a RandAugment) check() error {
	if a.N < 0 || a.N > mostOperations || a.M < 0 || a.M >= bins {
		return fmt.Errorf("augment: RandAugment of %d operations with magnitude %d; want 0 to %d, and 0 to %d", a.N, a.M, mostOperations, bins-1)
	}
	return nil
}

// mostOperations is a bound that keeps a slip of the finger from taking all time.
const mostOperations = 100

// apply draws, for each of N, the operation, then its sign where it has one.
func (a RandAugment) apply(v *canvas, r *rand.Rand) {
	for range a.N {
		op := operations[r.IntN(len(operations))]
		m := 0.0
		if op.rand != nil {
			m = op.rand(a.M, v.h, v.w)
		}
		op.apply(v, op.turn(m, r))
	}
}

// trivialAugment is torchvision's TrivialAugmentWide: one operation, its magnitude one of the 31, its
// sign, in this order.
func (v *canvas) trivialAugment(r *rand.Rand) {
	op := operations[r.IntN(len(operations))]
	m := 0.0
	if op.trivial != nil {
		m = op.trivial(r.IntN(bins), v.h, v.w)
	}
	op.apply(v, op.turn(m, r))
}

// turn draws the sign of a magnitude, if the operation has one.
func (o operation) turn(magnitude float64, r *rand.Rand) float64 {
	if o.signed && r.IntN(2) == 1 {
		return -magnitude
	}
	return magnitude
}
