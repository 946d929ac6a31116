package onednn

import (
	"github.com/local-to-global/lgl/internal/dnnl"
)

// tapping starts the products of a node's convolution in a direction.
func (b *builder) tapping(nd node, g conv, direction string) tapping {
	return tapping{b.program, g, b.name(nd) + " " + direction}
}

// convTaps builds a convolution whose forward pass is computed by taps. What follows sees the
// layout of the library's convolutions, in which its other primitives are fast.
func (b *builder) convTaps(nd node, g conv, x *tensor) (*tensor, back, error) {
	pd, err := g.forward(b.engine, b.prop(), dnnl.Direct, false, nd.relu)
	if err != nil {
		return nil, nil, b.fail(nd, "forward", err)
	}
	b.hint(pd)
	md, err := g.byTap()
	if err != nil {
		return nil, nil, b.fail(nd, "weight", err)
	}
	if err := b.settle(nd, pd, func(dnnl.Engine, dnnl.PrimitiveDesc) (dnnl.Desc, error) { return md, nil }); err != nil {
		return nil, nil, err
	}
	w, err := b.weight(nd, "weight", md)
	if err != nil {
		return nil, nil, err
	}
	bias, err := b.bias(nd, g.bias)
	if err != nil {
		return nil, nil, err
	}
	xs, y, err := b.tapping(nd, g, forward).forward(x, w, bias, pd.Dst().As(b.mix.of(nd.out)), nd.relu)
	return y, b.convBack(nd, g, pd, x, xs, y), err
}

// tapsWeights builds the gradients of weight and bias by taps.
func (b *builder) tapsWeights(nd node, g conv, x, diff *tensor) error {
	md, err := g.byTap()
	if err != nil {
		return b.fail(nd, "backward weights", err)
	}
	dw, finish := b.gradient(b.name(nd)+".weight", md)
	if err := b.tapping(nd, g, backwardWeights).weights(x, diff, dw, b.biasGradient(nd, g.bias)); err != nil {
		return err
	}
	return finish()
}

// tapsData builds the gradient of the input by taps.
func (b *builder) tapsData(nd node, g conv, diff *tensor) error {
	md, err := g.byTap()
	if err != nil {
		return b.fail(nd, "backward data", err)
	}
	w, err := b.weight(nd, "weight", md)
	if err != nil {
		return err
	}
	k := b.tapping(nd, g, backwardData)
	dx, err := k.data(diff, w)
	if err != nil {
		return err
	}
	return b.contribute(nd.in[0], dx, k.name)
}
