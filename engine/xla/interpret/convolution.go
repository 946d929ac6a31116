package interpret

import (
	"slices"
	"strconv"
)

// axis is one of the two spatial dimensions of a convolution.
type axis struct {
	in, kernel, out int // sizes
	stride          int
	low, high       int // padding, negative to cut off
	left, right     int // dilation of the image and of the kernel
	reversed        bool
}

// convolved2 is a convolution of [batch in in features] with [outs kernel kernel depth] to
// [batch out out outs].
type convolved2 struct {
	batch, features, outs, depth int
	axes                         [2]axis
	featureGroups, batchGroups   int
	imageBatch                   int // batch x batchGroups
}

// convolution is spec, convolution, with two spatial dimensions, for floats.
func convolution(c *call) ([]Shape, kernel) {
	c.takes(2)
	c.precision()
	a, b := c.in[0], c.in[1]
	c.check(isFloat(a.Type) && a.Type == b.Type, "operands are %v and %v; want f32 or bf16, both", a, b)                              // C27
	c.check(len(a.Dims) == 4 && len(b.Dims) == 4, "operands are %v and %v; package interpret has convolutions of 4 dimensions", a, b) // C1
	n := attr[convolved](c, "dimension_numbers")
	left, right, result := c.order(n.lhs, "b", "0", "1", "f"), c.order(n.rhs, "o", "0", "1", "i"), c.order(n.out, "b", "0", "1", "f") // C12 to C20
	image, weights := Shape{a.Type, pick(a.Dims, left)}, Shape{b.Type, pick(b.Dims, right)}
	v := c.convolved2(image.Dims, weights.Dims)
	canonical := []int{v.batch, v.axes[0].out, v.axes[1].out, v.outs}
	out := Shape{a.Type, make([]int, 4)}
	for i, d := range result {
		out.Dims[d] = canonical[i] // C25
	}
	first := gather(image, rowMajor(a.Dims).along(left))
	second := gather(weights, rowMajor(b.Dims).along(right))
	return []Shape{out}, rounded(out.Type, func(in []buffer) []buffer {
		y := v.compute(first(in[:1])[0].(vec[float32]), second(in[1:])[0].(vec[float32]))
		b := y.like(len(y))
		b.move(rowMajor(out.Dims).along(result), rowMajor(canonical), canonical, y)
		return []buffer{b}
	})
}

// order returns where each of the labels wanted is among those of the dimensions.
func (c *call) order(labels []string, wanted ...string) []int {
	order := make([]int, len(wanted))
	for i, w := range wanted {
		order[i] = slices.Index(labels, w)
		c.check(order[i] >= 0 && len(labels) == len(wanted), "dimension_numbers has dimensions %v; want each of %v once", labels, wanted)
	}
	return order
}

// convolved2 reads the attributes.
func (c *call) convolved2(image, weights []int) *convolved2 {
	v := &convolved2{imageBatch: image[0], features: image[3], outs: weights[0], depth: weights[3],
		featureGroups: c.integer("feature_group_count", "i64"), batchGroups: c.integer("batch_group_count", "i64")}
	f, g := v.featureGroups, v.batchGroups
	c.check(f > 0 && g > 0 && (f == 1 || g == 1), "feature_group_count %d, batch_group_count %d; want one of them 1, the other at least 1", f, g)     // C21 to C23
	c.check(image[0]%g == 0 && v.outs%g == 0, "batch_group_count %d; batch %d and output features %d are no multiples", g, image[0], v.outs)          // C10, C15
	c.check(v.features%f == 0 && v.outs%f == 0, "feature_group_count %d; features %d and output features %d are no multiples", f, v.features, v.outs) // C11, C16
	c.check(v.depth == v.features/f, "kernel has %d input features; want %d of %d", v.depth, v.features/f, v.features)                                // C14
	v.batch = image[0] / g
	ones := []int{1, 1}
	stride, left, right := c.window("window_strides", "i64", ones), c.window("lhs_dilation", "i64", ones), c.window("rhs_dilation", "i64", ones)
	turned, padding := c.window("window_reversal", "i1", []int{0, 0}), c.padding()
	for d := range v.axes {
		x := axis{in: image[1+d], kernel: weights[1+d], stride: stride[d], low: padding[d][0], high: padding[d][1], left: left[d], right: right[d], reversed: turned[d] == 1}
		c.check(min(x.stride, x.left, x.right) > 0, "strides and dilations %d, %d, %d; want at least 1", x.stride, x.left, x.right) // C3, C6, C8
		x.out = x.windows()
		v.axes[d] = x
	}
	return v
}

// window takes an attribute of two numbers, which may be left out.
func (c *call) window(name, elem string, otherwise []int) []int {
	if _, has := c.attrs[name]; !has {
		return otherwise
	}
	return c.array(name, elem, 2)
}

// padding takes the attribute padding, which may be left out.
func (c *call) padding() (p [2][2]int) {
	if _, has := c.attrs["padding"]; !has {
		return p
	}
	l := attr[*literal](c, "padding")
	c.check(l.equal(Shape{"i64", []int{2, 2}}), "padding is %v; want tensor<2x2xi64>", l.Shape) // C4
	values := l.values.(vec[int64])
	for i := range 4 {
		v := values[i%len(values)]
		c.check(-maxNumber <= v && v <= maxNumber, "padding %s is too large", strconv.FormatInt(v, 10))
		p[i/2][i%2] = int(v)
	}
	return p
}

// windows is the number of places of the kernel (C25).
func (x axis) windows() int {
	dilated := func(size, by int) int { return max(0, (size-1)*by+1) }
	padded, kernel := x.low+dilated(x.in, x.left)+x.high, dilated(x.kernel, x.right)
	if padded <= 0 || kernel > padded {
		return 0
	}
	return (padded-kernel)/x.stride + 1
}

// tap is a place of the kernel and the place of the image under it.
type tap struct{ kernel, image int }

// taps lists for place o of the kernel those under which there is an element of the image, and
// neither padding nor a hole.
func (x axis) taps(o int) (all []tap) {
	for k := range x.kernel {
		at := o*x.stride + k*x.right - x.low
		if at < 0 || at%x.left != 0 || at/x.left >= x.in {
			continue
		}
		w := k
		if x.reversed {
			w = x.kernel - 1 - k
		}
		all = append(all, tap{w, at / x.left})
	}
	return all
}

func (v *convolved2) compute(image, weights vec[float32]) vec[float32] {
	out := make(vec[float32], 0, v.batch*v.axes[0].out*v.axes[1].out*v.outs)
	var columns [][]tap
	for x := range v.axes[1].out {
		columns = append(columns, v.axes[1].taps(x))
	}
	for n := range v.batch {
		for y := range v.axes[0].out {
			rows := v.axes[0].taps(y)
			for _, cols := range columns {
				for o := range v.outs {
					out = append(out, v.one(image, weights, n, o, rows, cols))
				}
			}
		}
	}
	return out
}

// one is an element of the result: output feature o of sample n where the kernel's taps are rows
// and cols. Its group says which samples and features of the image it sees.
func (v *convolved2) one(image, weights vec[float32], n, o int, rows, cols []tap) float32 {
	n += o / (v.outs / v.batchGroups) * v.batch
	from := o / (v.outs / v.featureGroups) * v.depth
	sum := 0.0
	for _, r := range rows {
		for _, c := range cols {
			a := image[((n*v.axes[0].in+r.image)*v.axes[1].in+c.image)*v.features+from:][:v.depth]
			w := weights[((o*v.axes[0].kernel+r.kernel)*v.axes[1].kernel+c.kernel)*v.depth:][:v.depth]
			sum += dot(a, w)
		}
	}
	return float32(sum)
}
