package onednn

import "golang.org/x/sys/cpu"

var hasAVX = cpu.X86.HasAVX

func sgd(w, v, g []float32, rate, momentum, decay float32) {
	n := 0
	if hasAVX {
		n = len(w) / lanes * lanes
		sgdAVX(w[:n], v[:n], g[:n], rate, momentum, decay)
	}
	sgdPlain(w[n:], v[n:], g[n:], rate, momentum, decay)
}

func finiteRange(x []float32) bool {
	n := 0
	if hasAVX {
		n = len(x) / lanes * lanes
		if !finiteAVX(x[:n]) {
			return false
		}
	}
	return finitePlain(x[n:])
}

//go:noescape
func sgdAVX(w, v, g []float32, rate, momentum, decay float32)

//go:noescape
func finiteAVX(x []float32) bool
