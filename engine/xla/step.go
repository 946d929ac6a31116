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
	wait, err := m.Enqueue(b, h)
	if err != nil {
		return engine.StepStats{}, err
	}
	return wait()
}

// Enqueue copies a step's inputs to the device and begins the step before it. XLA copies nothing while what was begun
// before is at work, so that inputs of a step that was begun at once would come when the one before had ended, with the
// device idle.
func (m *model) Enqueue(b data.Batch, h engine.Hyper) (func() (engine.StepStats, error), error) {
	if m.options.Reduce != nil {
		return m.enqueueDivided(b, h)
	}
	if err := m.ready(b, h); err != nil {
		return nil, err
	}
	p, err := m.program(m.kindOf(b), training)
	if err != nil {
		return nil, err
	}
	in, x, err := m.arguments(b, h)
	m.begin()
	if err != nil {
		x.close()
		return nil, m.explain(err)
	}
	s := &step{program: p, n: b.Len(), in: in, batch: x}
	m.ahead = s
	m.queued++
	return func() (engine.StepStats, error) { return m.end(s) }, nil
}

// step is a step whose inputs are on their way to the device, or that was begun.
type step struct {
	program program
	n       int      // samples
	in      []buffer // behind the state
	batch   *batchBuffers
	report  buffer
	values  []float32 // of the report
	sent    event     // of its copy to values
	err     error     // why the step could not be begun
}

// begin begins the step whose inputs were copied, if there is one. Where that fails, nobody knows how the step ended, and those
// behind it must not be made, so that the state is dropped.
func (m *model) begin() {
	s := m.ahead
	if s == nil {
		return
	}
	m.ahead = nil
	if m.lost != nil {
		s.err = fmt.Errorf("xla: %w", m.lost)
	} else if err := m.run(s); err != nil {
		s.err = m.lose(s, err)
	}
	s.batch.close()
}

// lose drops the state behind a step that the device did not make, and says why it did not.
func (m *model) lose(s *step, err error) error {
	m.drop()
	if err = m.explain(err); m.tunes(s.n) && !m.untunable {
		err = roomier(err)
	}
	return err
}

// run enqueues a step, which replaces the state, and the copy of its report.
func (m *model) run(s *step) error {
	s.in[inStopped] = m.stopped
	if m.doubted[s.program] != "" {
		if err := m.proved(s.program, s.in, s.n); err != nil {
			return err
		}
	}
	outs, err := s.program.Run(append(slices.Clone(m.state), s.in...))
	if err != nil {
		return err
	}
	s.report = outs[len(outs)-1]
	m.take(outs[:len(outs)-1])
	s.values = make([]float32, s.n+reported)
	if s.sent, err = s.report.Fetch(bytesOf(s.values), 1); err != nil {
		s.report.Close()
	}
	return err
}

// end waits for a step.
func (m *model) end(s *step) (engine.StepStats, error) {
	if s == m.ahead {
		m.begin()
	}
	m.queued--
	if s.err != nil {
		return engine.StepStats{}, s.err
	}
	err := s.sent.Wait()
	s.report.Close()
	if err != nil {
		return engine.StepStats{}, m.lose(s, err)
	}
	return m.judge(s.values[:s.n], s.values[s.n:])
}

// ready refuses what cannot be a step.
func (m *model) ready(b data.Batch, h engine.Hyper) error {
	err := engine.CheckStep(m.net, m.batch, m.options, b, h)
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

// errBehind is the error of a step behind one that failed.
var errBehind = errors.New("xla: the step was not made, because one before it failed")

// judge turns a report into the result of its step.
func (m *model) judge(losses, behind []float32) (engine.StepStats, error) {
	err := notFinite(losses, behind)
	if behind[2] != 0 {
		err = errBehind
	}
	m.failed = m.failed || err != nil
	if m.failed && m.queued == 0 {
		err = errors.Join(err, m.resume())
	}
	if err != nil {
		return engine.StepStats{}, err
	}
	return engine.StepStats{Losses: losses}, nil
}
