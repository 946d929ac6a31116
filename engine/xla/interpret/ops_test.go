package interpret

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// worked is an operation on constants, %a, %b, ..., with its result worked out by hand.
type worked struct {
	op   string   // without types
	in   []string // dense<...> : tensor<...>
	want string
}

const (
	min32, max32 = "-2147483648", "2147483647"
	nan, inf     = "0x7FC00000", "0x7F800000"
)

// of writes dense<[...]> with as many elements as there are commas, and one.
func of(elem, elements string) string {
	return fmt.Sprintf("dense<[%s]> : tensor<%dx%s>", elements, strings.Count(elements, ",")+1, elem)
}

func workedCases() []worked {
	two := func(op, elem, a, b, want string) worked {
		return worked{`"stablehlo.` + op + `"(%a, %b)`, []string{of(elem, a), of(elem, b)}, of(elem, want)}
	}
	one := func(op, elem, a, want string) worked {
		return worked{`"stablehlo.` + op + `"(%a)`, []string{of(elem, a)}, of(elem, want)}
	}
	to := func(op, from, a, elem, want string) worked {
		return worked{`"stablehlo.` + op + `"(%a)`, []string{of(from, a)}, of(elem, want)}
	}
	compared := func(direction, elem, a, b, want string) worked {
		return worked{fmt.Sprintf(`"stablehlo.compare"(%%a, %%b) {comparison_direction = #stablehlo<comparison_direction %s>}`, direction),
			[]string{of(elem, a), of(elem, b)}, of("i1", want)}
	}
	return []worked{
		// Arithmetic.
		two("add", "f32", "1.5, "+inf+", -0.0", "2.25, -1.0, 0.0", "3.75, "+inf+", 0.0"),
		two("add", "i32", "1, "+max32, "-3, 1", "-2, "+min32),
		two("add", "ui64", "18446744073709551615, 5", "2, 6", "1, 11"),
		two("add", "i1", "true, true, false, false", "true, false, true, false", "true, true, true, false"),
		two("add", "bf16", "1.0, 1.0, 1.0", "0.00390625, 0.01171875, 256.0", "1.0, 1.015625, 256.0"), // ties to even
		two("add", "ui8", "255, 7", "2, 3", "1, 10"),
		two("subtract", "ui32", "1, 7", "2, 3", "4294967295, 4"),
		two("subtract", "i64", "-9223372036854775808", "1", "9223372036854775807"),
		two("multiply", "i32", "-3, 65536", "5, 65536", "-15, 0"),
		two("multiply", "ui64", "0x9E3779B97F4A7C15", "3", "0xDAA66D2C7DDF743F"),
		two("multiply", "i1", "true, true, false", "true, false, false", "true, false, false"),
		two("divide", "f32", "1.0, -1.0, 3.0", "0.0, 0.0, -2.0", inf+", 0xFF800000, -1.5"),
		two("divide", "i32", "7, -7, 7, 5, "+min32, "2, 2, -2, 0, -1", "3, -3, -3, -1, "+min32),
		two("divide", "ui32", "4294967295, 5", "2, 0", "2147483647, 4294967295"),
		two("maximum", "f32", "-0.0, 1.0, 2.0, -5.0", "0.0, "+nan+", 3.0, -6.0", "0.0, "+nan+", 3.0, -5.0"),
		two("minimum", "f32", "0.0, "+nan+", 2.0", "-0.0, 1.0, 3.0", "-0.0, "+nan+", 2.0"),
		two("maximum", "i32", "-5, 3", "2, -9", "2, 3"),
		two("minimum", "ui32", "4294967295, 3", "2, 9", "2, 3"),
		two("maximum", "i1", "true, false", "false, false", "true, false"),
		two("minimum", "i1", "true, true", "false, true", "false, true"),
		two("power", "f32", "2.0, -2.0, 0.0, 9.0", "10.0, 3.0, 0.0, 0.5", "1024.0, -8.0, 1.0, 3.0"),
		two("power", "i32", "3, -2, 2, -1, -1, 1", "4, 3, -1, -3, -2, -5", "81, -8, 0, -1, 1, 1"),
		two("power", "ui32", "3, 2", "4, 33", "81, 0"),
		// Bits.
		two("and", "ui32", "12, 0xFF00", "10, 0x0FF0", "8, 0x0F00"),
		two("or", "i32", "12, -8", "10, 1", "14, -7"),
		two("xor", "ui64", "12, 18446744073709551615", "10, 1", "6, 18446744073709551614"),
		two("xor", "i1", "true, true, false", "true, false, false", "false, true, false"),
		two("and", "i1", "true, true, false", "true, false, false", "true, false, false"),
		two("or", "i1", "true, true, false", "true, false, false", "true, true, false"),
		two("shift_left", "ui32", "1, 3, 1", "4, 31, 32", "16, 2147483648, 0"),
		two("shift_left", "i32", "1, 1, 1", "31, 32, -1", min32+", 0, 0"),
		two("shift_right_logical", "i32", "-1, -1, 8, 8", "28, 32, 2, -1", "15, 0, 2, 0"),
		two("shift_right_logical", "ui64", "18446744073709551615, 256", "40, 64", "16777215, 0"),
		two("shift_right_logical", "i64", "-1", "63", "1"),
		// Functions.
		one("negate", "f32", "1.0, 0.0, -"+"2.5", "-1.0, -0.0, 2.5"),
		one("negate", "i32", "5, "+min32, "-5, "+min32),
		one("negate", "ui32", "1, 0", "4294967295, 0"),
		one("abs", "f32", "-1.5, -0.0, 0xFF800000", "1.5, 0.0, "+inf),
		one("abs", "i32", "-5, 5, 0, "+min32, "5, 5, 0, "+min32),
		one("sign", "f32", "-3.0, -0.0, 0.0, 0.125, "+nan, "-1.0, -0.0, 0.0, 1.0, "+nan),
		one("sign", "i64", "-3, 0, 9", "-1, 0, 1"),
		one("not", "i1", "true, false", "false, true"),
		one("not", "ui8", "0, 5", "255, 250"),
		one("not", "ui32", "0, 5", "4294967295, 4294967290"),
		one("not", "i32", "0, 5", "-1, -6"),
		one("exponential", "f32", "0.0, 0xFF800000, 1000.0, 1.0", "1.0, 0.0, "+inf+", 2.718281828"),
		one("exponential", "bf16", "1.0", "2.71875"),
		one("log", "f32", "1.0, 0.0, 4.0", "0.0, 0xFF800000, 1.3862944"),
		one("log_plus_one", "f32", "0.0, -1.0, 0.0000001", "0.0, 0xFF800000, 0.99999994e-7"),
		one("sqrt", "f32", "16.0, 2.0, 0.0", "4.0, 1.4142135, 0.0"),
		one("rsqrt", "f32", "4.0, 0.0, -0.0, "+inf, "0.5, "+inf+", 0xFF800000, 0.0"),
		one("optimization_barrier", "f32", "1.0, 2.0", "1.0, 2.0"),
		to("is_finite", "f32", "1.0, "+inf+", 0xFF800000, "+nan, "i1", "true, false, false, false"),
		to("is_finite", "bf16", "1.0, 0x7F80", "i1", "true, false"),
		// Comparisons: nothing equals NaN.
		compared("EQ", "f32", "1.0, 0.0, "+nan, "1.0, -0.0, "+nan, "true, true, false"),
		compared("NE", "f32", "1.0, 0.0, "+nan, "1.0, -0.0, "+nan, "false, false, true"),
		compared("LT", "f32", "1.0, 2.0, "+nan, "2.0, 2.0, 1.0", "true, false, false"),
		compared("LE", "i32", "-1, 2, 3", "1, 2, 2", "true, true, false"),
		compared("GT", "ui8", "255, 2", "1, 2", "true, false"),
		compared("GT", "ui32", "4294967295, 2", "1, 2", "true, false"),
		compared("GE", "ui64", "18446744073709551615, 2, 1", "1, 2, 2", "true, true, false"),
		compared("LT", "i64", "-1, 1", "1, -1", "true, false"),
		compared("GT", "i1", "true, false, true", "false, true, true", "true, false, false"),
		{`"stablehlo.select"(%a, %b, %c)`, []string{of("i1", "true, false"), of("i32", "1, 2"), of("i32", "3, 4")}, of("i32", "1, 4")},
		{`"stablehlo.select"(%a, %b, %c)`, []string{"dense<false> : tensor<i1>", of("f32", "1.0, 2.0"), of("f32", "3.0, 4.0")}, of("f32", "3.0, 4.0")},
		// Conversions.
		to("convert", "f32", "1.9, -1.9, 3000000000.0, -3000000000.0, "+nan, "i32", "1, -1, "+max32+", "+min32+", 0"),
		to("convert", "f32", "-1.0, 256.0, 7.5", "ui8", "0, 255, 7"),
		to("convert", "ui8", "255, 0", "i1", "true, false"),
		to("convert", "ui8", "255, 0", "f32", "255.0, 0.0"),
		to("convert", "f32", "-1.0, 4294967296.0, 7.5", "ui32", "0, 4294967295, 7"),
		to("convert", "f32", "10000000000.0, -2.5", "i64", "10000000000, -2"),
		to("convert", "f32", "0.0, -0.5, "+nan, "i1", "false, true, true"),
		to("convert", "f32", "1.00390625, 1.01171875, 1.00390637, 3.4e38", "bf16", "1.0, 1.015625, 1.0078125, 0x7F80"),
		to("convert", "bf16", "1.0078125, -2.0", "f32", "1.0078125, -2.0"),
		to("convert", "bf16", "-2.5, 300.0", "i32", "-2, 300"),
		to("convert", "i32", "-1, 16777217", "f32", "-1.0, 16777216.0"),
		to("convert", "i32", "-1, 5", "ui64", "18446744073709551615, 5"),
		to("convert", "ui64", "18446744073709551615, 4294967301", "i32", "-1, 5"),
		to("convert", "ui64", "18446744073709551615, 16777215", "f32", "18446744073709551616.0, 16777215.0"),
		to("convert", "ui32", "4294967295, 0", "i64", "4294967295, 0"),
		to("convert", "i64", "-2, 0", "i1", "true, false"),
		to("convert", "i64", "257, -2", "bf16", "256.0, -2.0"),
		to("convert", "i1", "true, false", "f32", "1.0, 0.0"),
		to("convert", "i1", "true, false", "ui32", "1, 0"),
		to("bitcast_convert", "f32", "1.0, -0.0", "ui32", "0x3F800000, 0x80000000"),
		to("bitcast_convert", "i32", "-1, 1065353216", "f32", "0xFFFFFFFF, 1.0"),
		to("bitcast_convert", "i64", "-1", "ui64", "18446744073709551615"),
		{`"stablehlo.reduce_precision"(%a) {exponent_bits = 5 : i32, mantissa_bits = 10 : i32}`, // float16, as in the spec's example
			[]string{of("f32", inf+", 0.0, 65519.0, 65520.0, -65520.0, -0.00001, 1.00048828125, 1.001")}, of("f32", inf+", 0.0, 65504.0, "+inf+", 0xFF800000, -0.0, 1.0, 1.0009765625")},
		{`"stablehlo.reduce_precision"(%a) {exponent_bits = 8 : i32, mantissa_bits = 7 : i32}`, []string{of("f32", "1.00390625, 1.01171875")}, of("f32", "1.0, 1.015625")},
		// Shapes.
		{`"stablehlo.iota"() {iota_dimension = 0 : i64}`, nil, "dense<[[0, 0], [1, 1], [2, 2]]> : tensor<3x2xi32>"},
		{`"stablehlo.iota"() {iota_dimension = 1 : i64}`, nil, "dense<[[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]> : tensor<3x2xbf16>"},
		{`"stablehlo.broadcast_in_dim"(%a) {broadcast_dimensions = array<i64>}`, []string{"dense<7> : tensor<i32>"}, "dense<7> : tensor<2x2xi32>"},
		{`"stablehlo.broadcast_in_dim"(%a) {broadcast_dimensions = array<i64: 2, 1>}`, []string{"dense<[[1, 2, 3]]> : tensor<1x3xi32>"}, // the spec's example
			"dense<[[[1, 1], [2, 2], [3, 3]], [[1, 1], [2, 2], [3, 3]]]> : tensor<2x3x2xi32>"},
		{`"stablehlo.reshape"(%a)`, []string{of("i1", "true, false, false, true")}, "dense<[[true, false], [false, true]]> : tensor<2x2xi1>"},
		{`"stablehlo.transpose"(%a) {permutation = array<i64: 1, 0>}`, []string{"dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xui64>"}, "dense<[[1, 4], [2, 5], [3, 6]]> : tensor<3x2xui64>"},
		{`"stablehlo.slice"(%a) {start_indices = array<i64: 1>, limit_indices = array<i64: 6>, strides = array<i64: 2>}`, []string{of("i32", "0, 1, 2, 3, 4, 5, 6")}, of("i32", "1, 3, 5")},
		{`"stablehlo.slice"(%a) {start_indices = array<i64: 1>, limit_indices = array<i64: 1>, strides = array<i64: 2>}`, []string{of("i32", "0, 1")}, "dense<[]> : tensor<0xi32>"},
		{`"stablehlo.reverse"(%a) {dimensions = array<i64: 1>}`, []string{"dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi32>"}, "dense<[[2, 1], [4, 3], [6, 5]]> : tensor<3x2xi32>"},
		{`"stablehlo.pad"(%a, %b) {edge_padding_low = array<i64: 0, 1>, edge_padding_high = array<i64: 2, 1>, interior_padding = array<i64: 1, 2>}`, // the spec's example
			[]string{"dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>", "dense<0> : tensor<i32>"},
			"dense<[[0, 1, 0, 0, 2, 0, 0, 3, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 4, 0, 0, 5, 0, 0, 6, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0]]> : tensor<5x9xi32>"},
		{`"stablehlo.pad"(%a, %b) {edge_padding_low = array<i64: -3>, edge_padding_high = array<i64: 4>, interior_padding = array<i64: 0>}`, []string{of("i32", "1, 2"), "dense<9> : tensor<i32>"}, of("i32", "9, 9, 9")},
		{`"stablehlo.concatenate"(%a, %b, %a) {dimension = 0 : i64}`, []string{of("i32", "1, 2"), of("i32", "3")}, of("i32", "1, 2, 3, 1, 2")},
		// Reductions, with regions of one operation and of more.
		{reduceBy("add", "i32", "dimensions = array<i64: 1>"), []string{"dense<[[0, 1, 2, 3, 4, 5]]> : tensor<1x6xi32>", "dense<10> : tensor<i32>"}, of("i32", "25")},
		{reduceBy("add", "f32", "dimensions = array<i64: 0>"), []string{of("f32", "16777216.0, 1.0, 1.0"), "dense<0.0> : tensor<f32>"}, "dense<16777218.0> : tensor<f32>"}, // summed in float64
		{reduceBy("and", "i1", "dimensions = array<i64: 0>"), []string{of("i1", "true, false, true"), "dense<true> : tensor<i1>"}, "dense<false> : tensor<i1>"},
		{reduceBy("xor", "ui64", "dimensions = array<i64: 0>"), []string{of("ui64", "1, 3, 8"), "dense<0> : tensor<ui64>"}, "dense<10> : tensor<ui64>"},
		{reduceBy("maximum", "f32", "dimensions = array<i64: 1>"), []string{"dense<[[1.0, 0x7FC00000], [3.0, -2.0]]> : tensor<2x2xf32>", "dense<0xFF800000> : tensor<f32>"}, of("f32", nan+", 3.0")},
		{reduceBy("add", "f32", "dimensions = array<i64: 1>"), []string{"dense<> : tensor<2x0xf32>", "dense<4.0> : tensor<f32>"}, of("f32", "4.0, 4.0")},
		{`"stablehlo.reduce"(%a, %b) ({ ^bb0(%x: tensor<i32>, %y: tensor<i32>):
			%0 = "stablehlo.multiply"(%y, %y) : (tensor<i32>, tensor<i32>) -> tensor<i32>
			%1 = "stablehlo.add"(%x, %0) : (tensor<i32>, tensor<i32>) -> tensor<i32>
			"stablehlo.return"(%1) : (tensor<i32>) -> () }) {dimensions = array<i64: 1>}`,
			[]string{"dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>", "dense<100> : tensor<i32>"}, of("i32", "105, 125")},
		{`"stablehlo.reduce"(%a, %b) ({ ^bb0(%x: tensor<i32>, %y: tensor<i32>):
			%0 = "stablehlo.subtract"(%y, %x) : (tensor<i32>, tensor<i32>) -> tensor<i32>
			"stablehlo.return"(%0) : (tensor<i32>) -> () }) {dimensions = array<i64: 0>}`, // 3 - (2 - (1 - 10)): its operands the other way
			[]string{of("i32", "1, 2, 3"), "dense<10> : tensor<i32>"}, "dense<-8> : tensor<i32>"},
		// Products.
		{`"stablehlo.dot_general"(%a, %b) {dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>}`,
			[]string{"dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>", "dense<[[1.0, 0.0], [10.0, 1.0]]> : tensor<2x2xf32>"}, "dense<[[21.0, 2.0], [43.0, 4.0]]> : tensor<2x2xf32>"},
		{`"stablehlo.dot_general"(%a, %b) {dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>}`,
			[]string{of("bf16", "1.0, 1.0, 1.0"), of("bf16", "256.0, 1.0, 1.0")}, "dense<258.0> : tensor<bf16>"}, // summed in float64
		{`"stablehlo.convolution"(%a, %b) {window_strides = array<i64: 4, 4>, padding = dense<0> : tensor<2x2xi64>, lhs_dilation = array<i64: 2, 2>,
			rhs_dilation = array<i64: 1, 1>, window_reversal = array<i1: false, false>, dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>,
			batch_group_count = 1 : i64, feature_group_count = 1 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]}`, // the spec's example
			[]string{"dense<[[[[1.0], [2.0], [5.0], [6.0]], [[3.0], [4.0], [7.0], [8.0]], [[10.0], [11.0], [14.0], [15.0]], [[12.0], [13.0], [16.0], [17.0]]]]> : tensor<1x4x4x1xf32>", "dense<1.0> : tensor<3x3x1x1xf32>"},
			"dense<[[[[10.0], [26.0]], [[46.0], [62.0]]]]> : tensor<1x2x2x1xf32>"},
		// Attributes left out are strides and dilations of 1 and no padding.
		{`"stablehlo.convolution"(%a, %b) {dimension_numbers = #stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64}`,
			[]string{"dense<[[[[1.0, 2.0, 3.0]]]]> : tensor<1x1x1x3xf32>", "dense<[[[[1.0, 10.0]]]]> : tensor<1x1x1x2xf32>"}, "dense<[[[[21.0, 32.0]]]]> : tensor<1x1x1x2xf32>"},
	}
}

// reduceBy is a reduction of %a from %b by one operation.
func reduceBy(op, elem, attributes string) string {
	s := "tensor<" + elem + ">"
	return fmt.Sprintf(`"stablehlo.reduce"(%%a, %%b) ({ ^bb0(%%x: %[1]s, %%y: %[1]s):
		%%z = "stablehlo.%[2]s"(%%x, %%y) : (%[1]s, %[1]s) -> %[1]s
		"stablehlo.return"(%%z) : (%[1]s) -> () }) {%[3]s}`, s, op, attributes)
}

// typeOf is the type of dense<...> : type.
func typeOf(literal string) string { return literal[strings.LastIndex(literal, " ")+1:] }

// program is the case as a module without inputs, with the result and what it should be as outputs.
func (w worked) program() string {
	var b strings.Builder
	constant := func(name, literal string) {
		fmt.Fprintf(&b, "%s = \"stablehlo.constant\"() {value = %s} : () -> %s\n", name, literal, typeOf(literal))
	}
	var types []string
	for i, literal := range w.in {
		constant("%"+string(rune('a'+i)), literal)
	}
	for _, name := range strings.Split(between(w.op, "(", ")"), ", ") {
		if name != "" {
			types = append(types, typeOf(w.in[name[1]-'a']))
		}
	}
	t := typeOf(w.want)
	fmt.Fprintf(&b, "%%r = %s : (%s) -> %s\n", w.op, strings.Join(types, ", "), t)
	constant("%want", w.want)
	return fmt.Sprintf("module @m { func.func public @main() -> (%[1]s, %[1]s) {\n%[2]s\"func.return\"(%%r, %%want) : (%[1]s, %[1]s) -> ()\n} }", t, b.String())
}

func between(s, from, to string) string {
	s = s[strings.Index(s, from)+1:]
	return s[:strings.Index(s, to)]
}

func TestWorked(t *testing.T) {
	seen := map[string]bool{"constant": true} // of every case
	for _, w := range workedCases() {
		name := strings.TrimPrefix(between(w.op, `"`, `"`), "stablehlo.")
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			p, err := Parse(w.program())
			if err != nil {
				t.Fatalf("%v\n%s", err, w.program())
			}
			outs, err := p.Run(nil)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(outs[0].Data, outs[1].Data) {
				t.Errorf("%s of %v is %v; want %s", w.op, w.in, decode(outs[0].Type, outs[0].Data), w.want)
			}
		})
	}
	for name := range rules {
		if !seen[name] {
			t.Errorf("operation %s has no case", name)
		}
	}
}

// Constants, byte by byte, so that TestWorked stands on something.
func TestConstants(t *testing.T) {
	for literal, want := range map[string][]byte{
		"dense<1.0> : tensor<f32>":                                        {0, 0, 0x80, 0x3F},
		"dense<-1.5e0> : tensor<f32>":                                     {0, 0, 0xC0, 0xBF},
		"dense<25.0E-2> : tensor<f32>":                                    {0, 0, 0x80, 0x3E},
		"dense<0x7FC00001> : tensor<f32>":                                 {1, 0, 0xC0, 0x7F},
		"dense<[1.0, 0x7F80]> : tensor<2xbf16>":                           {0x80, 0x3F, 0x80, 0x7F},
		"dense<1.00390626> : tensor<bf16>":                                {0x81, 0x3F},
		"dense<-2> : tensor<i32>":                                         {0xFE, 0xFF, 0xFF, 0xFF},
		"dense<010> : tensor<i32>":                                        {10, 0, 0, 0},
		"dense<[258, 0x10]> : tensor<2xui32>":                             {2, 1, 0, 0, 16, 0, 0, 0},
		"dense<-9223372036854775808> : tensor<i64>":                       {0, 0, 0, 0, 0, 0, 0, 0x80},
		"dense<0x9E3779B97F4A7C15> : tensor<ui64>":                        {0x15, 0x7C, 0x4A, 0x7F, 0xB9, 0x79, 0x37, 0x9E},
		"dense<[[true], [false]]> : tensor<2x1xi1>":                       {1, 0},
		"dense<3> : tensor<2x1xui32>":                                     {3, 0, 0, 0, 3, 0, 0, 0},
		"dense<\"0x0000803F000000C0\"> : tensor<2xf32>":                   {0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0},
		"dense<\"0x803F\"> : tensor<2xbf16>":                              {0x80, 0x3F, 0x80, 0x3F},
		"dense<[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]> : tensor<2x2x2xi32>": {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0},
	} {
		t.Run(literal, func(t *testing.T) {
			w := worked{op: `"stablehlo.optimization_barrier"(%a)`, in: []string{literal}, want: literal}
			p, err := Parse(w.program())
			if err != nil {
				t.Fatal(err)
			}
			outs, err := p.Run(nil)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(outs[1].Data, want) {
				t.Errorf("%x; want %x", outs[1].Data, want)
			}
		})
	}
}

// A reduction of several operands at once: the largest value of each row, and where it first is.
func TestReducesPairs(t *testing.T) {
	p, err := Parse(`module @m { func.func public @main(%x: tensor<2x4xf32>) -> (tensor<2xf32>, tensor<2xi32>) {
		%at = "stablehlo.iota"() {iota_dimension = 1 : i64} : () -> tensor<2x4xi32>
		%low = "stablehlo.constant"() {value = dense<0xFF800000> : tensor<f32>} : () -> tensor<f32>
		%none = "stablehlo.constant"() {value = dense<-1> : tensor<i32>} : () -> tensor<i32>
		%v, %i = "stablehlo.reduce"(%x, %at, %low, %none) ({
		^bb0(%a: tensor<f32>, %ai: tensor<i32>, %b: tensor<f32>, %bi: tensor<i32>):
			%p = "stablehlo.compare"(%b, %a) {comparison_direction = #stablehlo<comparison_direction GT>, compare_type = #stablehlo<comparison_type FLOAT>} : (tensor<f32>, tensor<f32>) -> tensor<i1>
			%c = "stablehlo.select"(%p, %b, %a) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
			%ci = "stablehlo.select"(%p, %bi, %ai) : (tensor<i1>, tensor<i32>, tensor<i32>) -> tensor<i32>
			"stablehlo.return"(%c, %ci) : (tensor<f32>, tensor<i32>) -> ()
		}) {dimensions = array<i64: 1>} : (tensor<2x4xf32>, tensor<2x4xi32>, tensor<f32>, tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>)
		"func.return"(%v, %i) : (tensor<2xf32>, tensor<2xi32>) -> ()
	} }`)
	if err != nil {
		t.Fatal(err)
	}
	outs, err := p.Run([]Tensor{{"f32", []int{2, 4}, encode("f32", vec[float32]{1, 7, 7, 2, -4, -3, -9, -5})}})
	if err != nil {
		t.Fatal(err)
	}
	v, i := decode("f32", outs[0].Data), decode("i32", outs[1].Data)
	if got, want := fmt.Sprint(v, i), "[7 -3] [1 1]"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// Two sums at once are added like one, in float64; a region that exchanges its results is another thing.
func TestReducesSeveral(t *testing.T) {
	for returned, want := range map[string]string{"%s, %p": "[1.6777218e+07] [11]", "%p, %s": "[8] [1.677722e+07]"} {
		p, err := Parse(`module @m { func.func public @main(%x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<f32>, tensor<f32>) {
			%zero = "stablehlo.constant"() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
			%v, %w = "stablehlo.reduce"(%x, %y, %zero, %zero) ({
			^bb0(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<f32>, %d: tensor<f32>):
				%s = "stablehlo.add"(%a, %c) : (tensor<f32>, tensor<f32>) -> tensor<f32>
				%p = "stablehlo.add"(%b, %d) : (tensor<f32>, tensor<f32>) -> tensor<f32>
				"stablehlo.return"(` + returned + `) : (tensor<f32>, tensor<f32>) -> ()
			}) {dimensions = array<i64: 0>} : (tensor<3xf32>, tensor<3xf32>, tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
			"func.return"(%v, %w) : (tensor<f32>, tensor<f32>) -> ()
		} }`)
		if err != nil {
			t.Fatal(err)
		}
		of := func(v ...float32) Tensor { return Tensor{"f32", []int{3}, encode("f32", vec[float32](v))} }
		outs, err := p.Run([]Tensor{of(16777216, 1, 1), of(5, 4, 2)})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(decode("f32", outs[0].Data), decode("f32", outs[1].Data)); got != want {
			t.Errorf("%s: %s; want %s", returned, got, want)
		}
	}
}
