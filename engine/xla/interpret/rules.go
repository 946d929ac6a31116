package interpret

import (
	"maps"
	"slices"
	"strings"
)

// rule checks an operation's types and attributes against the spec, and returns the types of its
// results and its kernel.
type rule func(c *call) ([]Shape, kernel)

// rules are the operations that there are, without "stablehlo.".
var rules = map[string]rule{
	"constant": constant, "iota": indices, "convert": converted, "bitcast_convert": bitcast,
	"optimization_barrier": barrier,

	"add": binaryRule, "subtract": binaryRule, "multiply": binaryRule, "divide": binaryRule, "power": binaryRule,
	"maximum": binaryRule, "minimum": binaryRule, "and": binaryRule, "or": binaryRule, "xor": binaryRule,
	"shift_left": binaryRule, "shift_right_logical": binaryRule,

	"negate": unaryRule, "abs": unaryRule, "sign": unaryRule, "not": unaryRule, "exponential": unaryRule, "log": unaryRule,
	"log_plus_one": unaryRule, "sqrt": unaryRule, "rsqrt": unaryRule,

	"compare": compare, "select": choose, "is_finite": finite, "reduce_precision": reducePrecision,

	"broadcast_in_dim": broadcast, "reshape": reshape, "transpose": transpose, "slice": slice,
	"reverse": reverse, "pad": pad, "concatenate": concatenate,

	"reduce": reduce, "dot_general": dotGeneral, "convolution": convolution,
}

// compile checks an operation by its rule, defines its results, and makes its step.
func (c *call) compile(b *body) step {
	name, ok := strings.CutPrefix(c.name.text, "stablehlo.")
	r := rules[name]
	if !ok || r == nil {
		fail(c.name.line, "operation %v is unknown here; package interpret has those that engine/xla writes", c.name)
	}
	if name != "reduce" && c.region != nil {
		c.fail("a region, where there is none")
	}
	outs, k := r(c)
	if !same(outs, c.out) {
		c.fail("results are written as %v; they are %v", c.out, outs)
	}
	for _, unused := range slices.Sorted(maps.Keys(c.attrs)) {
		fail(c.attrs[unused].line, "%s: attribute %s is unknown", c.name.text, unused)
	}
	s := step{name: name, run: k, in: c.operands}
	for i, t := range c.results {
		s.out = append(s.out, b.define(t, outs[i]))
	}
	return s
}

// bare holds a return to having neither results nor attributes nor a region.
func (c *call) bare() {
	c.check(len(c.results) == 0 && len(c.attrs) == 0 && c.region == nil, "results, attributes or a region, where there are none")
}

// fail names the operation and its line.
func (c *call) fail(format string, args ...any) {
	fail(c.name.line, c.name.text+": "+format, args...)
}

func (c *call) check(ok bool, format string, args ...any) {
	if !ok {
		c.fail(format, args...)
	}
}

// takes holds the operation to n operands and one result.
func (c *call) takes(n int) {
	c.check(len(c.in) == n, "%d operands; want %d", len(c.in), n)
	c.check(len(c.out) == 1, "%d results; want 1", len(c.out))
}

// attr takes the attribute of a name, which must be there and a T.
func attr[T any](c *call, name string) T {
	a, has := c.attrs[name]
	c.check(has, "no attribute %s", name)
	v, ok := a.value.(T)
	if !ok {
		fail(a.line, "%s: attribute %s is %s; want %s", c.name.text, name, form(a.value), form(v))
	}
	delete(c.attrs, name)
	return v
}

// integer takes an attribute that is one number of a type.
func (c *call) integer(name, elem string) int {
	i := attr[integer](c, name)
	c.check(i.elem == elem, "attribute %s is of type %s; want %s", name, i.elem, elem)
	return i.v
}

// array takes an attribute of n numbers of a type; n < 0 allows any number.
func (c *call) array(name, elem string, n int) []int {
	a := attr[array](c, name)
	c.check(a.elem == elem, "attribute %s is an array of %s; want %s", name, a.elem, elem)
	c.check(n < 0 || len(a.v) == n, "attribute %s has %d numbers; want %d", name, len(a.v), n)
	return a.v
}

// enum takes an attribute of a kind, whose value is one of some.
func (c *call) enum(name string, e enum, kind string, some ...string) string {
	c.check(e.kind == kind, "attribute %s is a %s; want a %s", name, e.kind, kind)
	c.check(slices.Contains(some, e.value), "attribute %s is %s; want one of %v", name, e.value, some)
	return e.value
}

// precision takes precision_config, which changes nothing here. It may be left out.
func (c *call) precision() {
	if _, has := c.attrs["precision_config"]; !has {
		return
	}
	all := attr[[]enum](c, "precision_config")
	c.check(len(all) == 2, "precision_config has %d elements; want 2", len(all))
	for _, e := range all {
		c.enum("precision_config", e, "precision", "DEFAULT", "HIGH", "HIGHEST")
	}
}

// dims holds numbers to be different dimensions of s.
func (c *call) dims(name string, dims []int, s Shape) {
	seen := map[int]bool{}
	for _, d := range dims {
		c.check(0 <= d && d < len(s.Dims), "%s: dimension %d of %v", name, d, s)
		c.check(!seen[d], "%s: dimension %d twice", name, d)
		seen[d] = true
	}
}

// constant is spec, constant.
func constant(c *call) ([]Shape, kernel) {
	c.takes(0)
	l := attr[*literal](c, "value")
	n := l.Elements()
	return []Shape{l.Shape}, func([]buffer) []buffer {
		if l.values.len() == n {
			return []buffer{l.values}
		}
		return []buffer{l.values.like(n).fill(l.values)}
	}
}

// indices is spec, iota: each element is its index along a dimension.
func indices(c *call) ([]Shape, kernel) {
	c.takes(0)
	out := c.out[0]
	d := c.integer("iota_dimension", "i64")
	c.dims("iota_dimension", []int{d}, out)
	c.check(out.Type != "i1", "not defined for i1")
	along := view{strides: make([]int, len(out.Dims))}
	along.strides[d] = 1
	return c.out, func([]buffer) []buffer {
		index := make(vec[int64], out.Elements())
		lines(out.Dims, rowMajor(out.Dims), along, func(to, i, n, _, di int) {
			for k := range n {
				index[to+k] = int64(i + k*di)
			}
		})
		return []buffer{convert(out.Type, index)}
	}
}

// converted is spec, convert.
func converted(c *call) ([]Shape, kernel) {
	c.takes(1)
	elem := c.out[0].Type
	return []Shape{c.in[0].of(elem)}, func(in []buffer) []buffer { return []buffer{convert(elem, in[0])} }
}

// bitcast is spec, bitcast_convert, between types of one size.
func bitcast(c *call) ([]Shape, kernel) {
	c.takes(1)
	from, to := c.in[0].Type, c.out[0].Type
	c.check(width(from) == width(to) && (from == "i1") == (to == "i1"), "from %s to %s; package interpret has it between types of one size", from, to)
	return []Shape{c.in[0].of(to)}, func(in []buffer) []buffer { return []buffer{decode(to, encode(from, in[0]))} }
}

// barrier is spec, optimization_barrier.
func barrier(c *call) ([]Shape, kernel) {
	return c.in, func(in []buffer) []buffer { return in }
}
