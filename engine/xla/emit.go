package xla

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/nn"
)

// The element types of StableHLO that programs use.
const (
	f32  = "f32"
	bf16 = "bf16"
	i32  = "i32"
	u64  = "ui64"
	ui8  = "ui8"
	pred = "i1"
)

// typ is a tensor type; no dims mean a scalar.
type typ struct {
	dims []int
	elem string
}

// String is the type as StableHLO writes it: tensor<8x3xf32>.
func (t typ) String() string {
	var b strings.Builder
	b.WriteString("tensor<")
	for _, d := range t.dims {
		fmt.Fprintf(&b, "%dx", d)
	}
	return b.String() + t.elem + ">"
}

// of returns the type with other elements.
func (t typ) of(elem string) typ { return typ{t.dims, elem} }

// value is a value of a program: its name and its type.
type value struct {
	name string
	typ
}

// emitter writes the body of a program, one operation a line, in MLIR's generic form.
type emitter struct {
	b strings.Builder
	n int // values so far
}

// op writes an operation and returns its result.
func (x *emitter) op(name, attributes string, result typ, in ...value) value {
	return x.ops(name, attributes, []typ{result}, in...)[0]
}

// ops writes an operation and returns its results.
func (x *emitter) ops(name, attributes string, results []typ, in ...value) (outs []value) {
	for _, t := range results {
		outs = append(outs, value{fmt.Sprintf("%%%d", x.n), t})
		x.n++
	}
	names, types := written(in)
	given, result := written(outs)
	if len(outs) > 1 {
		result = "(" + result + ")"
	}
	fmt.Fprintf(&x.b, "    %s = \"stablehlo.%s\"(%s)%s : (%s) -> %s\n", given, name, names, attributes, types, result)
	return outs
}

// written is the names and the types of values.
func written(all []value) (names, types string) {
	n, t := make([]string, len(all)), make([]string, len(all))
	for i, v := range all {
		n[i], t[i] = v.name, v.typ.String()
	}
	return strings.Join(n, ", "), strings.Join(t, ", ")
}

// each applies an operation to elements of one type.
func (x *emitter) each(name string, in ...value) value { return x.op(name, "", in[0].typ, in...) }

func (x *emitter) add(a, b value) value { return x.each("add", a, b) }
func (x *emitter) sub(a, b value) value { return x.each("subtract", a, b) }
func (x *emitter) mul(a, b value) value { return x.each("multiply", a, b) }
func (x *emitter) div(a, b value) value { return x.each("divide", a, b) }

// compare compares by a direction of StableHLO: EQ, NE, LT, LE, GT, GE.
func (x *emitter) compare(direction string, a, b value) value {
	return x.op("compare", fmt.Sprintf(" {comparison_direction = #stablehlo<comparison_direction %s>}", direction), a.of(pred), a, b)
}

// pick is a where p holds, b elsewhere; p has their shape, or none.
func (x *emitter) pick(p, a, b value) value { return x.op("select", "", a.typ, p, a, b) }

// to converts the elements.
func (x *emitter) to(elem string, a value) value {
	if a.elem == elem {
		return a
	}
	return x.op("convert", "", a.of(elem), a)
}

// scalar is a float32 constant, exact.
func (x *emitter) scalar(v float32) value {
	return x.op("constant", fmt.Sprintf(" {value = dense<0x%08X> : tensor<f32>}", math.Float32bits(v)), typ{nil, f32})
}

// word is an unsigned 64-bit constant.
func (x *emitter) word(v uint64) value {
	return x.op("constant", fmt.Sprintf(" {value = dense<%d> : tensor<ui64>}", v), typ{nil, u64})
}

// full is a float32 constant in the shape of t, of its elements.
func (x *emitter) full(t typ, v float32) value { return x.broadcast(x.to(t.elem, x.scalar(v)), t.dims) }

// broadcast repeats a: its dimensions become those of dims that at names, in order; a scalar needs
// none.
func (x *emitter) broadcast(a value, dims []int, at ...int) value {
	return x.op("broadcast_in_dim", " {broadcast_dimensions = "+ints(at)+"}", typ{dims, a.elem}, a)
}

// reshape gives a other dimensions, of as many elements.
func (x *emitter) reshape(a value, dims ...int) value {
	if slices.Equal(dims, a.dims) {
		return a
	}
	return x.op("reshape", "", typ{dims, a.elem}, a)
}

// transpose makes dimension i of the result dimension order[i] of a.
func (x *emitter) transpose(a value, order ...int) value {
	dims := make([]int, len(order))
	for i, o := range order {
		dims[i] = a.dims[o]
	}
	return x.op("transpose", " {permutation = "+ints(order)+"}", typ{dims, a.elem}, a)
}

// reduce reduces a over the dimensions over, by add, maximum or and, from start.
func (x *emitter) reduce(by string, a, start value, over ...int) value {
	return x.reduceAll(by, []value{a}, start, over...)[0]
}

// reduceAll reduces values of one type in one operation, which reads what they are made of once.
func (x *emitter) reduceAll(by string, all []value, start value, over ...int) []value {
	var dims []int
	for i, d := range all[0].dims {
		if !slices.Contains(over, i) {
			dims = append(dims, d)
		}
	}
	in, results := slices.Clone(all), make([]typ, len(all))
	left, right, both := scalars("left", len(all), start.typ), scalars("right", len(all), start.typ), scalars("both", len(all), start.typ)
	var steps strings.Builder
	for i, a := range all {
		in, results[i] = append(in, start), typ{dims, a.elem}
		fmt.Fprintf(&steps, "      %s = \"stablehlo.%s\"(%s, %s) : (%[5]s, %[5]s) -> %[5]s\n", both[i].name, by, left[i].name, right[i].name, start.typ)
	}
	names, types := written(both)
	region := fmt.Sprintf(" ({\n      ^bb0(%s):\n%s      \"stablehlo.return\"(%s) : (%s) -> ()\n    }) {dimensions = %s}",
		declared(append(left, right...)), steps.String(), names, types, ints(over))
	return x.ops("reduce", region, results, in...)
}

// scalars are n values with a common name, as a region has.
func scalars(name string, n int, t typ) []value {
	all := make([]value, n)
	for i := range all {
		all[i] = value{fmt.Sprintf("%%%s%d", name, i), t}
	}
	return all
}

// declared is values as arguments.
func declared(all []value) string {
	parts := make([]string, len(all))
	for i, v := range all {
		parts[i] = v.name + ": " + v.typ.String()
	}
	return strings.Join(parts, ", ")
}

// sum adds a, float32, over dimensions.
func (x *emitter) sum(a value, over ...int) value { return x.reduce("add", a, x.scalar(0), over...) }

// sums adds several of the same shape in one go.
func (x *emitter) sums(over []int, all ...value) []value {
	return x.reduceAll("add", all, x.scalar(0), over...)
}

// largest is the largest element of a, a scalar; NaN if one is.
func (x *emitter) largest(a value) value {
	over := make([]int, len(a.dims))
	for i := range over {
		over[i] = i
	}
	return x.most(a, over...)
}

// most is the largest element of a over dimensions; NaN if one is.
func (x *emitter) most(a value, over ...int) value {
	return x.reduce("maximum", a, x.scalar(float32(math.Inf(-1))), over...)
}

// slice takes elements from, from + stride, ... below to, of each dimension.
func (x *emitter) slice(a value, from, to, stride []int) value {
	dims := make([]int, len(from))
	for i := range dims {
		dims[i] = (to[i]-from[i]-1)/stride[i] + 1
	}
	return x.op("slice", fmt.Sprintf(" {start_indices = %s, limit_indices = %s, strides = %s}", ints(from), ints(to), ints(stride)), typ{dims, a.elem}, a)
}

// pad puts v before, behind and between the elements of each dimension.
func (x *emitter) pad(a, v value, before, behind, between []int) value {
	dims := make([]int, len(before))
	for i := range dims {
		dims[i] = before[i] + a.dims[i] + (a.dims[i]-1)*between[i] + behind[i]
	}
	return x.op("pad", fmt.Sprintf(" {edge_padding_low = %s, edge_padding_high = %s, interior_padding = %s}", ints(before), ints(behind), ints(between)),
		typ{dims, a.elem}, a, v)
}

// iota counts along a dimension.
func (x *emitter) iota(t typ, along int) value {
	return x.op("iota", fmt.Sprintf(" {iota_dimension = %d : i64}", along), t)
}

// ints is an array of 64-bit numbers.
func ints(v []int) string {
	if len(v) == 0 {
		return "array<i64>"
	}
	return "array<i64: " + list(v) + ">"
}

func list(v []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", ", "), "[]") }

// argument is an input of a program.
type argument struct {
	typ
	alias int // the output whose memory it gives, -1: none
}

// module wraps a body with these inputs and outputs into a module whose function is main.
func (x *emitter) module(args []argument, outs []value) string {
	ins := make([]string, len(args))
	for i, a := range args {
		ins[i] = fmt.Sprintf("%%arg%d: %s", i, a.typ)
		if a.alias >= 0 {
			ins[i] += fmt.Sprintf(" {tf.aliasing_output = %d : i32}", a.alias)
		}
	}
	names, types := written(outs)
	return fmt.Sprintf("module @lgl {\n  func.func public @main(%s) -> (%s) {\n%s    \"func.return\"(%s) : (%s) -> ()\n  }\n}\n",
		strings.Join(ins, ", "), types, x.b.String(), names, types)
}

// elements is the number of elements of a type.
func (t typ) elements() int { return nn.Size(t.dims) }
