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
	out, err := b.desc(x.md.Type(), b.shape(nd.layer), dnnl.Any)
	if err != nil {
		return nil, nil, b.fail(nd, "output", err)
	}
	pd, err := b.engine.PoolForward(b.prop(), alg, w, &x.md, &out)
	if err != nil {
		return nil, nil, b.fail(nd, "forward", err)
	}
	y := b.tensor(pd.Dst())
	chosen := arg{dnnl.Workspace, b.optional(pd.Workspace())} // which input was the maximum
	err = b.add(b.name(nd)+" forward", pd, arg{dnnl.Src, x}, arg{dnnl.Dst, y}, chosen)
	return y, func(diff *tensor) error {
		back, err := b.engine.PoolBackward(alg, w, &x.md, &y.md, pd)
		if err != nil {
			return b.fail(nd, "backward", err)
		}
		dx := b.tensor(x.md)
		if err := b.add(b.name(nd)+" backward", back, arg{dnnl.DiffDst, diff}, arg{dnnl.DiffSrc, dx}, chosen); err != nil {
			return err
		}
		return b.contribute(nd.in[0], dx, b.name(nd)+" backward")
	}, err
}

// flatten sees the input, row-major, as vectors: no bytes move if it is row-major already.
func (b *builder) flatten(nd node, x *tensor) (*tensor, back, error) {
	in := b.shape(nd.in[0])
	image, err := b.desc(x.md.Type(), in, dnnl.Plain(1+len(in)))
	if err != nil {
		return nil, nil, b.fail(nd, "input", err)
	}
	vector, err := b.desc(x.md.Type(), []int{nn.Size(in)}, dnnl.AB)
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
