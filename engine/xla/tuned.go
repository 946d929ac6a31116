package xla

import (
	"bytes"
	"fmt"

	"github.com/local-to-global/lgl/internal/pjrt"
)

// worthTuning is how many multiply-adds a forward pass must have to be tuned, which takes seconds: steps of less than a
// millisecond are bound by the starting of kernels.
const worthTuning = 1e10

// tunes reports whether the program of a step on n samples is tuned: not that of the short batch at the end of an epoch, and
// not one that is divided.
func (m *model) tunes(n int) bool {
	return m.engine.tuning != nil && m.options.Reduce == nil && n == m.batch && float64(m.net.MACs())*float64(n) >= worthTuning
}

// tuned compiles the program of a step with algorithms that are timed; it returns none where that is known to be of no use,
// or cannot be: a plugin may not know an option, which are no part of the C API.
func (m *model) tuned(text string) (p program) {
	t, known := m.engine.tuning, ""
	err := t.locked(func() (err error) {
		if known, err = t.read(verdict(text)); err != nil || known == differs {
			return err
		}
		if known == "" {
			m.log("xla: the first time on a machine, algorithms are timed, which takes seconds to a minute")
		}
		p, err = m.engine.device.Compile(text, t.options())
		return err
	})
	if err != nil {
		m.log(fmt.Sprintf("xla: steps are slower than they could be, since it cannot be found out which algorithms are fastest: %v", err))
	}
	if known == "" {
		m.doubted = p
	}
	return p
}

// proved tries the doubted program of kind k on a step's inputs, and returns it, or another one if its bits were others each
// time. It is kept for all runs to come which of them holds, so that they take the same program.
func (m *model) proved(k kind, in []buffer) (program, error) {
	p := m.doubted
	found, err := m.repeated(p, in, k.n)
	if err != nil || found == "" {
		return p, err
	}
	m.doubted = nil
	text, err := training(m.net, k, m.engine.precision)
	if err != nil {
		return nil, err
	}
	if err := m.engine.tuning.write(verdict(text), found); err != nil {
		m.log(fmt.Sprintf("xla: what the algorithms of the step give is found out again by the next run: %v", err))
	}
	if found == repeats {
		return p, nil
	}
	m.log("xla: the fastest algorithms give other bits each time: others are taken, which are somewhat slower")
	if err := m.steps.remove(p); err != nil {
		return nil, err
	}
	p, err = m.engine.compile(text, nil)
	if err != nil {
		return nil, err
	}
	return p, m.steps.add(k, p, m.batch)
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
