package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
)

// numbers are the types of which tensors are read: how many bytes a value has, and the float32 that it becomes. It is
// the same number, but for those of F64, which are rounded to the nearest.
var numbers = map[string]struct {
	width uint64
	value func(raw []byte) float32
}{
	"F32":  {4, func(raw []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(raw)) }},
	"F64":  {8, func(raw []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(raw))) }},
	"BF16": {2, func(raw []byte) float32 { return math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw)) << 16) }},
	"F16":  {2, func(raw []byte) float32 { return half(binary.LittleEndian.Uint16(raw)) }},
}

// half returns the number that a float16 is: a sign, 5 bits of an exponent and 10 of a fraction, where a float32 has 8 and 23.
func half(bits uint16) float32 {
	sign, exponent, fraction := uint32(bits>>15)<<31, uint32(bits>>10&31), uint32(bits&1023)
	switch exponent {
	case 0: // zero, or below the least number with an exponent
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 31: // infinite, or no number
		exponent = 255
	default:
		exponent += 127 - 15
	}
	return math.Float32frombits(sign | exponent<<23 | fraction<<13)
}

// width returns how many bytes a value of the tensor has. A foreign file, of another tool, may hold any of numbers, and
// counters; lgl writes float32 alone.
func (e entry) width(foreign bool) (uint64, error) {
	number, known := numbers[e.dtype]
	switch {
	case foreign && e.counter():
		return counterBytes, nil
	case !foreign && e.dtype != "F32":
		return 0, fmt.Errorf("dtype %s; want F32", e.dtype)
	case !known:
		return 0, fmt.Errorf("dtype %s; want F32, F16, BF16 or F64", e.dtype)
	}
	return number.width, nil
}
