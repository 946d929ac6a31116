package interpret

import (
	"cmp"
	"math"
	"unsafe"
)

// binaryRule is an operation on two tensors of one type, whose result is of that type.
func binaryRule(c *call) ([]Shape, kernel) {
	c.takes(2)
	name, elem := c.mnemonic(), c.in[0].Type
	c.check(c.in[0].equal(c.in[1]), "operands are %v and %v; want one type", c.in[0], c.in[1])
	k := combination(name, elem).each
	c.check(k != nil, "not defined for %s", elem)
	return c.in[:1], rounded(elem, k)
}

// mnemonic is the operation's name without "stablehlo.".
func (c *call) mnemonic() string { return c.name.text[len("stablehlo."):] }

// combined are the kernels of a function of two elements: of two tensors, and over dimensions of
// one (reduce.go). They are nil where there is no such function.
type combined struct {
	each kernel
	fold func(f folding) kernel
}

// combination finds the function of two elements of a type.
func combination(name, elem string) combined {
	switch elem {
	case "ui8":
		return both(ofInts[uint8](name))
	case "i32":
		return both(ofInts[int32](name))
	case "ui32":
		return both(ofInts[uint32](name))
	case "i64":
		return both(ofInts[int64](name))
	case "ui64":
		return both(ofInts[uint64](name))
	case "i1":
		return both(ofBools(name))
	}
	k := both(ofFloats(name))
	if name == "add" {
		k.fold = foldSum
	}
	return k
}

func both[T any](f func(a, b T) T) combined {
	if f == nil {
		return combined{}
	}
	return combined{
		func(in []buffer) []buffer { return []buffer{zipped(in, f)} },
		func(g folding) kernel { return fold(g, f) },
	}
}

// zipped is f of the elements of two tensors.
func zipped[A, B any](in []buffer, f func(a, b A) B) vec[B] {
	a, b := in[0].(vec[A]), in[1].(vec[A])
	out := make(vec[B], len(a))
	for i := range out {
		out[i] = f(a[i], b[i])
	}
	return out
}

// ofFloats: Go's max and min are IEEE-754's maximum and minimum: NaN if one is, and -0 < +0.
func ofFloats(name string) func(a, b float32) float32 {
	switch name {
	case "divide":
		return func(a, b float32) float32 { return a / b }
	case "power":
		return func(a, b float32) float32 { return float32(math.Pow(float64(a), float64(b))) }
	}
	return arithmetic[float32](name)
}

// arithmetic is what floats and whole numbers share. The latter wrap.
func arithmetic[T numeric](name string) func(a, b T) T {
	switch name {
	case "add":
		return func(a, b T) T { return a + b }
	case "subtract":
		return func(a, b T) T { return a - b }
	case "multiply":
		return func(a, b T) T { return a * b }
	case "maximum":
		return func(a, b T) T { return max(a, b) }
	case "minimum":
		return func(a, b T) T { return min(a, b) }
	}
	return nil
}

// integral are the elements that are whole numbers.
type integral interface {
	uint8 | int32 | uint32 | int64 | uint64
}

// ofInts: what the spec leaves open is as in XLA: a quotient by zero has all bits set, a shift by
// the width or more leaves none.
func ofInts[T integral](name string) func(a, b T) T {
	bits := 8 * uint64(unsafe.Sizeof(T(0)))
	unsigned := func(x T) uint64 { return uint64(x) & (math.MaxUint64 >> (64 - bits)) }
	switch name {
	case "divide":
		return func(a, b T) T {
			if b == 0 {
				return ^T(0)
			}
			return a / b
		}
	case "power":
		return integerPower[T]
	case "and":
		return func(a, b T) T { return a & b }
	case "or":
		return func(a, b T) T { return a | b }
	case "xor":
		return func(a, b T) T { return a ^ b }
	case "shift_left":
		return func(a, b T) T { return shifted(unsigned(b) < bits, a<<(unsigned(b)%bits)) }
	case "shift_right_logical":
		return func(a, b T) T { return shifted(unsigned(b) < bits, T(unsigned(a)>>(unsigned(b)%bits))) }
	}
	return arithmetic[T](name)
}

func shifted[T integral](within bool, x T) T {
	if within {
		return x
	}
	return 0
}

// integerPower wraps; a negative power is the fraction cut off, of 0 as in XLA 0.
func integerPower[T integral](a, b T) T {
	if b < 0 {
		switch {
		case a == 1, a == ^T(0) && b%2 == 0:
			return 1
		case a == ^T(0):
			return a
		}
		return 0
	}
	p := T(1)
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			p *= a
		}
		a *= a
	}
	return p
}

// ofBools: and, or, xor, and what the spec says of arithmetic with booleans.
func ofBools(name string) func(a, b bool) bool {
	switch name {
	case "and", "multiply", "minimum":
		return func(a, b bool) bool { return a && b }
	case "or", "add", "maximum":
		return func(a, b bool) bool { return a || b }
	case "xor":
		return func(a, b bool) bool { return a != b }
	}
	return nil
}

// unaryRule is an operation on one tensor, whose result is of its type.
func unaryRule(c *call) ([]Shape, kernel) {
	c.takes(1)
	elem := c.in[0].Type
	k := functionOf(c.mnemonic(), elem)
	c.check(k != nil, "not defined for %s", elem)
	return c.in, rounded(elem, k)
}

// functionOf is the kernel of a function of one element of a type, nil if there is none.
func functionOf(name, elem string) kernel {
	switch elem {
	case "ui8":
		return each(ofInt[uint8](name, false))
	case "i32":
		return each(ofInt[int32](name, true))
	case "ui32":
		return each(ofInt[uint32](name, false))
	case "i64":
		return each(ofInt[int64](name, true))
	case "ui64":
		return each(ofInt[uint64](name, false))
	case "i1":
		if name == "not" {
			return each(func(x bool) bool { return !x })
		}
		return nil
	}
	return each(ofFloat(name))
}

func each[A, B any](f func(A) B) kernel {
	if f == nil {
		return nil
	}
	return func(in []buffer) []buffer { return []buffer{mapped(in[0].(vec[A]), f)} }
}

func ofFloat(name string) func(float32) float32 {
	double := func(f func(float64) float64) func(float32) float32 {
		return func(x float32) float32 { return float32(f(float64(x))) }
	}
	switch name {
	case "negate":
		return func(x float32) float32 { return -x }
	case "abs":
		return double(math.Abs)
	case "sign":
		return signOfFloat
	case "exponential":
		return double(math.Exp)
	case "log":
		return double(math.Log)
	case "log_plus_one":
		return double(math.Log1p)
	case "sqrt":
		return double(math.Sqrt)
	case "rsqrt":
		return double(func(x float64) float64 { return 1 / math.Sqrt(x) })
	}
	return nil
}

// signOfFloat leaves zeros and NaN as they are.
func signOfFloat(x float32) float32 {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return x
}

func ofInt[T integral](name string, signed bool) func(T) T {
	switch {
	case name == "negate":
		return func(x T) T { return -x }
	case name == "not":
		return func(x T) T { return ^x }
	case name == "abs" && signed:
		return func(x T) T { return max(x, -x) }
	case name == "sign" && signed:
		return func(x T) T { return T(cmp.Compare(x, 0)) }
	}
	return nil
}

// compare is spec, compare, without TOTALORDER.
func compare(c *call) ([]Shape, kernel) {
	c.takes(2)
	c.check(c.in[0].equal(c.in[1]), "operands are %v and %v; want one type", c.in[0], c.in[1])
	elem := c.in[0].Type
	direction := c.enum("comparison_direction", attr[enum](c, "comparison_direction"), "comparison_direction", "EQ", "NE", "GE", "GT", "LE", "LT")
	if _, has := c.attrs["compare_type"]; has {
		c.enum("compare_type", attr[enum](c, "compare_type"), "comparison_type", comparisonType(elem)) // C3
	}
	return []Shape{c.in[0].of("i1")}, comparison(direction, elem)
}

// comparisonType is the only compare_type of an element type.
func comparisonType(elem string) string {
	switch {
	case isFloat(elem):
		return "FLOAT"
	case elem == "i32" || elem == "i64":
		return "SIGNED"
	}
	return "UNSIGNED"
}

func comparison(direction, elem string) kernel {
	switch elem {
	case "ui8":
		return ordered[uint8](direction)
	case "i32":
		return ordered[int32](direction)
	case "ui32":
		return ordered[uint32](direction)
	case "i64":
		return ordered[int64](direction)
	case "ui64":
		return ordered[uint64](direction)
	case "i1":
		k := ordered[int32](direction)
		return func(in []buffer) []buffer { return k([]buffer{convert("i32", in[0]), convert("i32", in[1])}) }
	}
	return ordered[float32](direction)
}

func ordered[T cmp.Ordered](direction string) kernel {
	f := map[string]func(a, b T) bool{
		"EQ": func(a, b T) bool { return a == b },
		"NE": func(a, b T) bool { return a != b },
		"GE": func(a, b T) bool { return a >= b },
		"GT": func(a, b T) bool { return a > b },
		"LE": func(a, b T) bool { return a <= b },
		"LT": func(a, b T) bool { return a < b },
	}[direction]
	return func(in []buffer) []buffer { return []buffer{zipped(in, f)} }
}

// choose is spec, select.
func choose(c *call) ([]Shape, kernel) {
	c.takes(3)
	p, t := c.in[0], c.in[1]
	c.check(p.Type == "i1" && (len(p.Dims) == 0 || p.equal(t.of("i1"))), "predicate is %v; want i1, a scalar or in the shape of %v", p, t) // C1
	c.check(t.equal(c.in[2]), "choices are %v and %v; want one type", t, c.in[2])                                                          // C2
	return []Shape{t}, func(in []buffer) []buffer { return []buffer{in[1].choose(in[0].(vec[bool]), in[2])} }
}

// finite is spec, is_finite.
func finite(c *call) ([]Shape, kernel) {
	c.takes(1)
	c.check(isFloat(c.in[0].Type), "not defined for %s", c.in[0].Type)
	return []Shape{c.in[0].of("i1")}, each(func(x float32) bool { return x-x == 0 })
}

// reducePrecision is spec, reduce_precision.
func reducePrecision(c *call) ([]Shape, kernel) {
	c.takes(1)
	c.check(isFloat(c.in[0].Type), "not defined for %s", c.in[0].Type)
	e, m := c.integer("exponent_bits", "i32"), c.integer("mantissa_bits", "i32")
	c.check(1 <= e && 0 <= m, "exponent_bits %d, mantissa_bits %d; want at least 1 and 0", e, m) // C2, C3
	return c.in, rounded(c.in[0].Type, each(func(x float32) float32 { return reduced(x, min(e, 8), min(m, 23)) }))
}

// reduced rounds x to m bits of mantissa, and what is beyond e bits of exponent to infinity or zero.
func reduced(x float32, e, m int) float32 {
	if x-x != 0 {
		return x
	}
	b := math.Float32bits(x)
	if cut := 23 - m; cut > 0 {
		b = (b + (1<<(cut-1) - 1) + b>>cut&1) &^ (1<<cut - 1)
	}
	sign, largest := float64(1), 1<<(e-1)-1 // the largest exponent, and the smallest is 1 - largest
	if x < 0 || x == 0 && b>>31 == 1 {
		sign = -1
	}
	switch at := int(b>>23&0xFF) - 127; {
	case at > largest:
		return float32(math.Inf(int(sign)))
	case at < 1-largest && e < 8:
		return float32(math.Copysign(0, sign))
	}
	return math.Float32frombits(b)
}
