package onednn

import (
	"github.com/local-to-global/lgl/internal/dnnl"
)

// tiled reports whether an algorithm of the library's name is ours, which multiplies bfloat16.
func (g conv) tiled(alg dnnl.Alg) bool { return g.bf16 && alg == dnnl.Winograd }

// base is the algorithm of the forward primitive that stands for the convolution where others ask
// for one: the library has no Winograd in bfloat16.
func (g conv) base(alg dnnl.Alg) dnnl.Alg {
	if g.bf16 {
		return dnnl.Direct
	}
	return alg
}

// tiles is the convolution by Winograd's method, backwardTiles its gradient by the input.
func (g conv) tiles(threads int) tiled { return newTiled(g.n, threads, g.in, g.out, g.window.Pad[0]) }
func (g conv) backwardTiles(threads int) tiled {
	return newTiled(g.n, threads, g.out, g.in, 2-g.window.Pad[0])
}

// kernels describes the weights as Winograd's method takes them.
func (g conv) kernels() (dnnl.Desc, error) {
	return dnnl.NewDesc([]int{g.out[0], g.in[0], 3, 3}, dnnl.ABCD16B16A)
}

// inBlocks returns x, of its own type, in blocks of 16 channels.
func (b *builder) inBlocks(x *tensor, shape []int, name string) (*tensor, error) {
	md, err := blocked(x.md.Type(), b.n, shape)
	if err != nil {
		return nil, err
	}
	return b.as(x, md, name)
}

// tiledForward adds a forward pass by Winograd's method in bfloat16.
func (b *builder) tiledForward(nd node, g conv, x *tensor) (*tensor, error) {
	x, err := b.inBlocks(x, g.in, b.name(nd)+" input")
	if err != nil {
		return nil, err
	}
	t, name := g.tiles(b.threads), b.name(nd)+" forward"
	u, bias, err := b.tiledParams(nd, g, t, name, false)
	if err != nil {
		return nil, err
	}
	y, err := t.forward(b.program, name, x, u, bias, g.result(), nd.relu)
	if err != nil {
		return nil, b.fail(nd, "forward", err)
	}
	return y, nil
}

// tiledParams returns the transformed weights and, unless turned, the bias; nil if there is none. In
// evaluation the weights are transformed when they have changed.
func (b *builder) tiledParams(nd node, g conv, t tiled, name string, turned bool) (u, bias *tensor, err error) {
	md, err := g.kernels()
	if err != nil {
		return nil, nil, b.fail(nd, "weight", err)
	}
	w, err := b.weight(nd, "weight", md)
	if err != nil {
		return nil, nil, err
	}
	if b.folded == nil {
		u, err = t.transformed(b.program, name, w, turned)
	} else if md, _, err = t.kernels(false); err == nil {
		u = b.view(b.folded.room(md), md)
		b.folded.pieces = append(b.folded.pieces, func(dnnl.Stream) error { t.spreadKernels(u.at, w.at, false); return nil })
	}
	if err != nil {
		return nil, nil, b.fail(nd, "weight", err)
	}
	bias, err = b.bias(nd, g.bias && !turned)
	return u, bias, err
}

// tiledData adds the gradient by the input.
func (b *builder) tiledData(nd node, g conv, diff *tensor) error {
	name := b.name(nd) + " backward data"
	diff, err := b.inBlocks(diff, g.out, name+" gradient")
	if err != nil {
		return err
	}
	t := g.backwardTiles(b.threads)
	u, _, err := b.tiledParams(nd, g, t, name, true)
	if err != nil {
		return err
	}
	dx, err := t.forward(b.program, name, diff, u, nil, g.result(), false)
	if err != nil {
		return b.fail(nd, "backward data", err)
	}
	return b.contribute(nd.in[0], dx, name)
}

// tiledWeights adds the gradients of weights and bias.
func (b *builder) tiledWeights(nd node, g conv, x, diff *tensor) error {
	name := b.name(nd) + " backward weights"
	x, err := b.inBlocks(x, g.in, name+" input")
	if err != nil {
		return err
	}
	if diff, err = b.inBlocks(diff, g.out, name+" gradient"); err != nil {
		return err
	}
	md, err := g.kernels()
	if err != nil {
		return b.fail(nd, "weight", err)
	}
	dw, finish := b.gradient(b.name(nd)+".weight", md)
	if err := g.tiles(b.threads).weights(b.program, name, x, diff, dw, b.biasGradient(nd, g.bias)); err != nil {
		return b.fail(nd, "backward weights", err)
	}
	return finish()
}
