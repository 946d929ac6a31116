package onednn

import "github.com/local-to-global/lgl/internal/dnnl"

// weight returns a parameter of the layer in layout md.
func (b *builder) weight(nd node, suffix string, md dnnl.Desc) (*tensor, error) {
	if b.folded != nil {
		return b.folded.tensor(b.program, nd, suffix, md), nil
	}
	p := b.store.byName[b.name(nd)+"."+suffix]
	return b.as(b.view(&p.slot[weights], p.md), md, p.Name)
}

// settle lets the first training program choose the layout of a layer's weight in the slabs.
func (b *builder) settle(nd node, forward dnnl.PrimitiveDesc, slab func(dnnl.Engine, dnnl.PrimitiveDesc) (dnnl.Desc, error)) error {
	p := b.store.byName[b.name(nd)+".weight"]
	if !b.training || p.fixed {
		return nil
	}
	var err error
	if p.md, err = slab(b.engine, forward); err != nil {
		return b.fail(nd, "weight", err)
	}
	p.fixed = true
	return nil
}

// bias returns the bias of a layer; nil if it has none.
func (b *builder) bias(nd node, biased bool) (*tensor, error) {
	if !biased {
		return nil, nil
	}
	md, err := dnnl.NewDesc(b.shape(nd.layer)[:1], dnnl.A)
	if err != nil {
		return nil, err
	}
	return b.weight(nd, "bias", md)
}

// biasGradient is where the gradient of a layer's bias goes; nil if it has none.
func (b *builder) biasGradient(nd node, biased bool) *tensor {
	if !biased {
		return nil
	}
	return b.slot(nd, "bias", gradients)
}

// addForward adds a primitive that computes y, by the layer's weight and bias, from x in its layout.
func (b *builder) addForward(nd node, pd dnnl.PrimitiveDesc, biased bool, x, y *tensor) error {
	w, err := b.weight(nd, "weight", pd.Weights())
	if err != nil {
		return err
	}
	bias, err := b.bias(nd, biased)
	if err != nil {
		return err
	}
	return b.add(b.name(nd)+" forward", pd, arg{dnnl.Src, x}, arg{dnnl.Dst, y}, arg{dnnl.Weights, w}, arg{dnnl.Bias, bias})
}

// slot is a parameter that is a vector, in one of the slabs.
func (b *builder) slot(nd node, suffix string, slab int) *tensor {
	p := b.store.byName[b.name(nd)+"."+suffix]
	return b.view(&p.slot[slab], p.md)
}

// gradient returns where to write the gradient of a parameter in layout md, and what to build
// after it.
func (b *builder) gradient(name string, md dnnl.Desc) (*tensor, func() error) {
	p := b.store.byName[name]
	slot := b.view(&p.slot[gradients], p.md)
	if p.md.Equal(&md) {
		return slot, func() error { return nil }
	}
	t := b.tensor(md)
	return t, func() error { return b.reorder(t, slot, name+" gradient") }
}

// addGradients adds a primitive that computes the gradients of a layer's weight and bias.
func (b *builder) addGradients(nd node, pd dnnl.PrimitiveDesc, biased bool, x, diff *tensor) error {
	w, finish := b.gradient(b.name(nd)+".weight", pd.DiffWeights())
	err := b.add(b.name(nd)+" backward weights", pd, arg{dnnl.Src, x}, arg{dnnl.DiffDst, diff},
		arg{dnnl.DiffWeights, w}, arg{dnnl.DiffBias, b.biasGradient(nd, biased)})
	if err != nil {
		return err
	}
	return finish()
}

// addData adds a primitive that computes the gradient of a layer's input by its weight.
func (b *builder) addData(nd node, pd dnnl.PrimitiveDesc, diff *tensor) error {
	b.hint(pd)
	name := b.name(nd) + " backward data"
	diff, err := b.as(diff, pd.DiffDst(), name+" gradient")
	if err != nil {
		return err
	}
	w, err := b.weight(nd, "weight", pd.Weights())
	if err != nil {
		return err
	}
	dx := b.tensor(pd.DiffSrc())
	if err := b.add(name, pd, arg{dnnl.DiffDst, diff}, arg{dnnl.Weights, w}, arg{dnnl.DiffSrc, dx}); err != nil {
		return err
	}
	return b.contribute(nd.in[0], dx, name)
}
