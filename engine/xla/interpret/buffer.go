package interpret

import (
	"encoding/binary"
	"fmt"
	"math"
)

// buffer holds the elements of a tensor, row-major: a vec of float32 (f32, and bf16 widened),
// uint8, int32, uint32, int64, uint64 or bool.
type buffer interface {
	len() int
	like(n int) buffer                          // n zeros of the same type
	move(to, from view, dims []int, src buffer) // copies a box of src here
	choose(p vec[bool], other buffer) buffer    // its elements where p, those of other elsewhere
	bytes() any                                 // what package binary takes
	fill(from buffer) buffer                    // itself, all as from's one element
}

// vec is the only buffer.
type vec[T any] []T

func (v vec[T]) len() int          { return len(v) }
func (v vec[T]) like(n int) buffer { return make(vec[T], n) }
func (v vec[T]) bytes() any        { return []T(v) }

func (v vec[T]) fill(from buffer) buffer {
	x := from.(vec[T])[0]
	for i := range v {
		v[i] = x
	}
	return v
}

func (v vec[T]) choose(p vec[bool], other buffer) buffer {
	o, out, step := other.(vec[T]), make(vec[T], len(v)), 1
	if len(p) == 1 { // a scalar is for all
		step = 0
	}
	for i := range v {
		if p[i*step] {
			out[i] = v[i]
		} else {
			out[i] = o[i]
		}
	}
	return out
}

// move copies from the box of src that from views to the box of v that to views.
func (v vec[T]) move(to, from view, dims []int, src buffer) {
	s := src.(vec[T])
	lines(dims, to, from, func(a, b, n, da, db int) {
		for range n {
			v[a] = s[b]
			a, b = a+da, b+db
		}
	})
}

// view says where the elements of a box are in a buffer: the first at base, and those next to each
// other along dimension d strides[d] apart.
type view struct {
	base    int
	strides []int
}

// rowMajor views a whole tensor.
func rowMajor(dims []int) view {
	v := view{strides: make([]int, len(dims))}
	step := 1
	for d := len(dims) - 1; d >= 0; d-- {
		v.strides[d] = step
		step *= dims[d]
	}
	return v
}

// along reorders the dimensions: d becomes order[d] of the view.
func (v view) along(order []int) view { return view{v.base, pick(v.strides, order)} }

// lines calls f for every line along the last dimension of a box that is viewed in two buffers, in
// row-major order: n elements from a and b, da and db apart.
func lines(dims []int, a, b view, f func(a, b, n, da, db int)) {
	switch len(dims) {
	case 0:
		f(a.base, b.base, 1, 0, 0)
	case 1:
		f(a.base, b.base, dims[0], a.strides[0], b.strides[0])
	default:
		for i := range dims[0] {
			lines(dims[1:], view{a.base + i*a.strides[0], a.strides[1:]}, view{b.base + i*b.strides[0], b.strides[1:]}, f)
		}
	}
}

// zeros makes n elements of a type.
func zeros(elem string, n int) buffer {
	switch elem {
	case "f32", "bf16":
		return make(vec[float32], n)
	case "ui8":
		return make(vec[uint8], n)
	case "i32":
		return make(vec[int32], n)
	case "ui32":
		return make(vec[uint32], n)
	case "i64":
		return make(vec[int64], n)
	case "ui64":
		return make(vec[uint64], n)
	case "i1":
		return make(vec[bool], n)
	}
	panic("interpret: no type " + elem)
}

// decode reads elements from bytes, little-endian.
func decode(elem string, data []byte) buffer {
	b := zeros(elem, len(data)/width(elem))
	if elem == "bf16" {
		v := b.(vec[float32])
		for i := range v {
			v[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
		}
		return v
	}
	if _, err := binary.Decode(data, binary.LittleEndian, b.bytes()); err != nil {
		panic(fmt.Sprintf("interpret: %v", err)) // data is as long as it has to be
	}
	return b
}

// encode is the inverse of decode.
func encode(elem string, b buffer) []byte {
	data := make([]byte, 0, b.len()*width(elem))
	if elem == "bf16" {
		for _, x := range b.(vec[float32]) {
			data = binary.LittleEndian.AppendUint16(data, uint16(math.Float32bits(x)>>16))
		}
		return data
	}
	data, err := binary.Append(data, binary.LittleEndian, b.bytes())
	if err != nil {
		panic(fmt.Sprintf("interpret: %v", err)) // binary takes every vec
	}
	return data
}

// toBF16 rounds to the nearest bfloat16, of two equally near ones to the even one.
func toBF16(x float32) float32 {
	b := math.Float32bits(x)
	if x != x {
		return math.Float32frombits(b&0xFFFF0000 | 0x00400000) // a NaN of the same sign
	}
	return math.Float32frombits((b + 0x7FFF + b>>16&1) &^ 0xFFFF)
}

// rounded makes a kernel whose results are rounded if they are bf16.
func rounded(elem string, k kernel) kernel {
	if elem != "bf16" {
		return k
	}
	return func(in []buffer) []buffer {
		outs := k(in)
		for _, out := range outs {
			v := out.(vec[float32])
			for i, x := range v {
				v[i] = toBF16(x)
			}
		}
		return outs
	}
}
