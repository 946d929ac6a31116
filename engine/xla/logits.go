package xla

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
)

// Logits evaluates a batch and waits for it.
func (m *model) Logits(b data.Batch, dst []float32) error {
	wait, err := m.EnqueueLogits(b, dst)
	if err != nil {
		return err
	}
	return wait()
}

// EnqueueLogits copies a batch to the device, padded to the size that the program is for, and begins the batch before it, for
// the reason that Enqueue has.
func (m *model) EnqueueLogits(b data.Batch, dst []float32) (func() error, error) {
	n, err := engine.CheckLogits(m.net, m.batch, b, dst)
	if err == nil {
		err = m.lost
	}
	if err != nil {
		return nil, fmt.Errorf("xla: %w", err)
	}
	if err := m.compileLogits(); err != nil {
		return nil, err
	}
	x, err := m.stage.put(b.X, int64s(append([]int{m.batch}, m.net.Input...)))
	m.beginPass()
	if err != nil {
		return nil, m.explain(err)
	}
	p := &pass{x: x, logits: dst}
	if n < m.batch {
		p.logits = make([]float32, m.batch*m.net.Classes)
	}
	m.passed = p
	return func() error {
		err := m.endPass(p)
		copy(dst, p.logits)
		return err
	}, nil
}

func (m *model) compileLogits() error {
	if m.eval != nil {
		return nil
	}
	text, err := evaluation(m.net, m.batch, m.engine.precision)
	m.eval, _, err = m.compile(text, m.step, err, m.tunes(m.batch))
	return err
}

// pass is a batch that is on its way through the network.
type pass struct {
	x      buffer
	out    buffer
	logits []float32 // [batch K]
	sent   event     // of the copy to logits
	err    error     // why it could not be begun
}

// beginPass begins the pass whose batch was copied, if there is one.
func (m *model) beginPass() {
	p := m.passed
	if p == nil {
		return
	}
	m.passed = nil
	defer p.x.Close()
	if p.err = m.lost; p.err != nil {
		return
	}
	outs, err := m.eval.Run(append(slices.Clone(m.state[:len(weights(m.slots))]), p.x))
	if err == nil {
		p.out = outs[0]
		p.sent, err = p.out.Fetch(bytesOf(p.logits), 2)
	}
	p.err = err
}

// endPass waits for a pass.
func (m *model) endPass(p *pass) error {
	if p == m.passed {
		m.beginPass()
	}
	defer release(p.out)
	if p.err == nil {
		p.err = p.sent.Wait()
	}
	return m.explain(p.err)
}
