package onednn

import (
	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

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
