package onednn

import (
	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// geometry is that of a convolution.
func (l lowered) geometry(nd node, op nn.Conv2D) conv {
	return conv{n: l.n, in: l.shape(nd.in[0]), out: l.shape(nd.layer), window: square(op.Kernel, op.Stride, op.Pad), bias: op.Bias || nd.norm >= 0}
}

// method is how a convolution is computed in a direction, whose result is, or is added to, value v:
// the geometry with its types, and the algorithm.
func (b *builder) method(nd node, direction string, g conv, v int) (conv, dnnl.Alg, error) {
	way := b.mix.way(nd.layer, direction)
	g.bf16, g.wide = way != inFloat32, b.mix.of(v) == dnnl.F32
	switch way {
	case directBF16:
		return g, dnnl.Direct, nil
	case winogradBF16:
		return g, dnnl.Winograd, nil
	case tapsBF16:
		return g, taps, nil
	}
	alg, err := b.choose(direction, g)
	return g, alg, err
}

// conv builds a convolution. Each direction has its own algorithm and chooses its own layouts.
func (b *builder) conv(nd node, op nn.Conv2D, x *tensor) (*tensor, back, error) {
	g := b.geometry(nd, op)
	direction := forward
	if !b.training {
		direction = inference
	}
	g, alg, err := b.method(nd, direction, g, nd.out)
	if err != nil {
		return nil, nil, err
	}
	if alg == taps {
		return b.convTaps(nd, g, x)
	}
	pd, err := g.forward(b.engine, b.prop(), g.base(alg), false, nd.relu)
	if err != nil {
		return nil, nil, b.fail(nd, "forward", err)
	}
	b.hint(pd)
	if err := b.settle(nd, pd, g.slab); err != nil {
		return nil, nil, err
	}
	var y *tensor
	xs := x
	if g.tiled(alg) {
		y, err = b.tiledForward(nd, g, x)
	} else {
		xs, y, err = b.convForward(nd, g, pd, x, b.tensor(pd.Dst()))
	}
	return y, b.convBack(nd, g, pd, x, xs, y), err
}

// convSum builds a convolution of evaluation to which a value is added: by the same primitive, in the place of that value,
// or by another one where the algorithm cannot add.
func (b *builder) convSum(nd node, op nn.Conv2D, x, other *tensor) (*tensor, back, error) {
	g, alg, err := b.method(nd, inference, b.geometry(nd, op), nd.out)
	if err != nil {
		return nil, nil, err
	}
	if alg != taps {
		if pd, err := g.forward(b.engine, dnnl.Inference, alg, true, nd.relu); err == nil {
			b.hint(pd)
			if other, err = b.as(other, pd.Dst(), b.name(nd)+" addend"); err != nil {
				return nil, nil, err
			}
			_, y, err := b.convForward(nd, g, pd, x, b.part(other, 0, pd.Dst()))
			return y, nil, err
		}
	}
	bare, sum := nd, nd
	bare.relu, sum.layer = false, nd.add
	y, _, err := b.conv(bare, op, x)
	if err != nil {
		return nil, nil, err
	}
	return b.sum(sum, y, other)
}

// convForward adds the forward pass into y, and returns x in the layout that it takes, too.
func (b *builder) convForward(nd node, g conv, pd dnnl.PrimitiveDesc, x, y *tensor) (xs, out *tensor, err error) {
	if xs, err = b.as(x, pd.Src(), b.name(nd)+" input"); err != nil {
		return nil, nil, err
	}
	if err := b.addForward(nd, pd, g.bias, xs, y); err != nil {
		return nil, nil, err
	}
	y, err = b.as(y, y.md.As(b.mix.of(nd.out)), b.name(nd)+" output")
	return xs, y, err
}

// convBack returns what builds the gradients of a convolution. xs is x in the layout that forward
// took.
func (b *builder) convBack(nd node, g conv, hint dnnl.PrimitiveDesc, x, xs, y *tensor) back {
	return func(diff *tensor) error {
		diff, err := b.throughReLU(nd, diff, y)
		if err != nil {
			return err
		}
		if err := b.convWeights(nd, g, hint, x, xs, diff); err != nil || !b.needs[nd.in[0]] {
			return err
		}
		return b.convData(nd, g, hint, diff)
	}
}

// convWeights builds the gradient by weights and bias. xs is x in the layout that forward took.
func (b *builder) convWeights(nd node, g conv, hint dnnl.PrimitiveDesc, x, xs, diff *tensor) error {
	g, alg, err := b.method(nd, backwardWeights, g, nd.in[0])
	if err != nil {
		return err
	}
	if g.tiled(alg) {
		return b.tiledWeights(nd, g, x, diff)
	}
	if alg == taps {
		if xs.md.Type() != g.factor() { // it may have been rounded
			xs = x
		}
		return b.tapsWeights(nd, g, xs, diff)
	}
	pd, err := g.backwardWeights(b.engine, alg, hint)
	if err != nil {
		return b.fail(nd, "backward weights", err)
	}
	b.hint(pd)
	name := b.name(nd) + " backward weights"
	if md := pd.Src(); !xs.md.Equal(&md) {
		if xs, err = b.as(x, md, name+" input"); err != nil {
			return err
		}
	}
	if diff, err = b.as(diff, pd.DiffDst(), name+" gradient"); err != nil {
		return err
	}
	return b.addGradients(nd, pd, g.bias, xs, diff)
}

// convData builds the gradient by the input.
func (b *builder) convData(nd node, g conv, hint dnnl.PrimitiveDesc, diff *tensor) error {
	g, alg, err := b.method(nd, backwardData, g, nd.in[0])
	if err != nil {
		return err
	}
	if g.tiled(alg) {
		return b.tiledData(nd, g, diff)
	}
	if alg == taps {
		return b.tapsData(nd, g, diff)
	}
	pd, err := g.backwardData(b.engine, alg, hint)
	if err != nil {
		return b.fail(nd, "backward data", err)
	}
	return b.addData(nd, pd, diff)
}
