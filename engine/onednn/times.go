package onednn

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// conv returns the milliseconds of a convolution in a direction, each way: in float32 with the
// algorithm that is chosen there, and in bfloat16 from float32 weights.
func (t *tuner) conv(direction string, g conv) (ms [ways]float64, err error) {
	for w := range ms {
		ms[w] = math.Inf(1)
	}
	all := g.ways()
	if t.forced != nil {
		for _, w := range all {
			ms[w] = t.forced[w]
		}
		return ms, nil
	}
	alg, err := t.choose(direction, g)
	if err != nil {
		return ms, err
	}
	var candidates []func() (trial, error)
	for _, w := range all {
		candidates = append(candidates, func() (trial, error) { return t.way(w, direction, g, alg) })
	}
	times, err := t.times("ways of "+direction+" "+g.String(), candidates...)
	if err != nil {
		return ms, err
	}
	for i, w := range all {
		ms[w] = times[i]
	}
	return ms, nil
}

// ways lists those that can be had for a convolution.
func (g conv) ways() []way {
	all := []way{inFloat32, directBF16}
	if tileable(g) {
		all = append(all, winogradBF16)
	}
	if g.sparse() {
		all = append(all, tapsBF16)
	}
	return all
}

// way builds the program of a convolution computed in a way; alg is that of float32.
func (t *tuner) way(w way, direction string, g conv, alg dnnl.Alg) (trial, error) {
	g.bf16 = w != inFloat32
	switch w {
	case winogradBF16:
		return t.trial(func(c trial) error { return c.tiled(direction, g, t.threads) })
	case directBF16:
		alg = dnnl.Direct
	case tapsBF16:
		alg = taps
	}
	return t.candidate(direction, g, alg)
}

// norm returns the milliseconds of a batch norm over images [C H W], forward and backward, in
// float32 and in bfloat16.
func (t *tuner) norm(n int, shape []int, relu bool) ([]float64, error) {
	if t.forced != nil {
		return []float64{1, 0}, nil
	}
	try := func(typ dnnl.Type) func() (trial, error) {
		return func() (trial, error) {
			return t.trial(func(c trial) error { return c.norm(typ, n, shape, relu) })
		}
	}
	return t.times(fmt.Sprintf("batch norm n%d %dx%dx%d relu=%t", n, shape[0], shape[1], shape[2], relu), try(dnnl.F32), try(dnnl.BF16))
}

// cast returns the milliseconds of a cast of images between float32 and bfloat16, the mean of both
// ways.
func (t *tuner) cast(n int, shape []int) (float64, error) {
	if t.forced != nil {
		return 0, nil
	}
	try := func(from, to dnnl.Type) func() (trial, error) {
		return func() (trial, error) {
			return t.trial(func(c trial) error {
				md, err := blocked(from, n, shape)
				if err != nil {
					return err
				}
				_, err = c.program.as(c.program.tensor(md), md.As(to), "cast")
				return errors.Join(err, c.program.complete())
			})
		}
	}
	ms, err := t.times(fmt.Sprintf("cast n%d %dx%dx%d", n, shape[0], shape[1], shape[2]), try(dnnl.F32, dnnl.BF16), try(dnnl.BF16, dnnl.F32))
	if err != nil {
		return 0, err
	}
	return (ms[0] + ms[1]) / 2, nil
}

// tiled adds a convolution by Winograd's method with products of bfloat16.
func (c trial) tiled(direction string, g conv, threads int) error {
	p := c.program
	xmd, err1 := blocked(dnnl.BF16, g.n, g.in)
	ymd, err2 := blocked(dnnl.BF16, g.n, g.out)
	wmd, err3 := g.kernels()
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	x, y, w := p.tensor(xmd), p.tensor(ymd), p.tensor(wmd)
	var err error
	switch direction {
	case backwardData:
		err = c.product(direction, g.backwardTiles(threads), y, w)
	case backwardWeights:
		err = g.tiles(threads).weights(p, direction, x, y, w, nil)
	default:
		err = c.product(direction, g.tiles(threads), x, w)
	}
	p.touch(x, y, w)
	return errors.Join(err, p.complete())
}

// product adds a forward pass or a gradient by the input. In inference the weights are transformed
// already.
func (c trial) product(direction string, t tiled, x, w *tensor) error {
	md, _, err := t.kernels(false)
	u := c.program.tensor(md)
	if err == nil && direction != inference {
		u, err = t.transformed(c.program, direction, w, direction == backwardData)
	}
	if err != nil {
		return err
	}
	_, err = t.forward(c.program, direction, x, u, nil, dnnl.BF16, false)
	return err
}

// norm adds a batch norm, forward and backward, over images in blocks of 16 channels.
func (c trial) norm(typ dnnl.Type, n int, shape []int, relu bool) error {
	p := c.program
	md, err1 := blocked(typ, n, shape)
	vector, err2 := dnnl.NewDesc(shape[:1], dnnl.A)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	flags := dnnl.UseScale | dnnl.UseShift
	if relu {
		flags |= dnnl.FuseReLU
	}
	pd, err := p.engine.NormForward(dnnl.Training, &md, 1e-5, flags)
	if err != nil {
		return err
	}
	x, y, dx := p.tensor(md), p.tensor(md), p.tensor(md)
	args := []arg{{dnnl.Src, x}}
	for _, index := range []int32{dnnl.Mean, dnnl.Variance, dnnl.Scale, dnnl.Shift} {
		args = append(args, arg{index, p.tensor(vector)})
	}
	if ws := pd.Workspace(); ws.Size() > 0 {
		args = append(args, arg{dnnl.Workspace, p.tensor(ws)})
	}
	if err := p.add("forward", pd, append(args, arg{dnnl.Dst, y})...); err != nil {
		return err
	}
	if pd, err = p.engine.NormBackward(&md, &md, 1e-5, flags, pd); err != nil {
		return err
	}
	args = append(args, arg{dnnl.DiffDst, y}, arg{dnnl.DiffSrc, dx}, arg{dnnl.DiffScale, p.tensor(vector)}, arg{dnnl.DiffShift, p.tensor(vector)})
	return errors.Join(p.add("backward", pd, args...), p.complete())
}

// times returns the milliseconds of programs, timed in turn, or as the file of timings has them.
func (t *tuner) times(key string, candidates ...func() (trial, error)) ([]float64, error) {
	tuned.Lock()
	defer tuned.Unlock()
	e, ok := t.known(key)
	if ok && len(e.MS) == len(candidates) {
		return e.MS, nil
	}
	if !t.told {
		t.log("onednn: timing what bfloat16 makes faster for this network; once on this machine, up to half a minute")
		t.told = true
	}
	ms, err := t.measureAll(candidates)
	if err != nil {
		return nil, fmt.Errorf("onednn: timing %s: %w", key, err)
	}
	t.learn(key, timing{Choice: mixedly, MS: ms})
	return ms, nil
}

func (t *tuner) measureAll(candidates []func() (trial, error)) (ms []float64, err error) {
	var trials []trial
	defer func() {
		for _, c := range trials {
			err = errors.Join(err, c.close())
		}
	}()
	for _, candidate := range candidates {
		c, err := candidate()
		if err != nil {
			return nil, err
		}
		trials, ms = append(trials, c), append(ms, math.Inf(1))
	}
	for round, start := 0, time.Now(); round < 4 || round < 12 && time.Since(start) < 150*time.Millisecond; round++ {
		for i, c := range trials {
			took, err := c.time(t.stream)
			if err != nil {
				return nil, err
			}
			if round > 0 { // the first run warms the caches
				ms[i] = min(ms[i], rounded(took))
			}
		}
	}
	return ms, nil
}
