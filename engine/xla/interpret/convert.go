package interpret

import "math"

// numeric are the elements that are numbers.
type numeric interface {
	uint8 | int32 | uint32 | int64 | uint64 | float32
}

// convert returns b's elements as another type (spec, convert). What the spec leaves open: whole
// numbers wrap; a float beyond a whole number's range becomes the nearest, NaN zero.
func convert(elem string, b buffer) buffer {
	switch elem {
	case "f32":
		return numbers(b, func(x float32) float32 { return x })
	case "bf16":
		v := numbers(b, func(x float32) float32 { return x })
		for i, x := range v {
			v[i] = toBF16(x)
		}
		return v
	case "ui8":
		return numbers(b, whole[uint8](0, math.MaxUint8))
	case "i32":
		return numbers(b, whole[int32](math.MinInt32, math.MaxInt32))
	case "ui32":
		return numbers(b, whole[uint32](0, math.MaxUint32))
	case "i64":
		return numbers(b, whole[int64](math.MinInt64, math.MaxInt64))
	case "ui64":
		return numbers(b, whole[uint64](0, math.MaxUint64))
	}
	return truths(b)
}

// whole converts a float to a whole number of a range.
func whole[T numeric](lowest, highest T) func(float32) T {
	return func(x float32) T {
		switch {
		case x != x:
			return 0
		case x <= float32(lowest):
			return lowest
		case x >= float32(highest): // which may be one more than highest
			return highest
		}
		return T(x)
	}
}

// numbers converts to T, from float32 by fromFloat.
func numbers[T numeric](b buffer, fromFloat func(float32) T) vec[T] {
	switch b := b.(type) {
	case vec[float32]:
		return mapped(b, fromFloat)
	case vec[uint8]:
		return mapped(b, func(x uint8) T { return T(x) })
	case vec[int32]:
		return mapped(b, func(x int32) T { return T(x) })
	case vec[uint32]:
		return mapped(b, func(x uint32) T { return T(x) })
	case vec[int64]:
		return mapped(b, func(x int64) T { return T(x) })
	case vec[uint64]:
		return mapped(b, func(x uint64) T { return T(x) })
	}
	return mapped(b.(vec[bool]), func(x bool) T {
		if x {
			return 1
		}
		return 0
	})
}

// truths converts to i1: what is not zero is true.
func truths(b buffer) vec[bool] {
	switch b := b.(type) {
	case vec[float32]:
		return mapped(b, func(x float32) bool { return x != 0 })
	case vec[uint8]:
		return mapped(b, func(x uint8) bool { return x != 0 })
	case vec[int32]:
		return mapped(b, func(x int32) bool { return x != 0 })
	case vec[uint32]:
		return mapped(b, func(x uint32) bool { return x != 0 })
	case vec[int64]:
		return mapped(b, func(x int64) bool { return x != 0 })
	case vec[uint64]:
		return mapped(b, func(x uint64) bool { return x != 0 })
	}
	return mapped(b.(vec[bool]), func(x bool) bool { return x })
}

func mapped[A, B any](v vec[A], f func(A) B) vec[B] {
	out := make(vec[B], len(v))
	for i, x := range v {
		out[i] = f(x)
	}
	return out
}
