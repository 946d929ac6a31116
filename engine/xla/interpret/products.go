package interpret

import "slices"

// dotGeneral is spec, dot_general, for floats. The result may have other elements than the
// operands.
func dotGeneral(c *call) ([]Shape, kernel) {
	c.takes(2)
	c.precision()
	d := attr[dotted](c, "dot_dimension_numbers")
	for name := range d {
		c.check(slices.Contains(dotNames, name), "dot_dimension_numbers has %s; want of %v", name, dotNames)
	}
	a, b := c.in[0], c.in[1]
	c.check(isFloat(a.Type) && a.Type == b.Type, "operands are %v and %v; want f32 or bf16, both", a, b) // C13
	c.check(isFloat(c.out[0].Type), "result is %v; want f32 or bf16", c.out[0])
	left := c.side(d, "lhs", a)
	right := c.side(d, "rhs", b)
	for i, part := range []string{"batching", "contracting"} {
		l, r := pick(a.Dims, left[i]), pick(b.Dims, right[i])
		c.check(slices.Equal(l, r), "%s dimensions are %v and %v; want the same sizes", part, l, r) // C1, C2, C9, C10
	}
	batch, depth := pick(a.Dims, left[0]), pick(a.Dims, left[1])
	rows, cols := pick(a.Dims, left[2]), pick(b.Dims, right[2])
	out := Shape{c.out[0].Type, slices.Concat(batch, rows, cols)} // C12
	p := product{size(batch), size(rows), size(cols), size(depth)}
	ordered := func(s Shape, o [3][]int) kernel {
		order := slices.Concat(o[0], o[2], o[1])
		return gather(Shape{s.Type, pick(s.Dims, order)}, rowMajor(s.Dims).along(order))
	}
	first, second := ordered(a, left), ordered(b, right)
	return []Shape{out}, rounded(out.Type, func(in []buffer) []buffer {
		return []buffer{p.multiply(first(in[:1])[0].(vec[float32]), second(in[1:])[0].(vec[float32]))}
	})
}

var dotNames = []string{"lhs_batching_dimensions", "rhs_batching_dimensions", "lhs_contracting_dimensions", "rhs_contracting_dimensions"}

// side returns the batching, the contracting and the other dimensions of an operand.
func (c *call) side(d dotted, which string, s Shape) [3][]int {
	batching, contracting := d[which+"_batching_dimensions"], d[which+"_contracting_dimensions"]
	all := slices.Concat(batching, contracting)
	c.dims(which, all, s) // C3 to C8
	var others []int
	for i := range s.Dims {
		if !slices.Contains(all, i) {
			others = append(others, i)
		}
	}
	return [3][]int{batching, contracting, others}
}

// product multiplies [batch rows depth] by [batch cols depth] to [batch rows cols].
type product struct{ batch, rows, cols, depth int }

func (p product) multiply(a, b vec[float32]) vec[float32] {
	out := make(vec[float32], 0, p.batch*p.rows*p.cols)
	for n := range p.batch {
		for i := range p.rows {
			row := a[(n*p.rows+i)*p.depth:][:p.depth]
			for j := range p.cols {
				out = append(out, float32(dot(row, b[(n*p.cols+j)*p.depth:][:p.depth])))
			}
		}
	}
	return out
}

// dot is the sum of the products, exact, in float64.
func dot(a, b vec[float32]) float64 {
	sum := 0.0
	b = b[:len(a)]
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

func size(dims []int) int { return Shape{Dims: dims}.Elements() }
