package xla

import (
	"fmt"
	"testing"

	"github.com/local-to-global/lgl/nn"
)

// The way by one matrix gives the outputs and gradients of the direct one: maps of one position and more, every padding, strides.
func TestDense(t *testing.T) {
	for _, c := range []struct{ h, w, kernel, stride, pad int }{
		{2, 2, 3, 1, 1}, {1, 1, 3, 1, 1}, {2, 2, 3, 2, 1}, {2, 1, 3, 1, 1}, {1, 1, 3, 1, 2}, {3, 4, 5, 2, 2}, {3, 2, 4, 1, 1},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s, op := source{graph: newGraph(nn.Net{}, 3, "f32")}, nn.Conv2D{Out: 5, Kernel: c.kernel, Stride: c.stride, Pad: c.pad}
			x, w := s.input(typ{[]int{3, c.h, c.w, 4}, f32}, -1), s.input(typ{[]int{5, c.kernel, c.kernel, 4}, f32}, -1)
			if !s.byMatrix(op, x) {
				t.Fatal("it is not done that way")
			}
			y, _, _ := s.direct(op, x, w)
			dy := s.input(y.typ, -1)
			asDirect(t, s, s.dense, op, x, w, dy)
		})
	}
	for what, c := range map[string]struct{ side, kernel, pad int }{"a large map": {3, 3, 1}, "a large matrix": {2, 3, 2}, "large padding": {1, 3, 3}} {
		op := nn.Conv2D{Out: 64, Kernel: c.kernel, Stride: 1, Pad: c.pad}
		if g := newGraph(nn.Net{}, 8, "f32"); g.byMatrix(op, value{typ: typ{[]int{8, c.side, c.side, 64}, f32}}) {
			t.Errorf("%s is done that way", what)
		}
	}
}
