//go:build !amd64

package onednn

func sgd(w, v, g []float32, rate, momentum, decay float32) {
	sgdPlain(w, v, g, rate, momentum, decay)
}

func finiteRange(x []float32) bool { return finitePlain(x) }
