package dnnl

// Window is the geometry of a convolution or pooling over H and W, the same on all sides.
type Window struct{ Kernel, Stride, Pad [2]int }

func (w Window) strides() *dims { return dimsOf(w.Stride[:]) }
func (w Window) kernels() *dims { return dimsOf(w.Kernel[:]) }
func (w Window) pads() *dims    { return dimsOf(w.Pad[:]) }

// postOp is what a primitive does to its output before it writes it; nil: nothing.
type postOp func(postOps) Status

// reluIf applies ReLU if relu.
func reluIf(relu bool) postOp {
	if !relu {
		return nil
	}
	return func(p postOps) Status { return c.postOpsEltwise(p, 1, eltReLU, 0, 0) }
}

// sumIf adds what lies at the destination if add.
func sumIf(add bool) postOp {
	if !add {
		return nil
	}
	return func(p postOps) Status { return c.postOpsSum(p, 1) }
}

// then does one after the other.
func then(first, second postOp) postOp {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	}
	return func(p postOps) Status {
		if s := first(p); s != 0 {
			return s
		}
		return second(p)
	}
}

// create makes a primitive descriptor with a user scratchpad. init fills the operation descriptor.
func (e Engine) create(init func(*opDesc) Status, post postOp, hint PrimitiveDesc) (PrimitiveDesc, error) {
	op := new(opDesc)
	if s := init(op); s != 0 {
		return 0, s
	}
	var pd PrimitiveDesc
	err := withAttr(post, func(a attr) Status { return c.pdCreate(&pd, op, a, e, hint) })
	return pd, err
}

// withAttr calls f with attributes that ask for a user scratchpad and for what post does.
func withAttr(post postOp, f func(attr) Status) error {
	var a attr
	if s := c.attrCreate(&a); s != 0 {
		return s
	}
	defer c.attrDestroy(a)
	const user = 1
	if s := c.attrScratchpad(a, user); s != 0 {
		return s
	}
	if post != nil {
		if s := post.append(a); s != 0 {
			return s
		}
	}
	return f(a).err()
}

func (post postOp) append(a attr) Status {
	var p postOps
	if s := c.postOpsCreate(&p); s != 0 {
		return s
	}
	defer c.postOpsDestroy(p)
	if s := post(p); s != 0 {
		return s
	}
	return c.attrPostOps(a, p)
}

// ConvForward describes a convolution [N C H W] to [N O H' W'] with weights [O C kH kW]; bias may
// be nil. sum adds what lies at dst, before the ReLU.
func (e Engine) ConvForward(prop Prop, alg Alg, w Window, src, weights, bias, dst *Desc, sum, relu bool) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status {
		return c.convForward(op, prop, alg, src, weights, bias, dst, w.strides(), w.pads(), w.pads())
	}, then(sumIf(sum), reluIf(relu)), 0)
}

// ConvBackwardData describes the gradient of a convolution by its input.
func (e Engine) ConvBackwardData(alg Alg, w Window, diffSrc, weights, diffDst *Desc, hint PrimitiveDesc) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status {
		return c.convData(op, alg, diffSrc, weights, diffDst, w.strides(), w.pads(), w.pads())
	}, nil, hint)
}

// ConvBackwardWeights describes the gradient of a convolution by its weights and bias (may be nil).
func (e Engine) ConvBackwardWeights(alg Alg, w Window, src, diffWeights, diffBias, diffDst *Desc, hint PrimitiveDesc) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status {
		return c.convWeights(op, alg, src, diffWeights, diffBias, diffDst, w.strides(), w.pads(), w.pads())
	}, nil, hint)
}

// InnerForward describes src [N F] times weights [O F] transposed, plus bias (may be nil).
func (e Engine) InnerForward(prop Prop, src, weights, bias, dst *Desc, relu bool) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status { return c.innerForward(op, prop, src, weights, bias, dst) }, reluIf(relu), 0)
}

// InnerBackwardData describes the gradient of InnerForward by src.
func (e Engine) InnerBackwardData(diffSrc, weights, diffDst *Desc, hint PrimitiveDesc) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status { return c.innerData(op, diffSrc, weights, diffDst) }, nil, hint)
}

// InnerBackwardWeights describes the gradient of InnerForward by weights and bias (may be nil).
func (e Engine) InnerBackwardWeights(src, diffWeights, diffBias, diffDst *Desc, hint PrimitiveDesc) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status { return c.innerWeights(op, src, diffWeights, diffBias, diffDst) }, nil, hint)
}

// NormForward describes batch normalisation of data [N C H W].
func (e Engine) NormForward(prop Prop, data *Desc, eps float32, flags NormFlags) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status { return c.normForward(op, prop, data, eps, flags) }, nil, 0)
}

// NormBackward describes its gradient by data, scale and shift.
func (e Engine) NormBackward(diff, data *Desc, eps float32, flags NormFlags, hint PrimitiveDesc) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status { return c.normBackward(op, backward, diff, data, eps, flags) }, nil, hint)
}

// PoolForward describes pooling with MaxPool or AvgPool.
func (e Engine) PoolForward(prop Prop, alg Alg, w Window, src, dst *Desc) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status {
		return c.poolForward(op, prop, alg, src, dst, w.strides(), w.kernels(), w.pads(), w.pads())
	}, nil, 0)
}

// PoolBackward describes its gradient.
func (e Engine) PoolBackward(alg Alg, w Window, diffSrc, diffDst *Desc, hint PrimitiveDesc) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status {
		return c.poolBackward(op, alg, diffSrc, diffDst, w.strides(), w.kernels(), w.pads(), w.pads())
	}, nil, hint)
}

// ReLUForward describes max(0, x).
func (e Engine) ReLUForward(prop Prop, data *Desc) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status { return c.eltForward(op, prop, eltReLU, data, 0, 0) }, nil, 0)
}

// ReLUBackward describes its gradient, given the output of ReLU as Dst. The hint is the
// ReLUForward of the same layout.
func (e Engine) ReLUBackward(diff, data *Desc, hint PrimitiveDesc) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status { return c.eltBackward(op, eltReLUFromDst, diff, data, 0, 0) }, nil, hint)
}

// MatMul describes a [M K] times b [K N], plus bias [1 N] (may be nil), plus what lies at the
// destination if add; or batches of that, [B M K] times [B K N].
func (e Engine) MatMul(a, b, bias, dst *Desc, add bool) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status { return c.matMul(op, a, b, bias, dst) }, sumIf(add), 0)
}

// Binary describes a + b or a * b, element by element.
func (e Engine) Binary(alg Alg, a, b, dst *Desc, relu bool) (PrimitiveDesc, error) {
	return e.create(func(op *opDesc) Status { return c.binary(op, alg, a, b, dst) }, reluIf(relu), 0)
}

// Reorder describes a copy from one layout to another.
func (e Engine) Reorder(src, dst *Desc) (PrimitiveDesc, error) {
	var pd PrimitiveDesc
	err := withAttr(nil, func(a attr) Status { return c.pdReorder(&pd, src, e, dst, e, a) })
	return pd, err
}
