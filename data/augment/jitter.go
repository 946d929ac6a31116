package augment

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// ColorJitter is torchvision's: in random order, brightness, contrast and saturation by a factor that is
// uniform in max(0, 1 - x)..1 + x, and hue by a share of the circle that is uniform in -x..x. One that is
// 0 is left out.
type ColorJitter struct{ Brightness, Contrast, Saturation, Hue float64 }

// check reports what a field cannot be.
func (j ColorJitter) check() error {
	for i, x := range []float64{j.Brightness, j.Contrast, j.Saturation} {
		if !(x >= 0) || math.IsInf(x, 0) {
			name := []string{"brightness", "contrast", "saturation"}[i]
			return fmt.Errorf("augment: color jitter with %s %v; want a finite number of 0 or more", name, x)
		}
	}
	if !(j.Hue >= 0 && j.Hue <= 0.5) {
		return fmt.Errorf("augment: color jitter with hue %v; want 0 to 0.5", j.Hue)
	}
	return nil
}

// apply does what it draws.
func (j ColorJitter) apply(v *canvas, r *rand.Rand) {
	order, amount := j.draw(r)
	for _, i := range order {
		j.step(v, i, amount[i])
	}
}

// draw draws the order, then the factors of those that are not left out.
func (j ColorJitter) draw(r *rand.Rand) (order [4]int, amount [4]float64) {
	order = [4]int{0, 1, 2, 3}
	r.Shuffle(4, func(a, b int) { order[a], order[b] = order[b], order[a] })
	for i, x := range [4]float64{j.Brightness, j.Contrast, j.Saturation, j.Hue} {
		switch {
		case x == 0:
		case i == 3:
			amount[i] = between(r, -x, x)
		default:
			amount[i] = between(r, max(0, 1-x), 1+x)
		}
	}
	return order, amount
}

// step is one of the four.
func (j ColorJitter) step(v *canvas, i int, amount float64) {
	switch {
	case i == 0 && j.Brightness > 0:
		v.brightness(amount)
	case i == 1 && j.Contrast > 0:
		v.contrast(amount)
	case i == 2 && j.Saturation > 0:
		v.saturation(amount)
	case i == 3 && j.Hue > 0:
		v.hue(amount)
	}
}

// between draws uniformly from lo..hi.
func between(r *rand.Rand, lo, hi float64) float64 { return lo + float64((hi-lo)*r.Float64()) }
