package interpret

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// good is a program that every case of TestRefusals breaks in one place.
const good = `module @lgl {
  func.func public @main(%arg0: tensor<2x3xf32> {tf.aliasing_output = 1 : i32}, %arg1: tensor<2x3xf32>, %arg2: tensor<3xi1>) -> (tensor<2xf32>, tensor<2x3xf32>) {
    // A comment.
    %0 = "stablehlo.add"(%arg0, %arg1) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
    %1 = "stablehlo.constant"() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
    %2 = "stablehlo.reduce"(%0, %1) ({
      ^bb0(%left: tensor<f32>, %right: tensor<f32>):
      %both = "stablehlo.add"(%left, %right) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%both) : (tensor<f32>) -> ()
    }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    %3 = "stablehlo.broadcast_in_dim"(%arg2) {broadcast_dimensions = array<i64: 1>} : (tensor<3xi1>) -> tensor<2x3xi1>
    %4 = "stablehlo.select"(%3, %0, %arg1) : (tensor<2x3xi1>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
    "func.return"(%2, %4) : (tensor<2xf32>, tensor<2x3xf32>) -> ()
  }
}
`

func TestProgram(t *testing.T) {
	p, err := Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(p.main.inputs), "[tensor<2x3xf32> tensor<2x3xf32> tensor<3xi1>]"; got != want {
		t.Errorf("inputs %s; want %s", got, want)
	}
	if got, want := fmt.Sprint(p.main.outputs), "[tensor<2xf32> tensor<2x3xf32>]"; got != want {
		t.Errorf("outputs %s; want %s", got, want)
	}
	if got := p.Aliases(); !maps.Equal(got, map[int]int{0: 1}) {
		t.Errorf("aliases %v; want input 0 to give its memory to output 1", got)
	}
	in := inputsOfGood()
	before := fmt.Sprint(in)
	for range 2 { // a run leaves nothing behind
		outs, err := p.Run(in)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(decode("f32", outs[0].Data), decode("f32", outs[1].Data))
		if want := "[66.5 160.5] [11 20 33 44 50 66]"; got != want {
			t.Errorf("outputs %s; want %s", got, want)
		}
	}
	if fmt.Sprint(in) != before {
		t.Error("the run changed its inputs")
	}
}

func inputsOfGood() []Tensor {
	floats := func(v ...float32) Tensor { return Tensor{"f32", []int{2, 3}, encode("f32", vec[float32](v))} }
	return []Tensor{floats(1, 2, 3, 4, 0, 6), floats(10, 20, 30, 40, 50, 60), {"i1", []int{3}, []byte{1, 0, 1}}}
}

func TestRunRefuses(t *testing.T) {
	p, err := Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(in []Tensor) []Tensor{
		"2 inputs; main has 3": func(in []Tensor) []Tensor { return in[:2] },
		"input 1 is tensor<3x2xf32>; main wants tensor<2x3xf32>":  func(in []Tensor) []Tensor { in[1].Dims = []int{3, 2}; return in },
		"input 0 is tensor<2x3xbf16>; main wants tensor<2x3xf32>": func(in []Tensor) []Tensor { in[0].Type = "bf16"; return in },
		"input 2, tensor<3xi1>, has 2 bytes; want 3":              func(in []Tensor) []Tensor { in[2].Data = in[2].Data[:2]; return in },
	} {
		if _, err := p.Run(spoil(inputsOfGood())); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q", err, want)
		}
	}
}

// Each case replaces text of good, once, and says the error.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ old, by, want string }{
		// Text.
		{"module @lgl", "module lgl", `line 1: "lgl"; want the module's name, @...`},
		{"@main", "@step", `line 2: function @step; want @main`},
		{"public ", "", `line 2: "@main"; want "public"`},
		{"  }\n}\n", "  }\n", `line 15: the end; want "}"`},
		{"  }\n}\n", "  }\n}\n}\n", `line 16: "}" behind the module`},
		{"%0 = ", "%0 ", `line 4: "stablehlo.add"; want "="`},
		{`"stablehlo.add"(%arg0`, `stablehlo.add(%arg0`, `line 4: "stablehlo.add"; want an operation's name in quotes`},
		{`"stablehlo.add"(%arg0`, `"stablehlo.add(%arg0`, `has no '"' to end it`},
		{"(%arg0, %arg1)", "(%arg0; %arg1)", `line 4: character ';' has no place in a program`},
		{"(%arg0, %arg1)", "(%arg0 %arg1)", `line 4: "%arg1"; want ","`},
		{"(%arg0, %arg1)", "(%, %arg1)", `line 4: "%" without a name`},
		{"tensor<2x3xf32>, %arg2", "tensor<2x3xf16>, %arg2", `elements of type "f16"; want f32, bf16, ui8, i32, ui32, i64, ui64 or i1`},
		{"tensor<2x3xf32>, %arg2", "tensor<2x?xf32>, %arg2", `dimension "?"`},
		{"tensor<2x3xf32>, %arg2", "tensor<2x999999999xf32>, %arg2", `dimension "999999999"; want a number of at most 268435456`},
		{"tensor<2x3xf32>, %arg2", "tensor<99999x99999xf32>, %arg2", `more than 268435456 elements`},
		{"tensor<2x3xf32>, %arg2", "tensor<1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1xf32>, %arg2", `17 dimensions; at most 16`},
		{"tensor<2x3xf32>, %arg2", "tensor<2x3xf32, %arg2", `line 2: "tensor<2x3xf32, %arg2: tensor<3xi1>": dimension "f32, %arg2: tensor<3"`},
		// Values.
		{"(%arg0, %arg1)", "(%arg0, %arg9)", `line 4: value %arg9 is not defined`},
		{"(%arg0, %arg1)", "(%arg0, %4)", `line 4: value %4 is not defined`},
		{"%1 = ", "%0 = ", `line 5: value %0 is defined a second time`},
		{"%1 = ", "%arg0 = ", `line 5: value %arg0 is defined a second time`},
		{"%both = ", "%1 = ", `line 8: value %1 is defined a second time`},
		{"(%left, %right) :", "(%left, %1) :", `line 8: value %1 is from outside the region`},
		{`"func.return"(%2`, `"func.return"(%both`, `line 13: value %both is not defined`},
		// Types as they are written.
		{"(%arg0, %arg1) : (tensor<2x3xf32>", "(%arg0, %arg1) : (tensor<3x2xf32>", `line 4: stablehlo.add: operands are written as [tensor<3x2xf32> tensor<2x3xf32>]; they are [tensor<2x3xf32> tensor<2x3xf32>]`},
		{"tensor<2x3xf32>) -> tensor<2x3xf32>\n    %1", "tensor<2x3xf32>) -> tensor<2x3xbf16>\n    %1", `line 4: stablehlo.add: results are written as [tensor<2x3xbf16>]; they are [tensor<2x3xf32>]`},
		{"tensor<2x3xf32>) -> tensor<2x3xf32>\n    %1", "tensor<2x3xf32>) -> ()\n    %1", `line 4: stablehlo.add: 0 result types for 1 results`},
		{"(tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>", "(tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>", `line 6: stablehlo.reduce: results are written as [tensor<3xf32>]; they are [tensor<2xf32>]`},
		{"-> (tensor<2xf32>, tensor<2x3xf32>) {", "-> (tensor<2xf32>, tensor<3x2xf32>) {", `line 2: tf.aliasing_output = 1 of input 0, tensor<2x3xf32>; that output is tensor<3x2xf32>`},
		{"-> (tensor<2xf32>, tensor<2x3xf32>) {", "-> (tensor<3xf32>, tensor<2x3xf32>) {", `line 13: func.return of [tensor<2xf32> tensor<2x3xf32>]; main is declared to return [tensor<3xf32> tensor<2x3xf32>]`},
		{"(%left, %right) : (tensor<f32>, tensor<f32>)", "(%left, %right) : tensor<f32>", `line 8: "tensor<f32>"; want the types of the operands in parentheses`},
		// Inputs.
		{"tf.aliasing_output = 1 : i32", "tf.aliasing_output = 2 : i32", `line 2: tf.aliasing_output = 2 of input 0; main has 2 outputs`},
		{"tf.aliasing_output = 1 : i32", "tf.aliasing_output = 1 : i64", `line 2: attribute tf.aliasing_output of an input; want tf.aliasing_output = ... : i32`},
		{"tf.aliasing_output = 1 : i32", "jax.buffer_donor = 1 : i32", `line 2: attribute jax.buffer_donor of an input`},
		{"tf.aliasing_output = 1 : i32", "", `line 2: no attribute between { and }`},
		{"%arg1: tensor<2x3xf32>,", "%arg1: tensor<2x3xf32> {tf.aliasing_output = 1 : i32},", `line 2: tf.aliasing_output = 1 of input 1; input 0 has the same`},
		// Attributes and regions.
		{"{value = dense<0.5> : tensor<f32>} ", "", `line 5: stablehlo.constant: no attribute value`},
		{"{value = dense<0.5> : tensor<f32>}", "{value = dense<0.5> : tensor<f32>, other = 1 : i64}", `line 5: stablehlo.constant: attribute other is unknown`},
		{"{value = dense<0.5> : tensor<f32>}", "{value = dense<0.5> : tensor<f32>, value = 1 : i64}", `line 5: attribute value a second time`},
		{"{value = dense<0.5> : tensor<f32>}", "{value = 1 : i64}", `line 5: stablehlo.constant: attribute value is a number; want dense<...>`},
		{"{value = dense<0.5> : tensor<f32>}", "{value = 1}", `line 5: "}"; want ":"`},
		{"{value = dense<0.5> : tensor<f32>}", "{value = unit}", `line 5: "unit"; want an attribute's value`},
		{"dense<0.5> : tensor<f32>}", "dense<0.5> : tensor<1xf32>}", `line 5: stablehlo.constant: results are written as [tensor<f32>]; they are [tensor<1xf32>]`},
		{"dense<0.5>", "dense<1>", `line 5: element "1" is none of the type`}, // MLIR wants a point
		{"dense<0.5>", "dense<true>", `line 5: element "true" is none of the type`},
		{"dense<0.5>", "dense<0x3F80>", `line 5: element "0x3F80" is none of the type`}, // not all bits
		{"dense<0.5>", "dense<-0x3F800000>", `line 5: element "-0x3F800000" is none of the type`},
		{"dense<0.5>", "dense<1.0e39>", `line 5: element "1.0e39" is none of the type`},
		{"dense<0.5>", "dense<>", `line 5: dense<> has no elements; its type is tensor<f32>`},
		{"dense<0.5>", "dense<[0.5]>", `line 5: dense<...> has the shape [1]; its type is tensor<f32>`},
		{"dense<0.5>", "dense<[[0.5], 0.5]>", `line 5: dense<...> is ragged: [] beside [1]`},
		{"dense<0.5>", `dense<"0x000000">`, `line 5: dense<"0x..."> has 3 bytes; tensor<f32> has 4`},
		{"dense<0.5>", `dense<"zero">`, `line 5: dense<"zero">: want 0x and pairs of hexadecimal digits`},
		{"dense<0.5>", "dense<" + strings.Repeat("[", 99), `line 5: dense<...> is nested more than 16 deep`},
		{"dimensions = array<i64: 1>}", "dimensions = array<i64: 2>}", `line 6: stablehlo.reduce: dimensions: dimension 2 of tensor<2x3xf32>`},
		{"dimensions = array<i64: 1>}", "dimensions = array<i64: 1, 1>}", `line 6: stablehlo.reduce: dimensions: dimension 1 twice`},
		{"dimensions = array<i64: 1>}", "dimensions = array<i64: 99999999999>}", `line 10: "99999999999"; want a whole number, at most 1073741824 in magnitude`},
		{"dimensions = array<i64: 1>}", "dimensions = array<i32: 1>}", `line 10: an array of i32; want i64 or i1`},
		{"dimensions = array<i64: 1>}", "dimensions = array<i1: true>}", `line 6: stablehlo.reduce: attribute dimensions is an array of i1; want i64`},
		{"%left: tensor<f32>, %right: tensor<f32>):", "%left: tensor<f32>, %right: tensor<f32>, %more: tensor<f32>):", `line 6: stablehlo.reduce: region is [tensor<f32> tensor<f32> tensor<f32>] -> [tensor<f32>]; want two of each of [tensor<f32>] -> [tensor<f32>]`},
		{`"stablehlo.return"(%both) : (tensor<f32>)`, `"func.return"(%both) : (tensor<f32>)`, `line 9: "func.return"; want "stablehlo.return" here`},
		{`"func.return"(%2`, `"stablehlo.return"(%2`, `line 13: "stablehlo.return"; want "func.return" here`},
		{`"stablehlo.return"(%both) : (tensor<f32>) -> ()`, `%end = "stablehlo.return"(%both) : (tensor<f32>) -> tensor<f32>`, `line 9: stablehlo.return: results, attributes or a region, where there are none`},
		{`%both = "stablehlo.add"(%left, %right)`, `%both = "stablehlo.add"(%left, %right) ({ ^bb0(): })`, `line 8: a region in a region`},
		{`%0 = "stablehlo.add"(%arg0, %arg1)`, `%0 = "stablehlo.add"(%arg0, %arg1) ({ ^b(): "stablehlo.return"() : () -> () })`, `line 4: stablehlo.add: a region, where there is none`},
		// Operations.
		{`"stablehlo.add"(%arg0`, `"stablehlo.gather"(%arg0`, `line 4: operation "stablehlo.gather" is unknown here; package interpret has those that engine/xla writes`},
		{`"stablehlo.add"(%arg0`, `"add"(%arg0`, `line 4: operation "add" is unknown here`},
		{`"stablehlo.add"(%arg0`, `"stablehlo.and"(%arg0`, `line 4: stablehlo.and: not defined for f32`},
		{`"stablehlo.add"(%arg0, %arg1) : (tensor<2x3xf32>, `, `"stablehlo.add"(%arg0) : (`, `line 4: stablehlo.add: 1 operands; want 2`},
	} {
		t.Run(c.want, func(t *testing.T) { refuses(t, strings.Replace(good, c.old, c.by, 1), c.want) })
	}
}

func refuses(t *testing.T, text, want string) {
	t.Helper()
	if text == good {
		t.Fatal("the case replaces nothing")
	}
	p, err := Parse(text)
	if err == nil || !strings.HasPrefix(err.Error(), "StableHLO: line ") || !strings.Contains(err.Error(), want) || p != nil {
		t.Errorf("error %v; want %q", err, want)
	}
}

// The constraints of single operations, named as in the spec where it numbers them.
func TestConstraints(t *testing.T) {
	f := func(dims ...int) Shape { return Shape{"f32", dims} }
	i := func(dims ...int) Shape { return Shape{"i32", dims} }
	conv := func(change ...string) string {
		return strings.NewReplacer(change...).Replace(`"stablehlo.convolution"(%a, %b) {window_strides = array<i64: 1, 1>, padding = dense<[[1, 1], [1, 1]]> : tensor<2x2xi64>, ` +
			`lhs_dilation = array<i64: 1, 1>, rhs_dilation = array<i64: 1, 1>, window_reversal = array<i1: false, false>, dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[o, 0, 1, i]->[b, 0, 1, f]>, ` +
			`feature_group_count = 1 : i64, batch_group_count = 1 : i64, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}`)
	}
	image, weights, result := f(2, 8, 8, 4), f(6, 3, 3, 4), f(2, 8, 8, 6)
	dot := func(numbers string) string {
		return `"stablehlo.dot_general"(%a, %b) {dot_dimension_numbers = #stablehlo.dot<` + numbers + `>}`
	}
	slice := func(start, limit, stride int) string {
		return fmt.Sprintf(`"stablehlo.slice"(%%a) {start_indices = array<i64: %d>, limit_indices = array<i64: %d>, strides = array<i64: %d>}`, start, limit, stride)
	}
	pad := func(low, high, inner int) string {
		return fmt.Sprintf(`"stablehlo.pad"(%%a, %%b) {edge_padding_low = array<i64: %d>, edge_padding_high = array<i64: %d>, interior_padding = array<i64: %d>}`, low, high, inner)
	}
	compared := func(attributes string) string {
		return `"stablehlo.compare"(%a, %b) {comparison_direction = #stablehlo<` + attributes + `}`
	}
	binary := func(op string) string { return `"stablehlo.` + op + `"(%a, %b)` }
	unary := func(op string) string { return `"stablehlo.` + op + `"(%a)` }
	broadcast := func(dims string) string {
		return `"stablehlo.broadcast_in_dim"(%a) {broadcast_dimensions = array<i64` + dims + `>}`
	}
	for _, c := range []struct {
		op   string
		in   []Shape
		out  Shape
		want string
	}{
		{binary("add"), []Shape{f(2), f(3)}, f(2), "operands are tensor<2xf32> and tensor<3xf32>; want one type"},
		{binary("add"), []Shape{f(2), i(2)}, f(2), "want one type"},
		{binary("subtract"), []Shape{{"i1", nil}, {"i1", nil}}, Shape{"i1", nil}, "not defined for i1"},
		{binary("xor"), []Shape{f(), f()}, f(), "not defined for f32"},
		{binary("shift_left"), []Shape{f(), f()}, f(), "not defined for f32"},
		{unary("exponential"), []Shape{i(2)}, i(2), "not defined for i32"},
		{unary("not"), []Shape{f(2)}, f(2), "not defined for f32"},
		{unary("abs"), []Shape{{"ui32", nil}}, Shape{"ui32", nil}, "not defined for ui32"},
		{unary("sign"), []Shape{{"ui64", nil}}, Shape{"ui64", nil}, "not defined for ui64"},
		{unary("negate"), []Shape{{"i1", nil}}, Shape{"i1", nil}, "not defined for i1"},
		{unary("is_finite"), []Shape{i()}, Shape{"i1", nil}, "not defined for i32"},
		{unary("is_finite"), []Shape{f()}, f(), "they are [tensor<i1>]"},
		{unary("convert"), []Shape{f(2)}, i(3), "they are [tensor<2xi32>]"},
		{unary("bitcast_convert"), []Shape{f(2)}, Shape{"bf16", []int{4}}, "from f32 to bf16; package interpret has it between types of one size"},
		{unary("reshape"), []Shape{f(2, 3)}, f(5), "tensor<2x3xf32> has 6 elements, tensor<5xf32> has 5"},
		{unary("reshape"), []Shape{f(2, 3)}, i(6), "they are [tensor<6xf32>]"},
		{compared("comparison_direction EQ>"), []Shape{f(), i()}, Shape{"i1", nil}, "want one type"},
		{compared("comparison_direction EQ>"), []Shape{f(2), f(2)}, f(2), "they are [tensor<2xi1>]"},
		{compared("comparison_direction XX>"), []Shape{f(), f()}, Shape{"i1", nil}, "attribute comparison_direction is XX; want one of [EQ NE GE GT LE LT]"},
		{compared("precision EQ>"), []Shape{f(), f()}, Shape{"i1", nil}, "attribute comparison_direction is a precision; want a comparison_direction"},
		{compared("comparison_direction EQ>, compare_type = #stablehlo<comparison_type SIGNED>"), []Shape{f(), f()}, Shape{"i1", nil}, "attribute compare_type is SIGNED; want one of [FLOAT]"},
		{`"stablehlo.select"(%a, %b, %c)`, []Shape{f(2), f(2), f(2)}, f(2), "predicate is tensor<2xf32>; want i1"},
		{`"stablehlo.select"(%a, %b, %c)`, []Shape{{"i1", []int{1}}, f(2), f(2)}, f(2), "predicate is tensor<1xi1>; want i1, a scalar or in the shape of tensor<2xf32>"},
		{`"stablehlo.select"(%a, %b, %c)`, []Shape{{"i1", nil}, f(2), f(3)}, f(2), "choices are tensor<2xf32> and tensor<3xf32>; want one type"},
		{broadcast(""), []Shape{f(2)}, f(2), "attribute broadcast_dimensions has 0 numbers; want 1"},
		{broadcast(": 1"), []Shape{f(2)}, f(2), "broadcast_dimensions: dimension 1 of tensor<2xf32>"},
		{broadcast(": 0, 0"), []Shape{f(2, 2)}, f(2, 2), "dimension 0 twice"},
		{broadcast(": 0"), []Shape{f(2)}, f(3), "dimension 0 of tensor<2xf32> becomes dimension 0 of tensor<3xf32>; want it to be 1 or as large"},
		{`"stablehlo.transpose"(%a) {permutation = array<i64: 0, 0>}`, []Shape{f(2, 2)}, f(2, 2), "dimension 0 twice"},
		{`"stablehlo.transpose"(%a) {permutation = array<i64: 1, 0>}`, []Shape{f(2, 3)}, f(2, 3), "they are [tensor<3x2xf32>]"},
		{slice(-1, 2, 1), []Shape{f(4)}, f(3), "from -1 up to 2 of dimension 0 of tensor<4xf32>"},
		{slice(0, 5, 1), []Shape{f(4)}, f(5), "from 0 up to 5 of dimension 0"},
		{slice(3, 2, 1), []Shape{f(4)}, f(0), "from 3 up to 2"},
		{slice(0, 4, 0), []Shape{f(4)}, f(4), "stride 0; want at least 1"},
		{slice(0, 4, 3), []Shape{f(4)}, f(1), "they are [tensor<2xf32>]"},
		{`"stablehlo.reverse"(%a) {dimensions = array<i64: 1>}`, []Shape{f(4)}, f(4), "dimension 1 of tensor<4xf32>"},
		{pad(0, 0, -1), []Shape{f(4), f()}, f(1), "interior padding -1; want at least 0"},
		{pad(-3, -3, 0), []Shape{f(4), f()}, f(0), "dimension 0 of tensor<4xf32> would have -2 elements"},
		{pad(1, 1, 0), []Shape{f(4), i()}, f(6), "padding value is tensor<i32>; want tensor<f32>"},
		{pad(1, 1, 1), []Shape{f(4), f()}, f(6), "they are [tensor<9xf32>]"},
		{`"stablehlo.concatenate"(%a, %b) {dimension = 1 : i64}`, []Shape{f(2, 3), f(3, 3)}, f(2, 6), "want them to differ in dimension 1 only"},
		{`"stablehlo.concatenate"(%a, %b) {dimension = 2 : i64}`, []Shape{f(2, 3), f(2, 3)}, f(2, 6), "dimension 2 of tensor<2x3xf32>"},
		{`"stablehlo.concatenate"(%a, %b) {dimension = 1 : i32}`, []Shape{f(2, 3), f(2, 3)}, f(2, 6), "attribute dimension is of type i32; want i64"},
		{`"stablehlo.iota"() {iota_dimension = 1 : i64}`, nil, f(2), "dimension 1 of tensor<2xf32>"},
		{`"stablehlo.reduce_precision"(%a) {exponent_bits = 0 : i32, mantissa_bits = 7 : i32}`, []Shape{f()}, f(), "exponent_bits 0, mantissa_bits 7; want at least 1 and 0"},
		{reduceBy("add", "f32", "dimensions = array<i64: 0>"), []Shape{f(2), i()}, f(), "initial value is tensor<i32>; want tensor<f32>"},
		{reduceBy("add", "f32", "dimensions = array<i64: 0>"), []Shape{f(2), f(1)}, f(), "initial value is tensor<1xf32>; want tensor<f32>"},
		{reduceBy("add", "f32", "dimensions = array<i64: 0>"), []Shape{{"bf16", []int{2}}, {"bf16", nil}}, Shape{"bf16", nil}, "region is"},
		{dot("lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]"), []Shape{f(2, 3), f(4, 5)}, f(2, 5), "contracting dimensions are [3] and [4]; want the same sizes"},
		{dot("lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]"), []Shape{f(2, 3), f(4, 3)}, f(4, 2), "they are [tensor<2x4xf32>]"},
		{dot("lhs_batching_dimensions = [0], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]"), []Shape{f(2, 3), f(4, 3)}, f(2, 4), "batching dimensions are [2] and []"},
		{dot("lhs_batching_dimensions = [1], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]"), []Shape{f(2, 3), f(3, 3)}, f(3, 2), "dimension 1 twice"},
		{dot("lhs_contracting = [1]"), []Shape{f(2, 3), f(4, 3)}, f(2, 4), "dot_dimension_numbers has lhs_contracting; want of"},
		{dot("lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]"), []Shape{f(2, 3), i(4, 3)}, f(2, 4), "operands are tensor<2x3xf32> and tensor<4x3xi32>; want f32 or bf16, both"},
		{conv("array<i64: 1, 1>, padding", "array<i64: 1>, padding"), []Shape{image, weights}, result, "attribute window_strides has 1 numbers; want 2"},
		{conv("array<i64: 1, 1>, padding", "array<i64: 0, 1>, padding"), []Shape{image, weights}, result, "strides and dilations 0, 1, 1; want at least 1"},
		{conv("tensor<2x2xi64>", "tensor<2x2xi32>"), []Shape{image, weights}, result, "padding is tensor<2x2xi32>; want tensor<2x2xi64>"},
		{conv("[[1, 1], [1, 1]]", "[[9999999999, 1], [1, 1]]"), []Shape{image, weights}, result, "padding 9999999999 is too large"},
		{conv("[o, 0, 1, i]", "[o, 0, 0, i]"), []Shape{image, weights}, result, "dimension_numbers has dimensions [o 0 0 i]; want each of [o 0 1 i] once"},
		{conv("[o, 0, 1, i]", "[o, i, 0, 1]"), []Shape{image, weights}, result, "kernel has 3 input features; want 4 of 4"},
		{conv("feature_group_count = 1", "feature_group_count = 3"), []Shape{image, weights}, result, "feature_group_count 3; features 4 and output features 6 are no multiples"},
		{conv("feature_group_count = 1", "feature_group_count = 2", "batch_group_count = 1", "batch_group_count = 2"), []Shape{image, weights}, result, "feature_group_count 2, batch_group_count 2; want one of them 1"},
		{conv("batch_group_count = 1", "batch_group_count = 4"), []Shape{image, weights}, result, "batch_group_count 4; batch 2 and output features 6 are no multiples"},
		{conv(", #stablehlo<precision HIGHEST>]", "]"), []Shape{image, weights}, result, "precision_config has 1 elements; want 2"},
		{conv("HIGHEST", "BEST"), []Shape{image, weights}, result, "attribute precision_config is BEST; want one of [DEFAULT HIGH HIGHEST]"},
		{conv("1, 1>, rhs_dilation", "2, 1>, rhs_dilation"), []Shape{image, weights}, result, "they are [tensor<2x15x8x6xf32>]"},
		{conv(), []Shape{image, f(6, 3, 4)}, result, "package interpret has convolutions of 4 dimensions"},
		{conv(), []Shape{image, {"bf16", weights.Dims}}, result, "operands are tensor<2x8x8x4xf32> and tensor<6x3x3x4xbf16>; want f32 or bf16, both"},
		{conv(), []Shape{image, weights}, f(2, 8, 8, 7), "they are [tensor<2x8x8x6xf32>]"},
	} {
		t.Run(c.want, func(t *testing.T) {
			name := between(c.op, `"`, `"`)
			refuses(t, wrapped(typed(c.op, c.in, c.out), c.in, c.out), name+": ")
			refuses(t, wrapped(typed(c.op, c.in, c.out), c.in, c.out), c.want)
		})
	}
	text := wrapped(typed(conv(), []Shape{image, weights}, result), []Shape{image, weights}, result)
	if _, err := Parse(text); err != nil {
		t.Errorf("the convolution that the cases change: %v", err)
	}
}

// typed adds the types to an operation.
func typed(op string, in []Shape, out Shape) string {
	return op + " : (" + strings.Trim(strings.ReplaceAll(fmt.Sprint(in), " ", ", "), "[]") + ") -> " + out.String()
}

// Parse never panics, whatever the text, and what it accepts runs, where that does not take long.
func FuzzParse(f *testing.F) {
	f.Add(good)
	for _, w := range workedCases() {
		f.Add(w.program())
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		if large(text) {
			return
		}
		var in []Tensor
		for _, s := range p.main.inputs {
			in = append(in, Tensor{s.Type, s.Dims, make([]byte, s.Elements()*width(s.Type))})
		}
		if _, err := p.Run(in); err != nil {
			t.Error(err)
		}
	})
}

// large reports whether a text is long or a tensor of it has more than 1000 elements.
func large(text string) bool {
	return len(text) > 5000 || slices.ContainsFunc(lex(text), func(t token) bool { return t.kind == tensor && shapeOf(t).Elements() > 1000 })
}
