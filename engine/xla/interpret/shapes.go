package interpret

import "slices"

// Operations that only move elements: each result element is copied from a view of the operand.

// gather is the kernel of a result whose elements, in row-major order, from views in the operand.
func gather(out Shape, from view) kernel {
	to := rowMajor(out.Dims)
	return func(in []buffer) []buffer {
		b := in[0].like(out.Elements())
		b.move(to, from, out.Dims, in[0])
		return []buffer{b}
	}
}

// broadcast is spec, broadcast_in_dim.
func broadcast(c *call) ([]Shape, kernel) {
	c.takes(1)
	in, out := c.in[0], c.out[0].of(c.in[0].Type)              // C1
	at := c.array("broadcast_dimensions", "i64", len(in.Dims)) // C2
	c.dims("broadcast_dimensions", at, out)                    // C3, C4
	own, from := rowMajor(in.Dims), view{strides: make([]int, len(out.Dims))}
	for d, size := range in.Dims {
		c.check(size == 1 || size == out.Dims[at[d]], "dimension %d of %v becomes dimension %d of %v; want it to be 1 or as large", d, in, at[d], out) // C5
		if size != 1 {
			from.strides[at[d]] = own.strides[d]
		}
	}
	return []Shape{out}, gather(out, from)
}

// reshape is spec, reshape.
func reshape(c *call) ([]Shape, kernel) {
	c.takes(1)
	in, out := c.in[0], c.out[0].of(c.in[0].Type)
	c.check(in.Elements() == out.Elements(), "%v has %d elements, %v has %d", in, in.Elements(), out, out.Elements()) // C2
	return []Shape{out}, func(in []buffer) []buffer { return in }
}

// transpose is spec, transpose.
func transpose(c *call) ([]Shape, kernel) {
	c.takes(1)
	in := c.in[0]
	order := c.array("permutation", "i64", len(in.Dims))
	c.dims("permutation", order, in)
	out := Shape{in.Type, pick(in.Dims, order)}
	return []Shape{out}, gather(out, rowMajor(in.Dims).along(order))
}

// slice is spec, slice.
func slice(c *call) ([]Shape, kernel) {
	c.takes(1)
	in, rank := c.in[0], len(c.in[0].Dims)
	start, limit, stride := c.array("start_indices", "i64", rank), c.array("limit_indices", "i64", rank), c.array("strides", "i64", rank)
	out, from := Shape{Type: in.Type}, rowMajor(in.Dims)
	for d, size := range in.Dims {
		c.check(0 <= start[d] && start[d] <= limit[d] && limit[d] <= size, "from %d up to %d of dimension %d of %v", start[d], limit[d], d, in) // C3
		c.check(stride[d] > 0, "stride %d; want at least 1", stride[d])                                                                         // C4
		out.Dims = append(out.Dims, (limit[d]-start[d]+stride[d]-1)/stride[d])                                                                  // C5
		from.base += start[d] * from.strides[d]
		from.strides[d] *= stride[d]
	}
	return []Shape{out}, gather(out, from)
}

// reverse is spec, reverse.
func reverse(c *call) ([]Shape, kernel) {
	c.takes(1)
	in := c.in[0]
	dims := c.array("dimensions", "i64", -1)
	c.dims("dimensions", dims, in)
	from := rowMajor(in.Dims)
	for _, d := range dims {
		from.base += (in.Dims[d] - 1) * from.strides[d]
		from.strides[d] *= -1
	}
	return c.in, gather(in, from)
}

// pad is spec, pad. Negative padding cuts off.
func pad(c *call) ([]Shape, kernel) {
	c.takes(2)
	in, rank := c.in[0], len(c.in[0].Dims)
	c.check(c.in[1].equal(Shape{Type: in.Type}), "padding value is %v; want %v", c.in[1], Shape{Type: in.Type}) // C1
	low, high, inner := c.array("edge_padding_low", "i64", rank), c.array("edge_padding_high", "i64", rank), c.array("interior_padding", "i64", rank)
	out := Shape{Type: in.Type}
	for d, size := range in.Dims {
		c.check(inner[d] >= 0, "interior padding %d; want at least 0", inner[d]) // C3
		padded := low[d] + size + max(size-1, 0)*inner[d] + high[d]              // C4
		c.check(padded >= 0, "dimension %d of %v would have %d elements", d, in, padded)
		out.Dims = append(out.Dims, padded)
	}
	return []Shape{out}, func(operands []buffer) []buffer {
		return []buffer{padded(operands[0], operands[1], in, out, low, inner)}
	}
}

// padded puts the part of b that lies in the result there, and v elsewhere.
func padded(b, v buffer, in, out Shape, low, inner []int) buffer {
	result := b.like(out.Elements()).fill(v)
	from, to := rowMajor(in.Dims), rowMajor(out.Dims)
	box := make([]int, len(in.Dims))
	for d, size := range in.Dims {
		step := inner[d] + 1
		first := max(0, (-low[d]+step-1)/step)                 // the first i with low + i step >= 0
		last := min(size-1, floor(out.Dims[d]-1-low[d], step)) // the last with low + i step < the size
		if box[d] = last - first + 1; box[d] <= 0 {
			return result
		}
		from.base += first * from.strides[d]
		to.base += (low[d] + first*step) * to.strides[d]
		to.strides[d] *= step
	}
	result.move(to, from, box, b)
	return result
}

// floor is a / b, rounded down; b > 0.
func floor(a, b int) int {
	q := a / b
	if q*b > a {
		q--
	}
	return q
}

// concatenate is spec, concatenate.
func concatenate(c *call) ([]Shape, kernel) {
	c.check(len(c.in) > 0, "no operands") // C3
	c.takes(len(c.in))
	d := c.integer("dimension", "i64")
	c.dims("dimension", []int{d}, c.in[0]) // C4
	out := cloned(c.in[:1])[0]
	out.Dims[d] = 0
	for _, s := range c.in {
		like := cloned(c.in[:1])[0]
		if len(s.Dims) > d {
			like.Dims[d] = s.Dims[d]
		}
		c.check(s.equal(like), "operands are %v and %v; want them to differ in dimension %d only", c.in[0], s, d) // C1, C2
		out.Dims[d] += s.Dims[d]
	}
	shapes := slices.Clone(c.in)
	return []Shape{out}, func(in []buffer) []buffer {
		b, to := in[0].like(out.Elements()), rowMajor(out.Dims)
		for i, s := range shapes {
			b.move(to, rowMajor(s.Dims), s.Dims, in[i])
			to.base += s.Dims[d] * to.strides[d]
		}
		return []buffer{b}
	}
}
