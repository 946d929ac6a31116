package augment

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkOperations applies each operation to an image of 224 x 224 pixels, at RandAugment's magnitude 9.
func BenchmarkOperations(b *testing.B) {
	v := newCanvas(3, 224, 224)
	noise := make([]byte, len(v.pix))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(100 + 40*r.NormFloat64())
	}
	for _, op := range append(operations, operation{name: "Hue", apply: func(v *canvas, _ float64) { v.hue(0.07) }}) {
		m := 0.0
		if op.rand != nil {
			m = op.rand(9, v.h, v.w)
		}
		b.Run(op.name, func(b *testing.B) {
			copy(v.pix, noise)
			for b.Loop() {
				op.apply(v, m)
			}
		})
	}
}
