// Package interpret runs the StableHLO programs that engine/xla writes, in plain Go, slowly and to
// the letter of the StableHLO specification (openxla/stablehlo, docs/spec.md; "spec" in comments).
// Only tests import it, so that the conformance suite runs, where there is no XLA plugin, the very
// programs that a GPU would get; it is no part of the product.
//
//  1. Parse splits the text, MLIR in generic form, into tokens (lex.go);
//  2. reads functions, regions, operations and attributes (parse.go, attributes.go, types.go);
//  3. looks each operation up in its table of rules (rules.go), which hold its written types and
//     attributes to the spec's constraints, named C1, C2, ... as there, and make a kernel;
//  4. Run decodes the inputs, calls one kernel after the other, and encodes the outputs.
//
// What XLA would refuse Parse refuses, with the line, and also what the spec allows but engine/xla
// has no need of. Numbers: float32 arithmetic is done in float32, except that functions (exponential,
// log, power, ...) are computed in float64 and rounded, and sums (reduce by add, dot_general,
// convolution) are accumulated in float64 and rounded once. bfloat16 is computed so, too, and each
// operation's result rounded to bfloat16. precision_config is checked, and changes nothing.
package interpret

import (
	"fmt"
	"slices"
)

// Tensor is an input or output of a program.
type Tensor struct {
	Type string // of the elements: "f32", "bf16", "ui8", "i32", "ui32", "ui64", "i64", "i1"
	Dims []int
	Data []byte // row-major, little-endian; bf16 has 2 bytes, i1 one
}

// Program is a parsed and checked program.
type Program struct {
	main    *function
	aliases map[int]int
}

// Parse reads and checks a module with one function, main.
func Parse(text string) (program *Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			program, err = nil, fmt.Errorf("StableHLO: %w", f.error)
		}
	}()
	p := parser{tokens: lex(text)}
	return p.module(), nil
}

// Aliases tells for an input which output may take its memory: tf.aliasing_output.
func (p *Program) Aliases() map[int]int {
	all := map[int]int{}
	for in, out := range p.aliases {
		all[in] = out
	}
	return all
}

// Run computes the outputs. It changes no input, and may be called by several goroutines at once.
func (p *Program) Run(inputs []Tensor) ([]Tensor, error) {
	if len(inputs) != len(p.main.inputs) {
		return nil, fmt.Errorf("StableHLO: %d inputs; main has %d", len(inputs), len(p.main.inputs))
	}
	in := make([]buffer, len(inputs))
	for i, t := range inputs {
		want := p.main.inputs[i]
		if t.Type != want.Type || !slices.Equal(t.Dims, want.Dims) {
			return nil, fmt.Errorf("StableHLO: input %d is %s; main wants %s", i, Shape{t.Type, t.Dims}, want)
		}
		if bytes := want.Elements() * width(want.Type); len(t.Data) != bytes {
			return nil, fmt.Errorf("StableHLO: input %d, %s, has %d bytes; want %d", i, want, len(t.Data), bytes)
		}
		in[i] = decode(t.Type, t.Data)
	}
	var outs []Tensor
	for i, b := range p.main.run(in) {
		s := p.main.outputs[i]
		outs = append(outs, Tensor{s.Type, slices.Clone(s.Dims), encode(s.Type, b)})
	}
	return outs, nil
}

// function is main or the region of an operation. Its values are numbered: inputs, then results.
type function struct {
	inputs, outputs []Shape
	steps           []step
	returned        []int // the values that are outputs
	values          int
}

// step is an operation.
type step struct {
	name    string // without "stablehlo."
	run     kernel
	in, out []int // values
	last    []int // values that nothing needs behind this step
}

// kernel computes the results of an operation. It changes no operand, and keeps nothing.
type kernel func(in []buffer) []buffer

func (f *function) run(in []buffer) []buffer {
	values := make([]buffer, f.values)
	copy(values, in)
	for _, s := range f.steps {
		for i, b := range s.run(pick(values, s.in)) {
			values[s.out[i]] = b
		}
		for _, v := range s.last {
			values[v] = nil
		}
	}
	return pick(values, f.returned)
}

// expire notes behind which step each value is needed no more.
func (f *function) expire() {
	done := make([]bool, f.values)
	for _, v := range f.returned {
		done[v] = true
	}
	for i := len(f.steps) - 1; i >= 0; i-- {
		s := &f.steps[i]
		for _, v := range slices.Concat(s.in, s.out) {
			if !done[v] {
				done[v], s.last = true, append(s.last, v)
			}
		}
	}
}

// pick returns the elements of all that at numbers.
func pick[T any](all []T, at []int) []T {
	some := make([]T, len(at))
	for i, a := range at {
		some[i] = all[a]
	}
	return some
}
