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
	var builds []func(trial) error
	for _, w := range all {
		builds = append(builds, t.way(w, direction, g, alg))
	}
	times, err := t.times("ways of "+direction+" "+g.String(), builds...)
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

// way returns what builds a convolution computed in a way; alg is that of float32.
func (t *tuner) way(w way, direction string, g conv, alg dnnl.Alg) func(trial) error {
	g.bf16 = w != inFloat32
	switch w {
	case winogradBF16:
		return func(c trial) error { return c.tiled(direction, g, t.threads) }
	case directBF16:
		alg = dnnl.Direct
	case tapsBF16:
		alg = taps
	}
	return t.by(direction, g, alg)
}

// norm returns the milliseconds of a batch norm over images [C H W], forward and backward, in
// float32 and in bfloat16.
func (t *tuner) norm(n int, shape []int, relu bool) ([]float64, error) {
	if t.forced != nil {
		return []float64{1, 0}, nil
	}
	try := func(typ dnnl.Type) func(trial) error {
		return func(c trial) error { return c.norm(typ, n, shape, relu) }
	}
	return t.times(fmt.Sprintf("batch norm n%d %dx%dx%d relu=%t", n, shape[0], shape[1], shape[2], relu), try(dnnl.F32), try(dnnl.BF16))
}

// cast returns the milliseconds of a cast of images between float32 and bfloat16, the mean of both
// ways.
func (t *tuner) cast(n int, shape []int) (float64, error) {
	if t.forced != nil {
		return 0, nil
	}
	try := func(from, to dnnl.Type) func(trial) error {
		return func(c trial) error { return c.cast(from, to, n, shape) }
	}
	ms, err := t.times(fmt.Sprintf("cast n%d %dx%dx%d", n, shape[0], shape[1], shape[2]), try(dnnl.F32, dnnl.BF16), try(dnnl.BF16, dnnl.F32))
	if err != nil {
		return 0, err
	}
	return (ms[0] + ms[1]) / 2, nil
}

// times returns the milliseconds of programs, timed in turn, or as the file of timings has them.
func (t *tuner) times(key string, builds ...func(trial) error) ([]float64, error) {
	tuned.Lock()
	defer tuned.Unlock()
	e, ok := t.known(key)
	if ok && len(e.MS) == len(builds) {
		return e.MS, nil
	}
	if !t.told {
		t.log("onednn: timing what bfloat16 makes faster for this network; once on this machine, up to half a minute")
		t.told = true
	}
	ms, err := t.measureAll(builds)
	if err != nil {
		return nil, fmt.Errorf("onednn: timing %s: %w", key, err)
	}
	t.learn(key, timing{Choice: mixedly, MS: ms})
	return ms, nil
}

func (t *tuner) measureAll(builds []func(trial) error) (ms []float64, err error) {
	var trials []trial
	defer func() {
		for _, c := range trials {
			err = errors.Join(err, c.free())
		}
	}()
	for _, build := range builds {
		c, err := t.trial(build)
		if err != nil {
			return nil, err
		}
		trials, ms = append(trials, c), append(ms, math.Inf(1))
	}
	for round, start := 0, time.Now(); round < 4 || round < 12 && time.Since(start) < 150*time.Millisecond; round++ {
		if err := t.round(start); err != nil {
			return nil, err
		}
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
