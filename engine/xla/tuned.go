package xla

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/local-to-global/lgl/internal/pjrt"
)

// worthTuning is how many multiply-adds a forward pass must have to be tuned, which takes seconds: steps of less than a
// millisecond are bound by the starting of kernels. Tests change it.
var worthTuning = 1e10

// tunes reports whether the program of a step on n samples is tuned: not that of the short batch at the end of an epoch, and
// not one that is divided.
func (m *model) tunes(n int) bool {
	return m.engine.tuning != nil && m.options.Reduce == nil && n == m.batch && m.work() >= worthTuning
}

// work is the multiply-adds of a forward pass.
func (m *model) work() float64 { return float64(m.net.MACs()) * float64(m.batch) }

// BoundByDevice is how many multiply-adds of a forward pass make a step that is bound by the device, and not by the starting of
// kernels: of VGG-16 on pictures of 32x32 in batches of 128, which has 4e10, three runs at once took 0.65 of the time of one behind
// the other (bf16, on an H100; BenchmarkAtOnce).
const BoundByDevice = 1e11

// shortGraphs lets few kernels in a row be a CUDA graph, too, between convolutions, which cannot be in one: that is started
// sooner than they are one by one, but its begin and end take the device longer.
var shortGraphs = pjrt.Option{Name: "xla_gpu_graph_min_graph_size", Value: int64(2)}

// tuned compiles a program with algorithms that are timed, and returns what is known of the step by which it goes: itself, or, of
// an evaluation, the model's. It returns none where the plugin cannot, which may not know an option, since they are no part of
// the C API, and where an earlier process found that those of the model's step give other bits each time. All programs on whole
// batches go by that: of two that share a convolution, the one that is compiled second has the algorithm of the first.
func (m *model) tuned(text, by string) (p program, known string, err error) {
	t := m.engine.tuning
	failed := t.locked(m.waits, func() error {
		if known, err = t.known(m.step, by); err != nil || known == differs {
			return err
		}
		if known != repeats && text == by {
			m.log("xla: the first time on a machine, algorithms are timed, which takes seconds to a minute")
		}
		t.mark(m.step)
		options := t.options()
		if m.work() < BoundByDevice {
			options = append(options, shortGraphs)
		}
		p, err = m.engine.device.Compile(text, options)
		return err
	})
	var device *pjrt.Error
	switch {
	case errors.Is(failed, pjrt.ErrSilent), errors.As(failed, &device) && device.Code != pjrt.InvalidArgument: // XLA may hold on to some that it timed
		return nil, known, roomier(m.explain(failed))
	case failed != nil:
		m.log(fmt.Sprintf("xla: steps are slower than they could be, since it cannot be found out which algorithms are fastest: %v", failed))
	case known == differs && t.marked(m.step):
		return nil, known, errRestive
	}
	return p, known, nil
}

// roomier adds to an error for want of memory that timing takes some of its own, and so do the fastest algorithms.
func roomier(err error) error {
	if !OutOfMemory(err) {
		return err
	}
	return fmt.Errorf("%w; or "+OptionsVariable+"="+excludeOption+"=true, which neither times algorithms nor takes those that need much memory", err)
}

// errRestive ends a process whose programs would not repeat their bits.
var errRestive = errors.New("xla: the fastest algorithms give other bits each time, and XLA keeps to them until the process ends; begin again, and others are taken, which are somewhat slower (" + OptionsVariable + "=" + excludeOption + "=true takes them from the start)")

// waits tells the user what a step waits for.
func (m *model) waits() { m.log("xla: waits for another run that times algorithms") }

// Restive reports whether err ends a process that another one, begun as it was, would not end with.
func Restive(err error) bool { return errors.Is(err, errRestive) }

// proved tries the doubted program p on the inputs of a step of n samples, and keeps what it finds for all runs to come. It
// fails if the bits were others each time.
func (m *model) proved(p program, in []buffer, n int) error {
	found, err := m.repeated(p, in, n)
	if err != nil || found == "" {
		return err
	}
	text := m.doubted[p]
	delete(m.doubted, p)
	others, _ := m.engine.tuning.known(m.step, text) // another process may have tried it meanwhile
	if found == repeats && others != differs {
		m.keep(text, repeats)
		return nil
	}
	m.keep(m.step, differs)
	return errors.Join(errRestive, m.steps.remove(p))
}

// keep keeps for all runs to come what was found of a program.
func (m *model) keep(text, found string) {
	if err := m.engine.tuning.write(m.engine.tuning.verdict(text), found); err != nil {
		m.log(fmt.Sprintf("xla: what the algorithms of the step give is found out again by the next run: %v", err))
	}
}

// tries is how often a program must have given the same bits. Sums in the order in which thousands of threads come to them
// differ from one time to the next.
const tries = 3

// repeated returns whether a program repeats or differs on a step of n samples from the state as it is, which it leaves; ""
// if the step is not finite, and so changes nothing.
func (m *model) repeated(p program, in []buffer, n int) (string, error) {
	state, err := m.fetchAll(m.state)
	if err != nil {
		return "", err
	}
	var first [][]float32
	for range tries {
		outs, err := m.try(p, state, in, n)
		if err != nil {
			return "", err
		}
		report := outs[len(outs)-1]
		if notFinite(report[:n], report[n:]) != nil {
			return "", nil
		}
		if first == nil {
			first = outs
		}
		for i := range outs {
			if !bytes.Equal(bytesOf(outs[i]), bytesOf(first[i])) {
				return differs, nil
			}
		}
	}
	return repeats, nil
}

// try runs a program on copies of a state and of the flag, which give their memory to it, and returns the next state and the
// report.
func (m *model) try(p program, state [][]float32, in []buffer, n int) ([][]float32, error) {
	var args []buffer
	defer func() { closeAll(args) }()
	for i, x := range append(state, []float32{0}) {
		var dims []int // of the flag
		if i < len(m.slots) {
			dims = m.slots[i].dims
		}
		b, err := m.engine.device.Put(bytesOf(x), pjrt.F32, int64s(dims))
		if err != nil {
			return nil, err
		}
		args = append(args, b)
	}
	outs, err := p.Run(append(args[:len(args):len(args)], in[inX:]...))
	if err != nil {
		return nil, err
	}
	defer closeAll(outs[:len(outs)-1])
	report := make([]float32, n+reported)
	if err := fetch(outs[len(outs)-1], report, 1); err != nil {
		return nil, err
	}
	next, err := m.fetchAll(outs)
	return append(next, report), err
}
