package interpret

import (
	"cmp"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
)

// literal is dense<...> : tensor<...>: one element for all, or each.
type literal struct {
	Shape
	values buffer // of 1 element, or of all
}

// literal reads behind dense.
func (p *parser) literal() *literal {
	p.want("<")
	if p.peek().kind == quoted {
		return p.packed()
	}
	var elements []token
	var dims []int
	if t := p.peek(); t.kind != mark || t.text != ">" {
		dims = p.nested(0, &elements)
	}
	p.want(">", ":")
	t := p.next()
	l := &literal{Shape: shapeOf(t)}
	if len(elements) == 0 && l.Elements() > 0 {
		fail(t.line, "dense<> has no elements; its type is %v", l)
	}
	if dims != nil && !slices.Equal(dims, l.Dims) {
		fail(t.line, "dense<...> has the shape %v; its type is %v", dims, l)
	}
	l.values = convert(l.Type, parseElements(l.Type, elements))
	return l
}

// nested reads an element, for which it returns nil, or brackets around as many of everything.
func (p *parser) nested(depth int, elements *[]token) (dims []int) {
	t := p.peek()
	if !p.take("[") {
		*elements = append(*elements, p.next())
		return nil
	}
	if depth == maxRank {
		fail(t.line, "dense<...> is nested more than %d deep", maxRank)
	}
	n := 0
	var inner []int
	p.list("]", func() {
		d := p.nested(depth+1, elements)
		if n++; n > 1 && !slices.Equal(d, inner) {
			fail(t.line, "dense<...> is ragged: %v beside %v", d, inner)
		}
		inner = d
	})
	return append([]int{n}, inner...)
}

// packed reads "0x...", the bytes of all elements, or of one for all.
func (p *parser) packed() *literal {
	t := p.next()
	p.want(">", ":")
	l := &literal{Shape: shapeOf(p.next())}
	digits, ok := strings.CutPrefix(t.text, "0x")
	data, err := hex.DecodeString(digits)
	if !ok || err != nil {
		fail(t.line, "dense<%v>: want 0x and pairs of hexadecimal digits", t)
	}
	if l.Type == "i1" {
		fail(t.line, "dense<\"0x...\"> of i1, whose bits are packed; write true and false")
	}
	if w := width(l.Type); len(data) != w && len(data) != w*l.Elements() {
		fail(t.line, "dense<\"0x...\"> has %d bytes; %v has %d", len(data), l.Shape, w*l.Elements())
	}
	l.values = decode(l.Type, data)
	return l
}

// parseElements reads the elements of a literal, as MLIR allows them for a type.
func parseElements(elem string, all []token) buffer {
	switch {
	case isFloat(elem):
		return parseEach(all, func(t token) (float32, bool) { return parseFloat(elem, t) })
	case elem == "i1":
		return parseEach(all, func(t token) (bool, bool) { return t.text == "true", t.text == "true" || t.text == "false" })
	case elem[0] == 'u':
		return parseEach(all, func(t token) (uint64, bool) {
			v, err := strconv.ParseUint(t.text, base(t.text), 8*width(elem))
			return v, err == nil
		})
	}
	return parseEach(all, func(t token) (int64, bool) {
		v, err := strconv.ParseInt(t.text, base(t.text), 8*width(elem))
		return v, err == nil
	})
}

func parseEach[T any](all []token, parse func(token) (T, bool)) buffer {
	out := make(vec[T], len(all))
	for i, t := range all {
		v, ok := parse(t)
		if !ok || t.kind != word && t.kind != number {
			fail(t.line, "element %v is none of the type that dense<...> has", t)
		}
		out[i] = v
	}
	return out
}

// base lets strconv read a hexadecimal prefix, and no octal one.
func base(text string) int {
	if strings.Contains(text, "x") {
		return 0
	}
	return 10
}

// parseFloat reads a number with a point, or the bits in hexadecimal, all of them (spec, Constants,
// C2). A whole number is none: MLIR refuses it.
func parseFloat(elem string, t token) (float32, bool) {
	digits, bits := strings.CutPrefix(t.text, "0x")
	if !bits {
		v, err := strconv.ParseFloat(t.text, 64)
		x := float32(v)
		if b := math.Float32bits(x); elem == "bf16" && b&0xFFFF == 0x8000 && v != float64(x) { // not to round twice
			x = math.Nextafter32(x, float32(math.Inf(cmp.Compare(v, float64(x)))))
		}
		return x, err == nil && strings.Contains(t.text, ".") && !math.IsInf(float64(x), 0)
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if elem == "bf16" {
		v <<= 16
	}
	return math.Float32frombits(uint32(v)), err == nil && len(digits) == 2*width(elem)
}
