package curriculum

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Against sorting, with many ties, ordered and reversed keys, and every n.
func TestSmallest(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 300 {
		keys := make([]float64, 1+r.IntN(40))
		values := 1 + r.IntN(50)
		for i := range keys {
			keys[i] = float64(r.IntN(values)) - 10
		}
		sorted := slices.Sorted(slices.Values(keys))
		switch r.IntN(4) {
		case 0:
			copy(keys, sorted)
		case 1:
			copy(keys, sorted)
			slices.Reverse(keys)
		}
		for n := 1; n <= len(keys); n++ {
			selected, bound := smallest(keys, n)
			var got []float64
			last, next := -1, math.Inf(1) // last selected of the largest key; the smallest key above it
			for i, in := range selected {
				if in {
					got = append(got, keys[i])
				}
				if keys[i] > sorted[n-1] {
					next = min(next, keys[i])
				}
				if in && keys[i] == sorted[n-1] {
					last = i
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, sorted[:n]) || bound != (sorted[n-1]+next)/2 {
				t.Fatalf("the %d smallest of %v: %v, bound %v; want %v, %v", n, keys, got, bound, sorted[:n], (sorted[n-1]+next)/2)
			}
			for i := range last {
				if keys[i] == sorted[n-1] && !selected[i] {
					t.Fatalf("the %d smallest of %v: sample %d is left out before sample %d of the same key", n, keys, i, last)
				}
			}
		}
	}
}
