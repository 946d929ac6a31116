package onednn

import (
	"math"
	"sync"

	"github.com/local-to-global/lgl/engine"
)

// lanes is the number of float32 in a vector of the assembly, and of channels in a block.
const lanes = 16

// update is one step of SGD over whole slabs, each of the same layout, padding included (it is
// and stays zero): g += decay w; v = momentum v + g; w -= rate v.
func update(threads int, w, v, g []float32, h engine.Hyper) {
	parallel(threads, len(w), func(from, to int) {
		sgd(w[from:to], v[from:to], g[from:to], h.LR, h.Momentum, h.WeightDecay)
	})
}

// finite reports whether every value is.
func finite(threads int, x []float32) bool {
	var mu sync.Mutex
	all := true
	parallel(threads, len(x), func(from, to int) {
		ok := finiteRange(x[from:to])
		mu.Lock()
		all = all && ok
		mu.Unlock()
	})
	return all
}

// sgdPlain is the definition that the vector code matches bit for bit.
func sgdPlain(w, v, g []float32, rate, momentum, decay float32) {
	for i := range w {
		d := float32(decay*w[i]) + g[i]
		v[i] = float32(momentum*v[i]) + d
		w[i] -= float32(rate * v[i])
	}
}

// finitePlain relies on 0 x being NaN for infinities and NaN.
func finitePlain(x []float32) bool {
	var sum float32
	for _, v := range x {
		sum += float32(0 * v)
	}
	return !math.IsNaN(float64(sum))
}
