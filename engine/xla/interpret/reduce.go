package interpret

import "slices"

// folding says what a reduction reads and writes.
type folding struct {
	in, out  Shape
	from, to view // of the operand; of the result, in which the reduced dimensions have stride 0
}

// reduce is spec, reduce, over one or more operands, whose elements are not promoted. The order is
// that of the operand's elements, from the initial value on.
func reduce(c *call) ([]Shape, kernel) {
	n := len(c.in) / 2
	c.check(n > 0 && len(c.in) == 2*n, "%d operands; want inputs and as many initial values", len(c.in)) // C3
	c.check(c.region != nil, "no region")
	dims := c.array("dimensions", "i64", -1)
	c.dims("dimensions", dims, c.in[0]) // C4, C5
	f := folding{in: c.in[0], out: Shape{Type: c.in[0].Type}, from: rowMajor(c.in[0].Dims)}
	for d, size := range f.in.Dims {
		if !slices.Contains(dims, d) {
			f.out.Dims = append(f.out.Dims, size)
		}
	}
	f.to.strides = make([]int, len(f.in.Dims))
	kept := rowMajor(f.out.Dims).strides
	for d := range f.in.Dims {
		if !slices.Contains(dims, d) {
			f.to.strides[d], kept = kept[0], kept[1:]
		}
	}
	outs, scalars := c.reduced(n, f.out)
	c.check(same(c.region.inputs, append(scalars, scalars...)) && same(c.region.outputs, scalars),
		"region is %v -> %v; want two of each of %v -> %v", c.region.inputs, c.region.outputs, scalars, scalars) // C6
	if k := f.known(c.region, n); k != nil {
		return outs, rounded(f.in.Type, k)
	}
	return outs, f.any(c.region, n)
}

// reduced checks the n operands and initial values, and returns the types of the results and of
// their elements.
func (c *call) reduced(n int, out Shape) (outs, scalars []Shape) {
	for i, s := range c.in[:n] {
		scalar := Shape{Type: s.Type}
		c.check(slices.Equal(s.Dims, c.in[0].Dims), "inputs are %v and %v; want one shape", c.in[0], s) // C1
		c.check(c.in[n+i].equal(scalar), "initial value is %v; want %v", c.in[n+i], scalar)             // C2
		outs, scalars = append(outs, out.of(s.Type)), append(scalars, scalar)
	}
	return outs, scalars
}

// known returns a fast kernel if the region is one operation for each of the n operands, of one type, on its two arguments; nil
// otherwise.
func (f folding) known(region *function, n int) kernel {
	if len(region.steps) != n {
		return nil
	}
	var folds []kernel
	for i, s := range region.steps {
		if region.inputs[i].Type != f.in.Type || !slices.Equal(s.in, []int{i, n + i}) || region.returned[i] != s.out[0] {
			return nil
		}
		k := combination(s.name, f.in.Type)
		if k.fold == nil {
			return nil
		}
		folds = append(folds, k.fold(f))
	}
	return func(in []buffer) (outs []buffer) {
		for i, fold := range folds {
			outs = append(outs, fold([]buffer{in[i], in[n+i]})...)
		}
		return outs
	}
}

// fold reduces by a function of two elements; bf16 is rounded once, behind it.
func fold[T any](f folding, by func(a, b T) T) kernel {
	return func(in []buffer) []buffer {
		x, out := in[0].(vec[T]), make(vec[T], f.out.Elements())
		out.fill(in[1])
		lines(f.in.Dims, f.from, f.to, func(i, o, n, di, do int) {
			for k := range n {
				out[o+k*do] = by(out[o+k*do], x[i+k*di])
			}
		})
		return []buffer{out}
	}
}

// foldSum adds floats, in float64.
func foldSum(f folding) kernel {
	return func(in []buffer) []buffer {
		x, sums := in[0].(vec[float32]), make(vec[float64], f.out.Elements())
		sums.fill(mapped1(in[1].(vec[float32])))
		lines(f.in.Dims, f.from, f.to, func(i, o, n, di, do int) {
			for k := range n {
				sums[o+k*do] += float64(x[i+k*di])
			}
		})
		return []buffer{mapped(sums, func(x float64) float32 { return float32(x) })}
	}
}

func mapped1(v vec[float32]) buffer { return mapped(v, func(x float32) float64 { return float64(x) }) }

// any reduces n operands by running the region on scalars.
func (f folding) any(region *function, n int) kernel {
	return func(in []buffer) []buffer {
		outs := make([]buffer, n)
		for i := range outs {
			outs[i] = in[i].like(f.out.Elements()).fill(in[n+i])
		}
		one := view{}
		lines(f.in.Dims, f.from, f.to, func(i, o, count, di, do int) {
			for k := range count {
				args := make([]buffer, 2*n)
				for j := range n {
					args[j], args[n+j] = in[j].like(1), in[j].like(1)
					args[j].move(one, view{base: o + k*do}, nil, outs[j])
					args[n+j].move(one, view{base: i + k*di}, nil, in[j])
				}
				for j, b := range region.run(args) {
					outs[j].move(view{base: o + k*do}, one, nil, b)
				}
			}
		})
		return outs
	}
}
