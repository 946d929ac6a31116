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

// weighted appends the weight and bias of a layer to a primitive's arguments.
func (b *builder) weighted(nd node, md dnnl.Desc, bias bool, args ...arg) ([]arg, error) {
	w, err := b.weight(nd, "weight", md)
	if err != nil {
		return nil, err
	}
	args = append(args, arg{dnnl.Weights, w})
	if !bias {
		return args, nil
	}
	md, err = dnnl.NewDesc([]int{b.shape(nd.layer)[0]}, dnnl.A)
	if err != nil {
		return nil, err
	}
	c, err := b.weight(nd, "bias", md)
	return append(args, arg{dnnl.Bias, c}), err
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
func (b *builder) addGradients(nd node, name string, pd dnnl.PrimitiveDesc, bias bool, args ...arg) error {
	w, finish := b.gradient(b.name(nd)+".weight", pd.DiffWeights())
	args = append(args, arg{dnnl.DiffWeights, w})
	if bias {
		args = append(args, arg{dnnl.DiffBias, b.slot(nd, "bias", gradients)})
	}
	if err := b.add(name, pd, args...); err != nil {
		return err
	}
	return finish()
}

// addData adds a primitive that computes the gradient of a layer's input by its weight.
func (b *builder) addData(nd node, pd dnnl.PrimitiveDesc, diff *tensor) error {
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
