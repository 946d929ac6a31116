package interpret

import (
	"maps"
	"slices"
)

// parser reads tokens. Its methods panic with a failure where the program is wrong.
type parser struct {
	tokens []token
	at     int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// take skips the next token if it is this word or mark.
func (p *parser) take(text string) bool {
	t := p.peek()
	if t.text != text || t.kind != word && t.kind != mark {
		return false
	}
	p.at++
	return true
}

// want skips these words or marks.
func (p *parser) want(texts ...string) {
	for _, text := range texts {
		if !p.take(text) {
			t := p.peek()
			fail(t.line, "%v; want %q", t, text)
		}
	}
}

// of returns the next token, of a kind that the error names.
func (p *parser) of(k kind, what string) token {
	t := p.next()
	if t.kind != k {
		fail(t.line, "%v; want %s", t, what)
	}
	return t
}

// list reads elements with commas between up to a closing mark. The opening one was read.
func (p *parser) list(closing string, element func()) {
	if p.take(closing) {
		return
	}
	for {
		element()
		if p.take(closing) {
			return
		}
		p.want(",")
	}
}

// module reads the whole program: module @name { func.func public @main(...) -> (...) { ... } }.
func (p *parser) module() *Program {
	p.want("module")
	p.of(symbol, "the module's name, @...")
	p.want("{", "func.func", "public")
	if t := p.of(symbol, "@main"); t.text != "@main" {
		fail(t.line, "function %s; want @main", t.text)
	}
	f, aliases, outs := p.signature()
	b := body{function: f.function, scope: f.scope}
	p.want("{")
	last := p.body(&b, "func.return")
	if !same(b.outputs, outs) {
		fail(last.line, "func.return of %v; main is declared to return %v", b.outputs, outs)
	}
	p.want("}")
	if t := p.next(); t.kind != end {
		fail(t.line, "%v behind the module", t)
	}
	return &Program{b.function, aliases}
}

// signature reads the inputs of main, with their aliases, and the types of its outputs.
func (p *parser) signature() (b *body, aliases map[int]int, outs []Shape) {
	b, aliases = newBody(nil), map[int]int{}
	lines := map[int]int{}
	p.want("(")
	p.list(")", func() {
		t := p.argument(b)
		if p.take("{") {
			i := len(b.inputs) - 1
			aliases[i], lines[i] = p.alias(), t.line
		}
	})
	p.want("->")
	outs = p.types()
	taken := map[int]int{}
	for in := range b.inputs {
		out, has := aliases[in]
		if !has {
			continue
		}
		if out < 0 || out >= len(outs) {
			fail(lines[in], "tf.aliasing_output = %d of input %d; main has %d outputs", out, in, len(outs))
		}
		if other, has := taken[out]; has {
			fail(lines[in], "tf.aliasing_output = %d of input %d; input %d has the same", out, in, other)
		}
		if taken[out] = in; !b.inputs[in].equal(outs[out]) {
			fail(lines[in], "tf.aliasing_output = %d of input %d, %v; that output is %v", out, in, b.inputs[in], outs[out])
		}
	}
	return b, aliases, outs
}

// alias reads the attributes of an input, of which there is one.
func (p *parser) alias() int {
	attrs := p.attributes()
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		a := attrs[name]
		if i, ok := a.value.(integer); name == "tf.aliasing_output" && ok && i.elem == "i32" {
			continue
		}
		fail(a.line, "attribute %s of an input; want tf.aliasing_output = ... : i32", name)
	}
	a, has := attrs["tf.aliasing_output"]
	if !has {
		t := p.peek()
		fail(t.line, "no attribute between { and }")
	}
	return a.value.(integer).v
}

// argument reads %name: type and defines it as an input.
func (p *parser) argument(b *body) token {
	t := p.of(value, "an argument, %...")
	p.want(":")
	s := shapeOf(p.next())
	b.inputs = append(b.inputs, s)
	b.define(t, s)
	return t
}

// types reads one type or a list of types in parentheses.
func (p *parser) types() (all []Shape) {
	if !p.take("(") {
		return []Shape{shapeOf(p.next())}
	}
	p.list(")", func() { all = append(all, shapeOf(p.next())) })
	return all
}

// body is a function while it is read.
type body struct {
	*function
	scope
}

// scope holds the names of values. Those of outer are known only so that they are not given again,
// and their use is refused: engine/xla needs no region that captures values.
type scope struct {
	names map[string]int
	types []Shape // of values
	outer *scope
}

func newBody(outer *scope) *body {
	return &body{&function{}, scope{names: map[string]int{}, outer: outer}}
}

// define gives a name to the next value.
func (b *body) define(t token, s Shape) int {
	for o := &b.scope; o != nil; o = o.outer {
		if _, has := o.names[t.text]; has {
			fail(t.line, "value %s is defined a second time", t.text)
		}
	}
	v := b.values
	b.names[t.text], b.types = v, append(b.types, s)
	b.values++
	return v
}

// find returns the value of a name.
func (b *body) find(t token) int {
	v, has := b.names[t.text]
	if has {
		return v
	}
	for o := b.outer; o != nil; o = o.outer {
		if _, has := o.names[t.text]; has {
			fail(t.line, "value %s is from outside the region; regions may use their own only", t.text)
		}
	}
	fail(t.line, "value %s is not defined", t.text)
	return 0
}

// body reads operations up to the terminator and the brace behind it. It returns the terminator.
func (p *parser) body(b *body, terminator string) token {
	for {
		c := p.operation(b)
		if c.name.text != "func.return" && c.name.text != "stablehlo.return" {
			b.steps = append(b.steps, c.compile(b))
			continue
		}
		if c.name.text != terminator {
			fail(c.name.line, "%v; want %q here", c.name, terminator)
		}
		c.bare()
		b.outputs, b.returned = c.in, c.operands
		p.want("}")
		b.expire()
		return c.name
	}
}

// call is an operation as it is written.
type call struct {
	name     token
	results  []token
	operands []int
	in, out  []Shape
	region   *function // nil: none
	attrs    map[string]attribute
}

// operation reads %r, ... = "name"(%a, ...) ({region}) {attributes} : (types) -> types.
func (p *parser) operation(b *body) *call {
	c := &call{}
	for p.peek().kind == value {
		c.results = append(c.results, p.next())
		if !p.take(",") {
			p.want("=")
			break
		}
	}
	c.name = p.of(quoted, "an operation's name in quotes, or %... =")
	p.want("(")
	p.list(")", func() { c.operands = append(c.operands, b.find(p.of(value, "an operand, %..."))) })
	if p.take("(") {
		p.want("{")
		c.region = p.region(b)
		p.want(")")
	}
	if p.take("{") {
		c.attrs = p.attributes()
	}
	p.want(":")
	if t := p.peek(); t.text != "(" {
		fail(t.line, "%v; want the types of the operands in parentheses", t)
	}
	c.in = p.types()
	p.want("->")
	c.out = p.types()
	if written := pick(b.types, c.operands); !same(written, c.in) {
		c.fail("operands are written as %v; they are %v", c.in, written)
	}
	if len(c.out) != len(c.results) {
		c.fail("%d result types for %d results", len(c.out), len(c.results))
	}
	return c
}

// region reads ^name(arguments): operations }. The brace before was read.
func (p *parser) region(outer *body) *function {
	if t := p.of(block, "a block, ^..."); outer.outer != nil {
		fail(t.line, "a region in a region; engine/xla has no need of that")
	}
	b := newBody(&outer.scope)
	p.want("(")
	p.list(")", func() { p.argument(b) })
	p.want(":")
	p.body(b, "stablehlo.return")
	return b.function
}

func same(a, b []Shape) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].equal(b[i]) {
			return false
		}
	}
	return true
}
