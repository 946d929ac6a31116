package xla

import (
	"errors"
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
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
	p, err := m.program(m.kindOf(b), training)
	if err != nil {
		return nil, err
	}
	in, x, err := m.arguments(b, h)
	if err != nil {
		return nil, m.explain(err)
	}
	if m.doubted[p] {
		if p, err = m.proved(p, m.kindOf(b), in); err != nil {
			x.close()
			return nil, m.explain(err)
		}
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
		release(m.stopped)
		m.stopped = outs[len(m.state)]
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
		err = errors.Join(err, m.resume())
	}
	if err != nil {
		return engine.StepStats{}, err
	}
	return engine.StepStats{Losses: losses}, nil
}
