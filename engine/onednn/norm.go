package onednn

import (
	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// normed is a batch norm whose forward pass is built.
type normed struct {
	vectors
	md    dnnl.Desc // of its input and output, as images
	eps   float32
	flags dnnl.NormFlags
	hint  dnnl.PrimitiveDesc
	mask  *tensor // what the ReLU after it let pass; nil without
}

// norm builds a batch norm with the ReLU after it. A vector [F] is seen as F channels of 1x1.
func (b *builder) norm(nd node, op nn.BatchNorm, x *tensor) (*tensor, back, error) {
	f := normed{eps: op.Eps, flags: b.normFlags(nd)}
	var err error
	if f.md, err = b.channels(x.md, b.shape(nd.layer)); err != nil {
		return nil, nil, err
	}
	if f.hint, err = b.engine.NormForward(b.prop(), &f.md, f.eps, f.flags); err != nil {
		return nil, nil, b.fail(nd, "forward", err)
	}
	b.hint(f.hint)
	y := b.tensor(x.md)
	if f.vectors, err = b.normVectors(nd); err != nil {
		return nil, nil, err
	}
	f.mask = b.optional(f.hint.Workspace())
	err = b.add(b.name(nd)+" forward", f.hint, f.args(arg{dnnl.Src, b.view(x.at, f.md)}, arg{dnnl.Dst, b.view(y.at, f.md)})...)
	return y, func(diff *tensor) error { return b.normBackward(nd, f, x, diff) }, err
}

// args are the arguments that both passes take, beside the given ones.
func (f normed) args(others ...arg) []arg {
	return append(others, arg{dnnl.Mean, f.mean}, arg{dnnl.Variance, f.variance}, arg{dnnl.Scale, f.scale}, arg{dnnl.Shift, f.shift},
		arg{dnnl.Workspace, f.mask})
}

func (b *builder) normFlags(nd node) dnnl.NormFlags {
	flags := dnnl.UseScale | dnnl.UseShift
	if nd.relu {
		flags |= dnnl.FuseReLU
	}
	if !b.training {
		flags |= dnnl.GlobalStats
	}
	return flags
}

// normBackward builds the gradients of a batch norm.
func (b *builder) normBackward(nd node, f normed, x, diff *tensor) error {
	pd, err := b.engine.NormBackward(&f.md, &f.md, f.eps, f.flags, f.hint)
	if err != nil {
		return b.fail(nd, "backward", err)
	}
	dx := b.tensor(x.md)
	args := f.args(arg{dnnl.Src, b.view(x.at, f.md)}, arg{dnnl.DiffDst, b.view(diff.at, f.md)}, arg{dnnl.DiffSrc, b.view(dx.at, f.md)},
		arg{dnnl.DiffScale, b.slot(nd, "weight", gradients)}, arg{dnnl.DiffShift, b.slot(nd, "bias", gradients)})
	name := b.name(nd) + " backward"
	if err := b.add(name, pd, args...); err != nil || !b.needs[nd.in[0]] {
		return err
	}
	return b.contribute(nd.in[0], dx, name)
}

// channels is md, or for a vector [F] the same bytes as [F 1 1].
func (b *builder) channels(md dnnl.Desc, shape []int) (dnnl.Desc, error) {
	if len(shape) == 3 {
		return md, nil
	}
	return b.desc(md.Type(), []int{shape[0], 1, 1}, dnnl.ACDB)
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
