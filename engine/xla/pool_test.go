package xla

import (
	"testing"

	"github.com/local-to-global/lgl/nn"
)

// The gradient of a max pool goes to the first largest value, wherever it is in a window of as many places as a byte can tell
// apart, or of more.
func TestMaxPoolPlaces(t *testing.T) {
	for _, kernel := range []int{3, 16, 17} {
		s := source{graph: newGraph(nn.Net{Layers: []nn.Layer{{}, {}}}, kernel*kernel, "f32")}
		s.grads = make([]value, 2)
		// Sample k is 1 at place k and behind it, and 0 before.
		places := typ{[]int{s.n, s.n}, i32}
		x := s.to(f32, s.compare("GE", s.iota(places, 1), s.iota(places, 0)))
		y, back := s.maxPool(1, window{kernel, 1, 0}, s.reshape(x, s.n, kernel, kernel, 1))
		back(s.full(y.typ, 1))
		got := s.sum(s.reshape(s.grads[0], s.n, s.n), 1)
		first := s.to(f32, s.compare("EQ", s.iota(places, 1), s.iota(places, 0)))
		here := s.sum(s.mul(first, s.reshape(s.grads[0], s.n, s.n)), 1)
		for _, all := range computed(t, s, []value{got, here}) {
			for k, v := range all {
				if v != 1 {
					t.Errorf("kernel %d, place %d: %v", kernel, k, v)
				}
			}
		}
	}
}
