package interpret

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds that keep what Parse needs small, whatever the text.
const (
	maxElements = 1 << 28 // of a tensor
	maxRank     = 16
	maxNumber   = 1 << 30 // of an attribute, in magnitude, so that shapes do not overflow
)

// Shape is the type of a tensor; no dimensions mean a scalar.
type Shape struct {
	Type string // of the elements, as in Tensor
	Dims []int
}

// String is the type as StableHLO writes it: tensor<8x3xf32>.
func (s Shape) String() string {
	var b strings.Builder
	for _, d := range s.Dims {
		fmt.Fprintf(&b, "%dx", d)
	}
	return "tensor<" + b.String() + s.Type + ">"
}

// Elements is the number of elements.
func (s Shape) Elements() int {
	n := 1
	for _, d := range s.Dims {
		n *= d
	}
	return n
}

func (s Shape) equal(o Shape) bool { return s.Type == o.Type && slices.Equal(s.Dims, o.Dims) }

// of returns the shape with other elements.
func (s Shape) of(elem string) Shape { return Shape{elem, s.Dims} }

func cloned(all []Shape) []Shape {
	out := make([]Shape, len(all))
	for i, s := range all {
		out[i] = Shape{s.Type, slices.Clone(s.Dims)}
	}
	return out
}

func isFloat(elem string) bool { return elem == "f32" || elem == "bf16" }

// width is the number of bytes of an element, 0 if there is no such type.
func width(elem string) int {
	switch elem {
	case "i1", "ui8":
		return 1
	case "bf16":
		return 2
	case "f32", "i32", "ui32":
		return 4
	case "i64", "ui64":
		return 8
	}
	return 0
}

// shapeOf reads a token tensor<8x3xf32>.
func shapeOf(t token) Shape {
	if t.kind != tensor {
		fail(t.line, "%v; want a type, tensor<...>", t)
	}
	parts := strings.Split(t.text[len("tensor<"):len(t.text)-1], "x")
	s := Shape{Type: parts[len(parts)-1]}
	if width(s.Type) == 0 {
		fail(t.line, "%v: elements of type %q; want f32, bf16, ui8, i32, ui32, i64, ui64 or i1", t, s.Type)
	}
	if len(parts)-1 > maxRank {
		fail(t.line, "%v: %d dimensions; at most %d", t, len(parts)-1, maxRank)
	}
	n := 1
	for _, part := range parts[:len(parts)-1] {
		d, err := strconv.ParseUint(part, 10, 32)
		if err != nil || d > maxElements {
			fail(t.line, "%v: dimension %q; want a number of at most %d", t, part, maxElements)
		}
		s.Dims = append(s.Dims, int(d))
		if n *= max(1, int(d)); n > maxElements {
			fail(t.line, "%v: more than %d elements", t, maxElements)
		}
	}
	return s
}
