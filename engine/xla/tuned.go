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

// tuned compiles the program of a step with algorithms that are timed, or without, where that fails: a plugin may not know an
// option, which are no part of the C API. It returns none where it is known that they are of no use.
func (m *model) tuned(text string) (p program) {
	t, known := m.engine.tuning, ""
	err := t.locked(m.waits, func() (err error) {
		if known, err = t.read(t.verdict(text)); err != nil || known == differs {
			return err
		}
		p, err = m.timed(text, known)
		return err
	})
	if err != nil {
		m.log(fmt.Sprintf("xla: steps are slower than they could be, since it cannot be found out which algorithms are fastest: %v", err))
	}
	if known != repeats && p != nil && err == nil {
		m.doubted[p] = true
	}
	return p
}

// timed is tuned of a program that repeats its bits, for all that is known. With an error the program is not tuned.
func (m *model) timed(text, known string) (p program, err error) {
	t := m.engine.tuning
	if known == fails {
		return m.plain(text), fmt.Errorf("it failed before; delete %s to try it again", t.dir)
	}
	if known != repeats {
		m.log("xla: the first time on a machine, algorithms are timed, which takes seconds to a minute")
	}
	if p, err = m.engine.device.Compile(text, t.options()); err == nil {
		return p, nil
	}
	if p = m.plain(text); p != nil {
		err = fmt.Errorf("%w; delete %s to try it again", err, t.dir)
	}
	return p, err
}

// plain compiles a program that could not be tuned, and keeps that for all runs to come; none where it cannot be compiled at all.
func (m *model) plain(text string) program {
	p, err := m.engine.compile(text, nil)
	if err != nil {
		return nil
	}
	m.keep(text, fails)
	return p
}

// waits tells the user what a step waits for.
func (m *model) waits() { m.log("xla: waits for another lgl that times algorithms") }

// proved tries the doubted program p of kind k on a step's inputs, and returns it, or another one if its bits were others each
// time. It is kept for all runs to come which of them holds, so that they take the same program.
func (m *model) proved(p program, k kind, in []buffer) (program, error) {
	found, err := m.repeated(p, in, k.n)
	if err != nil || found == "" {
		return p, err
	}
	delete(m.doubted, p)
	text, err := training(m.net, k, m.engine.precision)
	if err != nil {
		return nil, err
	}
	m.keep(text, found)
	if found == repeats {
		return p, nil
	}
	m.log("xla: the fastest algorithms give other bits each time: others are taken, which are somewhat slower")
	if err := m.steps.remove(p); err != nil {
		return nil, err
	}
	if p, err = m.engine.device.Compile(text, untuned); err != nil {
		return nil, err
	}
	return p, m.steps.add(k, p, m.batch)
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
