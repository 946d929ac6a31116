package onednn

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// conv returns the milliseconds of a convolution in a direction, in float32 with the algorithm
// that is chosen there, and in bfloat16 from float32 weights.
func (t *tuner) conv(direction string, g conv) (wide, narrow float64, err error) {
	if t.narrow {
		return 1, 0, nil
	}
	alg, err := t.choose(direction, g)
	if err != nil {
		return 0, 0, err
	}
	h := g
	h.bf16 = true
	return t.pair(direction+" "+g.String(),
		func() (trial, error) { return t.candidate(direction, g, alg) },
		func() (trial, error) { return t.candidate(direction, h, dnnl.Direct) })
}

// norm returns the milliseconds of a batch norm over images [C H W], forward and backward, in
// float32 and in bfloat16.
func (t *tuner) norm(n int, shape []int, relu bool) (wide, narrow float64, err error) {
	if t.narrow {
		return 1, 0, nil
	}
	try := func(typ dnnl.Type) func() (trial, error) {
		return func() (trial, error) {
			return t.trial(func(c trial) error { return c.norm(typ, n, shape, relu) })
		}
	}
	return t.pair(fmt.Sprintf("batch norm n%d %dx%dx%d relu=%t", n, shape[0], shape[1], shape[2], relu), try(dnnl.F32), try(dnnl.BF16))
}

// cast returns the milliseconds of a cast of images between float32 and bfloat16, the mean of both
// ways.
func (t *tuner) cast(n int, shape []int) (float64, error) {
	if t.narrow {
		return 0, nil
	}
	try := func(from, to dnnl.Type) func() (trial, error) {
		return func() (trial, error) {
			return t.trial(func(c trial) error {
				md, err := dnnl.NewDescOf(from, append([]int{n}, shape...), dnnl.ABCD16B)
				if err != nil {
					return err
				}
				_, err = c.program.as(c.program.tensor(md), md.As(to), "cast")
				return errors.Join(err, c.program.complete())
			})
		}
	}
	there, back, err := t.pair(fmt.Sprintf("cast n%d %dx%dx%d", n, shape[0], shape[1], shape[2]), try(dnnl.F32, dnnl.BF16), try(dnnl.BF16, dnnl.F32))
	return (there + back) / 2, err
}

// norm adds a batch norm, forward and backward, over images in blocks of 16 channels.
func (c trial) norm(typ dnnl.Type, n int, shape []int, relu bool) error {
	p := c.program
	md, err1 := dnnl.NewDescOf(typ, append([]int{n}, shape...), dnnl.ABCD16B)
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

// pair returns the milliseconds of two programs, timed in turn, or as the file of timings has them.
func (t *tuner) pair(key string, a, b func() (trial, error)) (x, y float64, err error) {
	key = "float32 and bfloat16: " + key
	tuned.Lock()
	defer tuned.Unlock()
	e, ok := tuned.files[t.path][key]
	if !ok {
		if e, err = t.measurePair(a, b); err != nil {
			return 0, 0, fmt.Errorf("onednn: timing %s: %w", key, err)
		}
		tuned.files[t.path][key] = e
		t.fresh++
	}
	return e.Float32, e.BF16, nil
}

func (t *tuner) measurePair(a, b func() (trial, error)) (timing, error) {
	p, err := a()
	if err != nil {
		return timing{}, err
	}
	defer p.close()
	q, err := b()
	if err != nil {
		return timing{}, err
	}
	defer q.close()
	e := timing{Choice: mixedly, Float32: math.Inf(1), BF16: math.Inf(1)}
	for round, start := 0, time.Now(); round < 4 || round < 12 && time.Since(start) < 100*time.Millisecond; round++ {
		x, err1 := p.time(t.stream)
		y, err2 := q.time(t.stream)
		if err := errors.Join(err1, err2); err != nil {
			return timing{}, err
		}
		if round > 0 { // the first run warms the caches
			e.Float32, e.BF16 = min(e.Float32, x), min(e.BF16, y)
		}
	}
	e.Float32, e.BF16 = rounded(e.Float32), rounded(e.BF16)
	return e, nil
}
