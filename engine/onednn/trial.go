package onednn

import (
	"errors"
	"time"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// ordinary is a byte of which numbers of both types have ordinary values, about 0.01.
const ordinary = 0x3c

// trial is one candidate, ready to run.
type trial struct{ *program }

// weightsByTap reports whether a candidate finds the weights by tap: forward, and all in bfloat16,
// have them as they want, backward as forward chose.
func (t *tuner) weightsByTap(direction string, g conv, alg dnnl.Alg) bool {
	if direction == forward || direction == inference || g.bf16 {
		return alg == taps
	}
	e, _ := t.known(forward + " " + g.String())
	return e.alg() == taps
}

// by returns what builds a convolution by an algorithm.
func (t *tuner) by(direction string, g conv, alg dnnl.Alg) func(trial) error {
	return func(c trial) error { return c.build(direction, g, alg, t.weightsByTap(direction, g, alg)) }
}

// trial makes a program ready to run. Its memory is written to, since reading pages that never were
// is faster than reading memory.
func (t *tuner) trial(build func(trial) error) (trial, error) {
	c := trial{newProgram(t.engine, new(region))}
	err := build(c)
	if err == nil {
		err = c.alone("timing")
	}
	for i := range *c.arena {
		(*c.arena)[i] = ordinary
	}
	if err == nil {
		err = c.bind()
	}
	if err != nil {
		err = errors.Join(err, c.free())
	}
	return c, err
}

// build adds the convolution between tensors in the layouts of the direct forward pass, which the
// rest of a network takes: a candidate that wants others pays for the reorders.
// The weights lie by tap or as that pass has them.
func (c trial) build(direction string, g conv, alg dnnl.Alg, byTap bool) error {
	base, err := g.primitive(c.engine, forward, dnnl.Direct)
	if err != nil {
		return err
	}
	c.hint(base)
	lies, err := g.slab(c.engine, base)
	if byTap {
		lies, err = g.byTap()
	}
	if err != nil {
		return err
	}
	x, y, w := c.tensor(base.Src()), c.tensor(base.Dst()), c.tensor(lies)
	if alg == taps {
		err = c.taps(direction, g, x, y, w)
	} else {
		err = c.library(direction, g, alg, x, y, w)
	}
	c.touch(x, y, w)
	return err
}

// taps adds the convolution by taps.
func (c trial) taps(direction string, g conv, x, y, w *tensor) error {
	k := tapping{c.program, g, direction}
	bias, err := c.bias(g)
	if err != nil {
		return err
	}
	switch direction {
	case backwardData:
		dx, err := k.data(y, w)
		if err == nil {
			_, err = c.as(dx, x.md, "input gradient")
		}
		return err
	case backwardWeights:
		md, err := g.byTap()
		if err != nil {
			return err
		}
		dw := c.tensor(md)
		if err := k.weights(x, y, dw, bias); err != nil {
			return err
		}
		_, err = c.as(dw, w.md, "weight gradient")
		return err
	}
	_, _, err = k.forward(x, w, bias, y.md, false)
	return err
}

// library adds the convolution by an algorithm of the library.
func (c trial) library(direction string, g conv, alg dnnl.Alg, x, y, w *tensor) error {
	pd, err := g.primitive(c.engine, direction, alg)
	if err != nil {
		return err
	}
	c.hint(pd)
	bias, err := c.bias(g)
	if err != nil {
		return err
	}
	switch direction {
	case backwardData:
		dx := arg{dnnl.DiffSrc, c.tensor(pd.DiffSrc())}
		return c.apply(direction, pd, []arg{dx}, input{dnnl.DiffDst, y, pd.DiffDst()}, input{dnnl.Weights, w, pd.Weights()})
	case backwardWeights:
		dw := c.tensor(pd.DiffWeights())
		err := c.apply(direction, pd, []arg{{dnnl.DiffWeights, dw}, {dnnl.DiffBias, bias}}, input{dnnl.Src, x, pd.Src()}, input{dnnl.DiffDst, y, pd.DiffDst()})
		if err == nil {
			_, err = c.as(dw, w.md, "weight gradient")
		}
		return err
	case inference:
		w = c.tensor(pd.Weights()) // they lie as the candidate wants them
	}
	return c.apply(direction, pd, []arg{{dnnl.Dst, c.tensor(pd.Dst())}, {dnnl.Bias, bias}}, input{dnnl.Src, x, pd.Src()}, input{dnnl.Weights, w, pd.Weights()})
}

// input is an argument of a primitive that takes it in layout md.
type input struct {
	index int32
	t     *tensor
	md    dnnl.Desc
}

// apply adds a primitive, and the reorders of its inputs.
func (c trial) apply(name string, pd dnnl.PrimitiveDesc, args []arg, inputs ...input) error {
	for _, in := range inputs {
		t, err := c.as(in.t, in.md, name)
		if err != nil {
			return err
		}
		args = append(args, arg{in.index, t})
	}
	return c.add(name, pd, args...)
}

// bias returns a bias, or its gradient; nil if the convolution has none.
func (c trial) bias(g conv) (*tensor, error) {
	if !g.bias {
		return nil, nil
	}
	md, err := dnnl.NewDesc(g.out[:1], dnnl.A)
	return c.tensor(md), err
}

// tiled adds a convolution by Winograd's method with products of bfloat16.
func (c trial) tiled(direction string, g conv, threads int) error {
	xmd, err1 := blocked(dnnl.BF16, g.n, g.in)
	ymd, err2 := blocked(dnnl.BF16, g.n, g.out)
	wmd, err3 := g.kernels()
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	x, y, w := c.tensor(xmd), c.tensor(ymd), c.tensor(wmd)
	var err error
	switch direction {
	case backwardData:
		err = c.product(direction, g.backwardTiles(threads), y, w)
	case backwardWeights:
		err = g.tiles(threads).weights(c.program, direction, x, y, w, nil)
	default:
		err = c.product(direction, g.tiles(threads), x, w)
	}
	c.touch(x, y, w)
	return err
}

// product adds a forward pass or a gradient by the input. In inference the weights are transformed
// already.
func (c trial) product(direction string, t tiled, x, w *tensor) error {
	md, _, err := t.kernels(false)
	u := c.tensor(md)
	if err == nil && direction != inference {
		u, err = t.transformed(c.program, direction, w, direction == backwardData)
	}
	if err != nil {
		return err
	}
	_, err = t.forward(c.program, direction, x, u, nil, dnnl.BF16, false)
	return err
}

// cast adds a cast of images in blocks of 16 channels.
func (c trial) cast(from, to dnnl.Type, n int, shape []int) error {
	md, err := blocked(from, n, shape)
	if err != nil {
		return err
	}
	_, err = c.as(c.tensor(md), md.As(to), "cast")
	return err
}

// norm adds a batch norm, forward and backward, over images in blocks of 16 channels.
func (c trial) norm(typ dnnl.Type, n int, shape []int, relu bool) error {
	md, err1 := blocked(typ, n, shape)
	vectorMD, err2 := dnnl.NewDesc(shape[:1], dnnl.A)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	flags := dnnl.UseScale | dnnl.UseShift
	if relu {
		flags |= dnnl.FuseReLU
	}
	pd, err := c.engine.NormForward(dnnl.Training, &md, 1e-5, flags)
	if err != nil {
		return err
	}
	vector := func() *tensor { return c.tensor(vectorMD) }
	x, y, dx := c.tensor(md), c.tensor(md), c.tensor(md)
	f := normed{vectors: vectors{vector(), vector(), vector(), vector()}, mask: c.optional(pd.Workspace())}
	if err := c.add("forward", pd, f.args(arg{dnnl.Src, x}, arg{dnnl.Dst, y})...); err != nil {
		return err
	}
	if pd, err = c.engine.NormBackward(&md, &md, 1e-5, flags, pd); err != nil {
		return err
	}
	return c.add("backward", pd, f.args(arg{dnnl.Src, x}, arg{dnnl.DiffDst, y}, arg{dnnl.DiffSrc, dx},
		arg{dnnl.DiffScale, vector()}, arg{dnnl.DiffShift, vector()})...)
}

// time runs the program once and returns the milliseconds.
func (c trial) time(s dnnl.Stream) (float64, error) {
	start := time.Now()
	err := c.run(s, nil)
	return float64(time.Since(start).Nanoseconds()) / 1e6, err
}
