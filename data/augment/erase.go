package augment

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Erase is torchvision's RandomErasing: with probability P a rectangle, whose share of the area is uniform
// in 0.02..0.33 and whose logarithm of height over width is uniform in log 0.3..log 3.3, gets the value. It is done to
// normalised values, as in torchvision's reference recipe: value 0 is the mean of each channel.
type Erase struct {
	P      float64
	Value  float32
	Random bool // instead of Value, each pixel gets a normal random value
}

// torchvision's defaults of scale and ratio.
const (
	leastErased, mostErased   = 0.02, 0.33
	leastSlender, mostSlender = 0.3, 3.3
)

// check reports a probability or value that cannot be.
func (e Erase) check() error {
	if !(e.P >= 0 && e.P <= 1) {
		return fmt.Errorf("augment: erasing with probability %v; want 0 to 1", e.P)
	}
	if !finite(e.Value) {
		return fmt.Errorf("augment: erasing with value %v; want a finite one", e.Value)
	}
	return nil
}

// apply draws whether to erase, the rectangle, and, where they are random, the values of x, [c h w].
func (e Erase) apply(x []float32, c, h, w int, r *rand.Rand) {
	if r.Float64() >= e.P {
		return
	}
	top, left, height, width, ok := erased(h, w, r)
	if !ok {
		return
	}
	for k := range c {
		for y := range height {
			row := x[(k*h+top+y)*w+left:][:width]
			fill(row, e.Value)
			if e.Random {
				for i := range row {
					row[i] = float32(r.NormFloat64())
				}
			}
		}
	}
}

// erased draws what torchvision's RandomErasing.get_params does, in its order: up to ten times area and ratio,
// until the rectangle is lower and narrower than the image, then its row and column.
func erased(h, w int, r *rand.Rand) (top, left, height, width int, ok bool) {
	for range 10 {
		area := float64(h*w) * between(r, leastErased, mostErased)
		ratio := math.Exp(between(r, math.Log(leastSlender), math.Log(mostSlender)))
		height = int(math.RoundToEven(math.Sqrt(area * ratio)))
		width = int(math.RoundToEven(math.Sqrt(area / ratio)))
		if height < h && width < w {
			return r.IntN(h - height + 1), r.IntN(w - width + 1), height, width, true
		}
	}
	return 0, 0, 0, 0, false
}
