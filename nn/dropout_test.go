package nn

import (
	"math"
	"testing"
)

// The first outputs of SplitMix64 seeded with 1234567, as published with its reference code,
// decide at p just above and at their upper 24 bits.
func TestDropKeepIsSplitMix64(t *testing.T) {
	const gamma = 0x9E3779B97F4A7C15
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} {
		// layer 0 xors gamma into the seed; the counter then steps by gamma per output.
		seed := (1234567 + uint64(i)*gamma) ^ gamma
		u := float32(want>>40) / (1 << 24)
		if !DropKeep(seed, 0, 0, u) || DropKeep(seed, 0, 0, math.Nextafter32(u, 1)) {
			t.Errorf("output %d does not decide at %v", i, u)
		}
	}
}

func TestDropKeepRate(t *testing.T) {
	const n, p = 100000, 0.3
	dropped := 0
	for e := range uint64(n) {
		if !DropKeep(7, 3, e, p) {
			dropped++
		}
	}
	if got := float64(dropped) / n; math.Abs(got-p) > 5*math.Sqrt(p*(1-p)/n) {
		t.Errorf("dropped %v of the elements; want %v", got, p)
	}
}
