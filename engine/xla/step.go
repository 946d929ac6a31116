package xla

import (
	"errors"
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/pjrt"
	"github.com/local-to-global/lgl/nn"
)

// Step does one step and waits for it.
func (m *model) Step(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	if m.options.Reduce != nil {
		return m.dividedStep(b, h)
	}
	wait, err := m.Enqueue(b, h)
	if err != nil {
		return engine.StepStats{}, err
	}
	return wait()
}

// Enqueue begins a step.
func (m *model) Enqueue(b data.Batch, h engine.Hyper) (func() (engine.StepStats, error), error) {
	if m.options.Reduce != nil {
		stats, err := m.dividedStep(b, h)
		return func() (engine.StepStats, error) { return stats, err }, nil
	}
	if err := m.ready(b, h); err != nil {
		return nil, err
	}
	p, err := m.program(kindOf(b), training)
	if err != nil {
		return nil, err
	}
	in, x, err := m.arguments(b, h)
	if err != nil {
		return nil, m.explain(err)
	}
	outs, err := p.Run(append(slices.Clone(m.state), in...))
	x.close()
	if err != nil {
		m.drop()
		return nil, m.explain(err)
	}
	report := outs[len(outs)-1]
	m.take(outs[:len(outs)-1])
	return m.waiter(report, b.Len())
}

// ready refuses what cannot be a step.
func (m *model) ready(b data.Batch, h engine.Hyper) error {
	err := engine.CheckStep(m.net, m.batch, b, h)
	if err == nil {
		err = m.lost
	}
	if err != nil {
		return fmt.Errorf("xla: %w", err)
	}
	return nil
}

// take replaces the state and the flag by a program's outputs. What they had was used up.
func (m *model) take(outs []buffer) {
	for i := range m.state {
		m.state[i].Close()
		m.state[i] = outs[i]
	}
	if len(outs) > len(m.state) {
		release(m.sick)
		m.sick = outs[len(m.state)]
	}
}

// waiter begins to fetch a report of n losses, and returns what waits for it. Where that fails,
// nobody knows how the step ended, so that its state is dropped.
func (m *model) waiter(report buffer, n int) (func() (engine.StepStats, error), error) {
	values := make([]float32, n+reported)
	done, err := report.Fetch(bytesOf(values), 1)
	if err != nil {
		report.Close()
		m.drop()
		return nil, m.explain(err)
	}
	m.queued++
	return func() (engine.StepStats, error) {
		err := done.Wait()
		report.Close()
		if err != nil {
			m.drop()
			m.queued--
			return engine.StepStats{}, m.explain(err)
		}
		return m.judge(values[:n], values[n:])
	}, nil
}

// errBehind is the error of a step behind one that was not finite.
var errBehind = errors.New("xla: the step was not made, because one before it was not finite")

// judge turns a report into the result of its step.
func (m *model) judge(losses, behind []float32) (engine.StepStats, error) {
	err := notFinite(losses, behind)
	if behind[2] != 0 {
		err = errBehind
	}
	m.queued--
	m.failed = m.failed || err != nil
	if m.failed && m.queued == 0 {
		err = errors.Join(err, m.heal())
	}
	if err != nil {
		return engine.StepStats{}, err
	}
	return engine.StepStats{Losses: losses}, nil
}

// arguments returns the inputs of a step behind the state. Those of the batch are closed after the
// run; the others are kept as long as they are the same.
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
		x.close()
		return nil, x, err
	}
	others, err := m.inputs.update(c, m.net, n, b.Weight, h)
	if err != nil {
		x.close()
		return nil, x, err
	}
	in := make([]buffer, inputs)
	in[inSick], in[inX], in[inY] = m.sick, x.x, x.y
	copy(in[inWeight:], others)
	return in, x, nil
}

// batchBuffers are the inputs that each step has its own of.
type batchBuffers struct{ x, y buffer }

func (b *batchBuffers) close() {
	release(b.x)
	release(b.y)
}

// cached holds the inputs that are often the same from step to step, in the order of a program's:
// weights, mask, hyperparameters, seed.
type cached struct {
	buffers [inputs - inWeight]buffer
	bytes   [inputs - inWeight]string
}

// update returns the inputs' buffers, made anew where they changed.
func (c *cached) update(client device, net nn.Net, n int, weight []float32, h engine.Hyper) ([]buffer, error) {
	if weight == nil {
		weight = ones(n)
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
		release(c.buffers[i])
		c.buffers[i], c.bytes[i] = b, string(in.data)
	}
	return c.buffers[:], nil
}

func (c *cached) close() { closeAll(c.buffers[:]) }

func ones(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	return x
}

// dividedStep is a step with Options.Reduce between gradients and update.
func (m *model) dividedStep(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	if err := m.ready(b, h); err != nil {
		return engine.StepStats{}, err
	}
	p, err := m.program(kindOf(b), slopesProgram)
	if err != nil {
		return engine.StepStats{}, err
	}
	in, x, err := m.arguments(b, h)
	if err != nil {
		return engine.StepStats{}, m.explain(err)
	}
	defer x.close()
	outs, err := p.Run(append(slices.Clone(m.state[:len(weights(m.slots))]), in...))
	if err != nil {
		return engine.StepStats{}, m.explain(err)
	}
	defer closeAll(outs)
	losses, gradients := make([]float32, b.Len()+reported), make([]float32, m.net.TrainableValues())
	if err := errors.Join(fetch(outs[len(outs)-1], losses, 1), fetch(outs[0], gradients, 1)); err != nil {
		return engine.StepStats{}, m.explain(err)
	}
	if err := notFinite(losses[:b.Len()], losses[b.Len():]); err != nil {
		return engine.StepStats{}, err
	}
	if err := m.options.Reduce(gradients); err != nil {
		return engine.StepStats{}, fmt.Errorf("xla: reducing the gradients: %w", err)
	}
	if i := slices.IndexFunc(gradients, func(g float32) bool { return g-g != 0 }); i >= 0 {
		return engine.StepStats{}, &engine.NotFiniteError{What: "gradient", Index: -1, Value: gradients[i]}
	}
	return engine.StepStats{Losses: losses[:b.Len()]}, m.apply(gradients, outs[1:len(outs)-1], in[inHyper])
}

// apply updates the state with gradients and the new statistics.
func (m *model) apply(gradients []float32, stats []buffer, hyper buffer) error {
	var err error
	if m.update == nil {
		if m.update, err = m.engine.compile(updateProgram(m.net), nil); err != nil {
			return err
		}
	}
	g, err := m.engine.device.Put(bytesOf(gradients), pjrt.F32, []int64{int64(len(gradients))})
	if err != nil {
		return m.explain(err)
	}
	defer g.Close()
	// In the order in which updateProgram asks: gradients, statistics, hyperparameters.
	in := append(append(slices.Clone(m.state), g), append(slices.Clone(stats), hyper)...)
	outs, err := m.update.Run(in)
	if err != nil {
		m.drop()
		return m.explain(err)
	}
	m.take(outs)
	return nil
}

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
