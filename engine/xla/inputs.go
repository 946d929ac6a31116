package xla

import (
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/pjrt"
	"github.com/local-to-global/lgl/nn"
)

// arguments returns the inputs of a step behind the state. Those of the batch are to be closed when the step has begun,
// or after an error, but not before the step before has; the others are kept as long as they are the same.
func (m *model) arguments(b data.Batch, h engine.Hyper) ([]buffer, *batchBuffers, error) {
	n := b.Len()
	x := &batchBuffers{}
	var err error
	if x.x, err = m.stage.put(b.X, int64s(append([]int{n}, m.net.Input...))); err != nil {
		return nil, x, err
	}
	c := m.engine.device
	if b.Targets != nil {
		x.y, err = c.Put(bytesOf(b.Targets), pjrt.F32, []int64{int64(n), int64(m.net.Classes)})
	} else {
		x.y, err = c.Put(bytesOf(b.Y), pjrt.S32, []int64{int64(n)})
	}
	if err != nil {
		return nil, x, err
	}
	others, err := m.inputs.update(c, m.net, n, b.Weight, h, x)
	if err != nil {
		return nil, x, err
	}
	in := make([]buffer, inputs)
	in[inStopped], in[inX], in[inY] = m.stopped, x.x, x.y
	copy(in[inWeight:], others)
	return in, x, nil
}

// batchBuffers are the inputs that each step has its own of, and what is of no use when the step has begun.
type batchBuffers struct {
	x, y     buffer
	replaced []buffer // inputs that the step before was the last to have
}

func (b *batchBuffers) close() { closeAll(append(b.replaced, b.x, b.y)) }

// cached holds the inputs that are often the same from step to step, in the order of a program's:
// weights, mask, hyperparameters, seed.
type cached struct {
	buffers [inputs - inWeight]buffer
	bytes   [inputs - inWeight]string
}

// update returns the inputs' buffers, made anew where they changed; x gets those of before.
func (c *cached) update(client device, net nn.Net, n int, weight []float32, h engine.Hyper, x *batchBuffers) ([]buffer, error) {
	if weight == nil {
		weight = slices.Repeat([]float32{1}, n)
	}
	active := make([]byte, net.Classes)
	for i := range active {
		if h.Active == nil || h.Active[i] {
			active[i] = 1
		}
	}
	for i, in := range []struct {
		data []byte
		t    pjrt.Type
		dims []int64
	}{
		{bytesOf(weight), pjrt.F32, []int64{int64(n)}},
		{active, pjrt.Pred, []int64{int64(net.Classes)}},
		{bytesOf([]float32{h.LR, h.Momentum, h.WeightDecay}), pjrt.F32, []int64{3}},
		{bytesOf([]uint64{h.Seed}), pjrt.U64, nil},
	} {
		if c.buffers[i] != nil && c.bytes[i] == string(in.data) {
			continue
		}
		b, err := client.Put(in.data, in.t, in.dims)
		if err != nil {
			return nil, err
		}
		x.replaced = append(x.replaced, c.buffers[i])
		c.buffers[i], c.bytes[i] = b, string(in.data)
	}
	return c.buffers[:], nil
}

func (c *cached) close() { closeAll(c.buffers[:]) }

func closeAll(buffers []buffer) {
	for _, b := range buffers {
		release(b)
	}
}

// release closes a buffer, if there is one.
func release(b buffer) {
	if b != nil {
		b.Close()
	}
}
