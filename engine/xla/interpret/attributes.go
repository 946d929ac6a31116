package interpret

import "strconv"

// attribute is the value of an attribute: integer, array, *literal, enum, []enum, convolved or
// dotted.
type attribute struct {
	value any
	line  int
}

type (
	// integer is 1 : i64.
	integer struct {
		v    int
		elem string
	}
	// array is array<i64: 1, 2>; of i1, 1 is true.
	array struct {
		v    []int
		elem string
	}
	// enum is #stablehlo<precision HIGHEST>.
	enum struct{ kind, value string }
	// convolved is #stablehlo.conv<[b, 0, 1, f]x[o, 0, 1, i]->[b, 0, 1, f]>.
	convolved struct{ lhs, rhs, out []string }
	// dotted is #stablehlo.dot<lhs_contracting_dimensions = [1], ...>.
	dotted map[string][]int
)

// form names the form of an attribute's value, for errors.
func form(v any) string {
	switch v.(type) {
	case integer:
		return "a number"
	case array:
		return "array<...>"
	case *literal:
		return "dense<...>"
	case enum:
		return "#stablehlo<...>"
	case convolved:
		return "#stablehlo.conv<...>"
	case dotted:
		return "#stablehlo.dot<...>"
	}
	return "a list of #stablehlo<...>"
}

// attributes reads name = value, ... }. The brace before was read.
func (p *parser) attributes() map[string]attribute {
	all := map[string]attribute{}
	p.list("}", func() {
		t := p.of(word, "an attribute's name")
		if _, has := all[t.text]; has {
			fail(t.line, "attribute %s a second time", t.text)
		}
		p.want("=")
		all[t.text] = attribute{p.attribute(), t.line}
	})
	return all
}

// attribute reads a value.
func (p *parser) attribute() any {
	t := p.peek()
	switch {
	case t.kind == number:
		return p.integer()
	case t.kind == hash:
		return p.special()
	case p.take("array"):
		return p.array()
	case p.take("dense"):
		return p.literal()
	case p.take("["):
		all := []enum{}
		p.list("]", func() {
			e, ok := p.special().(enum)
			if !ok {
				fail(t.line, "a list whose elements are not #stablehlo<...>")
			}
			all = append(all, e)
		})
		return all
	}
	fail(t.line, "%v; want an attribute's value", t)
	return nil
}

func (p *parser) integer() integer {
	v := p.number()
	p.want(":")
	t := p.of(word, "the number's type")
	if t.text != "i32" && t.text != "i64" {
		fail(t.line, "a number of type %s; want i32 or i64", t.text)
	}
	return integer{v, t.text}
}

// number reads a whole number of an attribute.
func (p *parser) number() int {
	t := p.of(number, "a whole number")
	v, err := strconv.ParseInt(t.text, 10, 64)
	if err != nil || v > maxNumber || v < -maxNumber {
		fail(t.line, "%v; want a whole number, at most %d in magnitude", t, maxNumber)
	}
	return int(v)
}

func (p *parser) array() array {
	p.want("<")
	t := p.of(word, "the elements' type")
	a := array{elem: t.text}
	if a.elem != "i64" && a.elem != "i1" {
		fail(t.line, "an array of %s; want i64 or i1", t.text)
	}
	if p.take(">") {
		return a
	}
	p.want(":")
	p.list(">", func() {
		switch {
		case a.elem == "i64":
			a.v = append(a.v, p.number())
		case p.take("true"):
			a.v = append(a.v, 1)
		default:
			p.want("false")
			a.v = append(a.v, 0)
		}
	})
	return a
}

// special reads what begins with #.
func (p *parser) special() any {
	t := p.of(hash, "#stablehlo...")
	p.want("<")
	switch t.text {
	case "#stablehlo":
		e := enum{p.of(word, "a kind").text, p.of(word, "a name").text}
		p.want(">")
		return e
	case "#stablehlo.conv":
		c := convolved{lhs: p.labels()}
		p.want("x")
		c.rhs = p.labels()
		p.want("->")
		c.out = p.labels()
		p.want(">")
		return c
	case "#stablehlo.dot":
		return p.dotted()
	}
	fail(t.line, "%v; want #stablehlo, #stablehlo.conv or #stablehlo.dot", t)
	return nil
}

// labels reads [b, 0, 1, f].
func (p *parser) labels() (all []string) {
	p.want("[")
	p.list("]", func() {
		t := p.next()
		if t.kind != word && t.kind != number {
			fail(t.line, "%v; want the label of a dimension", t)
		}
		all = append(all, t.text)
	})
	return all
}

func (p *parser) dotted() dotted {
	d := dotted{}
	p.list(">", func() {
		t := p.of(word, "the name of dimensions")
		if _, has := d[t.text]; has {
			fail(t.line, "%s a second time", t.text)
		}
		p.want("=", "[")
		all := []int{}
		p.list("]", func() { all = append(all, p.number()) })
		d[t.text] = all
	})
	return d
}
