package onednn

import (
	"fmt"

	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// prop is what forward primitives are for.
func (b *builder) prop() dnnl.Prop {
	if b.training {
		return dnnl.Training
	}
	return dnnl.Inference
}

// fail says which primitive could not be made.
func (b *builder) fail(nd node, what string, err error) error {
	return fmt.Errorf("onednn: %s %s, batch %d: %w", b.name(nd), what, b.n, err)
}

// geometry is that of a convolution.
func (b *builder) geometry(nd node, op nn.Conv2D) conv {
	return conv{n: b.n, in: b.shape(nd.in[0]), out: b.shape(nd.layer), window: square(op.Kernel, op.Stride, op.Pad), bias: op.Bias || nd.norm >= 0}
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
	pd, err := g.forward(b.engine, b.prop(), g.base(alg), nd.relu)
	if err != nil {
		return nil, nil, b.fail(nd, "forward", err)
	}
	if err := b.settle(nd, pd, g.slab); err != nil {
		return nil, nil, err
	}
	var y *tensor
	xs := x
	if g.tiled(alg) {
		b.hint(pd)
		y, err = b.tiledForward(nd, g, x)
	} else {
		xs, y, err = b.convForward(nd, g, pd, x)
	}
	return y, b.convBack(nd, g, pd, x, xs, y), err
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

// convForward adds the forward pass, and returns x in the layout that it takes, too.
func (b *builder) convForward(nd node, g conv, pd dnnl.PrimitiveDesc, x *tensor) (xs, y *tensor, err error) {
	if xs, err = b.as(x, pd.Src(), b.name(nd)+" input"); err != nil {
		return nil, nil, err
	}
	y = b.tensor(pd.Dst())
	args, err := b.weighted(nd, pd.Weights(), g.bias, arg{dnnl.Src, xs}, arg{dnnl.Dst, y})
	if err != nil {
		return nil, nil, err
	}
	if err := b.add(b.name(nd)+" forward", pd, args...); err != nil {
		return nil, nil, err
	}
	y, err = b.in(b.mix.of(nd.out), y, b.name(nd)+" output")
	return xs, y, err
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
		return b.tapsWeights(nd, g, xs, diff)
	}
	pd, err := g.backwardWeights(b.engine, alg, hint)
	if err != nil {
		return b.fail(nd, "backward weights", err)
	}
	name := b.name(nd) + " backward weights"
	if md := pd.Src(); !xs.md.Equal(&md) {
		if xs, err = b.as(x, md, name+" input"); err != nil {
			return err
		}
	}
	if diff, err = b.as(diff, pd.DiffDst(), name+" gradient"); err != nil {
		return err
	}
	return b.addGradients(nd, name, pd, g.bias, arg{dnnl.Src, xs}, arg{dnnl.DiffDst, diff})
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

// slot is a parameter that is a vector, in one of the slabs.
func (b *builder) slot(nd node, suffix string, slab int) *tensor {
	p := b.store.byName[b.name(nd)+"."+suffix]
	return b.view(&p.slot[slab], p.md)
}

// biasGradient is where the gradient of a convolution's bias goes; nil without bias.
func (b *builder) biasGradient(nd node, g conv) *tensor {
	if !g.bias {
		return nil
	}
	return b.slot(nd, "bias", gradients)
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

// throughReLU turns the gradient of y into that of the ReLU's input, if the node ends in one.
func (b *builder) throughReLU(nd node, diff, y *tensor) (*tensor, error) {
	if !nd.relu {
		return diff, nil
	}
	hint, err := b.engine.ReLUForward(dnnl.Training, &y.md)
	if err != nil {
		return nil, b.fail(nd, "ReLU", err)
	}
	b.hint(hint)
	pd, err := b.engine.ReLUBackward(&y.md, &y.md, hint)
	if err != nil {
		return nil, b.fail(nd, "ReLU backward", err)
	}
	dx := b.tensor(y.md)
	return dx, b.add(b.name(nd)+" ReLU backward", pd, arg{dnnl.Dst, y}, arg{dnnl.DiffDst, diff}, arg{dnnl.DiffSrc, dx})
}

// norm builds a batch norm with the ReLU after it. A vector [F] is seen as F channels of 1x1.
func (b *builder) norm(nd node, op nn.BatchNorm, x *tensor) (*tensor, back, error) {
	md, err := b.channels(x.md, b.shape(nd.layer))
	if err != nil {
		return nil, nil, err
	}
	flags := dnnl.UseScale | dnnl.UseShift
	if nd.relu {
		flags |= dnnl.FuseReLU
	}
	if !b.training {
		flags |= dnnl.GlobalStats
	}
	pd, err := b.engine.NormForward(b.prop(), &md, op.Eps, flags)
	if err != nil {
		return nil, nil, b.fail(nd, "forward", err)
	}
	y := b.tensor(x.md)
	v, err := b.normVectors(nd)
	if err != nil {
		return nil, nil, err
	}
	args := []arg{{dnnl.Src, b.view(x.at, md)}, {dnnl.Dst, b.view(y.at, md)},
		{dnnl.Mean, v.mean}, {dnnl.Variance, v.variance}, {dnnl.Scale, v.scale}, {dnnl.Shift, v.shift}}
	var mask []arg
	if ws := pd.Workspace(); ws.Size() > 0 {
		mask = []arg{{dnnl.Workspace, b.tensor(ws)}}
	}
	err = b.add(b.name(nd)+" forward", pd, append(args, mask...)...)
	return y, func(diff *tensor) error {
		back, err := b.engine.NormBackward(&md, &md, op.Eps, flags, pd)
		if err != nil {
			return b.fail(nd, "backward", err)
		}
		dx := b.tensor(x.md)
		args := append(mask, arg{dnnl.Src, b.view(x.at, md)}, arg{dnnl.Mean, v.mean}, arg{dnnl.Variance, v.variance},
			arg{dnnl.DiffDst, b.view(diff.at, md)}, arg{dnnl.Scale, v.scale}, arg{dnnl.Shift, v.shift}, arg{dnnl.DiffSrc, b.view(dx.at, md)},
			arg{dnnl.DiffScale, b.slot(nd, "weight", gradients)}, arg{dnnl.DiffShift, b.slot(nd, "bias", gradients)})
		if err := b.add(b.name(nd)+" backward", back, args...); err != nil {
			return err
		}
		if !b.needs[nd.in[0]] {
			return nil
		}
		return b.contribute(nd.in[0], dx, b.name(nd)+" backward")
	}, err
}

// channels is md, or for a vector [F] the same bytes as [F 1 1].
func (b *builder) channels(md dnnl.Desc, shape []int) (dnnl.Desc, error) {
	if len(shape) == 3 {
		return md, nil
	}
	return b.descOf(md.Type(), []int{shape[0], 1, 1}, dnnl.ACDB)
}

// vectors are the arguments of a batch norm, each [C].
type vectors struct{ mean, variance, scale, shift *tensor }

// normVectors returns the statistics and parameters of a batch norm: in training new tensors for
// the batch's statistics, in evaluation copies of the running ones.
func (b *builder) normVectors(nd node) (vectors, error) {
	shape := b.shape(nd.layer)
	md, err := dnnl.NewDesc(shape[:1], dnnl.A)
	if err != nil {
		return vectors{}, err
	}
	if !b.training {
		return b.folded.vectors(b.program, nd, md), nil
	}
	v := vectors{b.tensor(md), b.tensor(md), b.slot(nd, "weight", weights), b.slot(nd, "bias", weights)}
	b.norms = append(b.norms, normStats{nd.layer, v.mean, v.variance, b.n * nn.Size(shape[1:])})
	return v, nil
}

// relu builds a ReLU that no other node covers. Its gradient needs the output only.
func (b *builder) relu(nd node, x *tensor) (*tensor, back, error) {
	pd, err := b.engine.ReLUForward(b.prop(), &x.md)
	if err != nil {
		return nil, nil, b.fail(nd, "forward", err)
	}
	y := b.tensor(x.md)
	err = b.add(b.name(nd)+" forward", pd, arg{dnnl.Src, x}, arg{dnnl.Dst, y})
	return y, func(diff *tensor) error {
		nd.relu = true
		dx, err := b.throughReLU(nd, diff, y)
		if err != nil {
			return err
		}
		return b.contribute(nd.in[0], dx, b.name(nd)+" backward")
	}, err
}

// pool builds max or average pooling in the layout of its input.
func (b *builder) pool(nd node, alg dnnl.Alg, w dnnl.Window, x *tensor) (*tensor, back, error) {
	out, err := b.descOf(x.md.Type(), b.shape(nd.layer), dnnl.Any)
	if err != nil {
		return nil, nil, b.fail(nd, "output", err)
	}
	pd, err := b.engine.PoolForward(b.prop(), alg, w, &x.md, &out)
	if err != nil {
		return nil, nil, b.fail(nd, "forward", err)
	}
	y := b.tensor(pd.Dst())
	var chosen []arg // which input was the maximum
	if ws := pd.Workspace(); ws.Size() > 0 {
		chosen = []arg{{dnnl.Workspace, b.tensor(ws)}}
	}
	err = b.add(b.name(nd)+" forward", pd, append(chosen, arg{dnnl.Src, x}, arg{dnnl.Dst, y})...)
	return y, func(diff *tensor) error {
		back, err := b.engine.PoolBackward(alg, w, &x.md, &y.md, pd)
		if err != nil {
			return b.fail(nd, "backward", err)
		}
		dx := b.tensor(x.md)
		err = b.add(b.name(nd)+" backward", back, append(chosen, arg{dnnl.DiffDst, diff}, arg{dnnl.DiffSrc, dx})...)
		if err != nil {
			return err
		}
		return b.contribute(nd.in[0], dx, b.name(nd)+" backward")
	}, err
}

// flatten sees the input, row-major, as vectors: no bytes move if it is row-major already.
func (b *builder) flatten(nd node, x *tensor) (*tensor, back, error) {
	in := b.shape(nd.in[0])
	image, err := b.descOf(x.md.Type(), in, dnnl.Plain(1+len(in)))
	if err != nil {
		return nil, nil, b.fail(nd, "input", err)
	}
	vector, err := b.descOf(x.md.Type(), []int{nn.Size(in)}, dnnl.AB)
	if err != nil {
		return nil, nil, b.fail(nd, "output", err)
	}
	if !b.single(x, in) {
		if x, err = b.as(x, image, b.name(nd)); err != nil {
			return nil, nil, err
		}
	}
	return b.view(x.at, vector), func(diff *tensor) error {
		md := image
		if b.single(x, in) {
			md = x.md
		}
		return b.contribute(nd.in[0], b.view(diff.at, md), b.name(nd)+" backward")
	}, nil
}

// single reports whether x is an image of one pixel whose channels lie one after the other, in
// whatever layout.
func (b *builder) single(x *tensor, shape []int) bool {
	return len(shape) == 3 && shape[1]*shape[2] == 1 && x.md.Size() == b.n*shape[0]*x.md.Type().Size()
}

// sum builds a residual addition.
func (b *builder) sum(nd node, x, y *tensor) (*tensor, back, error) {
	y, err := b.as(y, x.md, b.name(nd)+" input")
	if err != nil {
		return nil, nil, err
	}
	out, err := b.binary(b.name(nd)+" forward", dnnl.BinaryAdd, x, y, nd.relu)
	return out, func(diff *tensor) error {
		diff, err := b.throughReLU(nd, diff, out)
		if err != nil {
			return err
		}
		for _, v := range nd.in {
			if !b.needs[v] {
				continue
			}
			if err := b.contribute(v, diff, b.name(nd)+" backward"); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// dropout multiplies by a mask of 0 and 1/(1-p), made anew by every step.
func (b *builder) dropout(nd node, op nn.Dropout, x *tensor) (*tensor, back, error) {
	drawn, err := b.plain(b.shape(nd.layer))
	if err != nil {
		return nil, nil, err
	}
	b.call(b.name(nd)+" mask", func() error { return b.mask(nd.layer, op.P, drawn) }, drawn)
	mask, err := b.as(drawn, x.md.As(dnnl.F32), b.name(nd)+" mask")
	if err != nil {
		return nil, nil, err
	}
	y, err := b.binary(b.name(nd)+" forward", dnnl.BinaryMul, x, mask, false)
	return y, func(diff *tensor) error {
		dx, err := b.binary(b.name(nd)+" backward", dnnl.BinaryMul, diff, mask, false)
		if err != nil {
			return err
		}
		return b.contribute(nd.in[0], dx, b.name(nd)+" backward")
	}, err
}
