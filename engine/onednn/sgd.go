package onednn

import (
	"math"
	"runtime"
	"sync"

	"github.com/local-to-global/lgl/engine"
)

// block is the least number of float32 worth a goroutine of its own, and the unit in which slabs
// are split: a multiple of every vector width.
const block = 1 << 16

// parallel calls f for ranges that together are 0..n, on up to threads goroutines.
func parallel(threads, n int, f func(from, to int)) {
	threads = min(threads, n/block)
	if threads <= 1 {
		f(0, n)
		return
	}
	size := (n/threads + 15) / 16 * 16
	var wait sync.WaitGroup
	for from := size; from < n; from += size {
		wait.Go(func() { f(from, min(from+size, n)) })
	}
	f(0, size)
	wait.Wait()
}

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

// cores is the number of threads of a step when the caller does not say.
func cores() int { return runtime.NumCPU() }
