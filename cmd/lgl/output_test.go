package main

import (
	"math"
	"testing"
)

// Times are written in words that fit them, also those that no time.Duration holds.
func TestSeconds(t *testing.T) {
	for s, want := range map[float64]string{
		0: "0s", 0.123: "120ms", 1.26: "1.3s", 200.4: "3m20s", 345600: "96h0m0s", 1e6: "11.6 days", 3e9: "95.1 years", 1e11: "3.17e+03 years", math.Inf(1): "+Inf years",
	} {
		if got := seconds(s); got != want {
			t.Errorf("%v seconds: %q; want %q", s, got, want)
		}
	}
}
