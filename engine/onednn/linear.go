package onednn

import (
	"errors"

	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// inner is a linear layer over a batch, x [N F] to y [N O] with weights [O F] in whatever layout
// the library prefers. x and w are of one type; y may be wider.
type inner struct {
	x, w, y dnnl.Desc
	bias    *dnnl.Desc // [O]; nil without bias
}

// inner returns a linear layer that multiplies numbers of the given type.
func (b *builder) inner(nd node, factor dnnl.Type, x dnnl.Desc, bias bool) (inner, error) {
	out := b.shape(nd.layer)[0]
	y, err := b.desc(b.mix.of(nd.out), []int{out}, dnnl.AB)
	g := inner{x: x, y: y}
	var errW, errB error
	g.w, errW = dnnl.NewDescOf(factor, []int{out, b.shape(nd.in[0])[0]}, dnnl.Any)
	if bias {
		g.bias = new(dnnl.Desc)
		*g.bias, errB = dnnl.NewDesc([]int{out}, dnnl.A)
	}
	return g, errors.Join(err, errW, errB)
}

func (g inner) forward(e dnnl.Engine, prop dnnl.Prop, relu bool) (dnnl.PrimitiveDesc, error) {
	return e.InnerForward(prop, &g.x, &g.w, g.bias, &g.y, relu)
}

// backwardWeights gives a float32 gradient.
func (g inner) backwardWeights(e dnnl.Engine, hint dnnl.PrimitiveDesc) (dnnl.PrimitiveDesc, error) {
	w, y := g.w.As(dnnl.F32), g.y.As(g.x.Type())
	return e.InnerBackwardWeights(&g.x, &w, g.bias, &y, hint)
}

// backwardData gives a gradient of the given type.
func (g inner) backwardData(e dnnl.Engine, result dnnl.Type, hint dnnl.PrimitiveDesc) (dnnl.PrimitiveDesc, error) {
	x, y := g.x.As(result), g.y.As(g.x.Type())
	return e.InnerBackwardData(&x, &g.w, &y, hint)
}

// slab is the layout of the float32 weights, as conv.slab.
func (g inner) slab(e dnnl.Engine, forward dnnl.PrimitiveDesc) (dnnl.Desc, error) {
	if g.x.Type() == dnnl.F32 {
		return forward.Weights(), nil
	}
	pd, err := g.backwardWeights(e, forward)
	if err != nil {
		return dnnl.Desc{}, err
	}
	return pd.DiffWeights(), pd.Close()
}

// linear builds y = x W^T + b.
func (b *builder) linear(nd node, op nn.Linear, x *tensor) (*tensor, back, error) {
	factor := numbers(b.mix != nil)
	x, err := b.as(x, x.md.As(factor), b.name(nd)+" input")
	if err != nil {
		return nil, nil, err
	}
	biased := op.Bias || nd.norm >= 0
	g, err := b.inner(nd, factor, x.md, biased)
	if err != nil {
		return nil, nil, b.fail(nd, "shape", err)
	}
	pd, err := g.forward(b.engine, b.prop(), nd.relu)
	if err != nil {
		return nil, nil, b.fail(nd, "forward", err)
	}
	b.hint(pd)
	if err := b.settle(nd, pd, g.slab); err != nil {
		return nil, nil, err
	}
	y := b.tensor(g.y)
	err = b.addForward(nd, pd, biased, x, y)
	return y, func(diff *tensor) error { return b.linearBackward(nd, g, pd, x, y, diff) }, err
}

// linearBackward builds the gradients of a linear layer.
func (b *builder) linearBackward(nd node, g inner, hint dnnl.PrimitiveDesc, x, y, diff *tensor) error {
	diff, err := b.throughReLU(nd, diff, y)
	if err != nil {
		return err
	}
	if diff, err = b.as(diff, diff.md.As(x.md.Type()), b.name(nd)+" gradient"); err != nil {
		return err
	}
	weights, err := g.backwardWeights(b.engine, hint)
	if err != nil {
		return b.fail(nd, "backward weights", err)
	}
	if err := b.addGradients(nd, weights, g.bias != nil, x, diff); err != nil || !b.needs[nd.in[0]] {
		return err
	}
	data, err := g.backwardData(b.engine, b.mix.of(nd.in[0]), hint)
	if err != nil {
		return b.fail(nd, "backward data", err)
	}
	return b.addData(nd, data, diff)
}
