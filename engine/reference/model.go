package reference

import (
	"fmt"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// model is a compiled network.
type model struct {
	*program
	*store
	options engine.Options
	exps    []float64 // [K] of the loss
	losses  []float32 // [batch]
}

func newModel(net nn.Net, batch int, o engine.Options) (*model, error) {
	s := newStore(net, o.Evaluation)
	p, err := build(net, batch, o, s)
	if err != nil {
		return nil, err
	}
	return &model{p, s, o, make([]float64, net.Classes), make([]float32, batch)}, nil
}

// Load replaces the state.
func (m *model) Load(s nn.State) error {
	if err := m.net.Check(s); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	m.load(s)
	return nil
}

// Save returns a copy of the state.
func (m *model) Save() (nn.State, error) { return m.save(), nil }

// Close does nothing: the memory is the garbage collector's.
func (m *model) Close() error { return nil }

// pass runs kernels one after another.
func (m *model) pass(ks []kernel, n int) {
	for _, k := range ks {
		run(k, n, m.options.Threads)
	}
}

// Step trains on one batch.
func (m *model) Step(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	if err := m.check(b, h); err != nil {
		return engine.StepStats{}, err
	}
	n := b.Len()
	copy(m.input.value, b.X)
	m.seed = h.Seed
	m.pass(m.training, n)
	m.pass(m.clearing, n)
	if err := crossEntropy(m.logits, b, h.Active, m.exps, m.losses); err != nil {
		return engine.StepStats{}, err
	}
	m.pass(m.backward, n)
	if err := m.share(); err != nil {
		return engine.StepStats{}, err
	}
	m.update(h)
	for _, k := range m.norms {
		k.moveStats(n)
	}
	return engine.StepStats{Losses: m.losses[:n]}, nil
}

// check refuses a batch that does not fit the network.
func (m *model) check(b data.Batch, h engine.Hyper) error {
	if err := engine.CheckStep(m.net, m.batch, m.options, b, h); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	return nil
}

// share checks the batch's variances and the gradients, and passes these through Options.Reduce.
func (m *model) share() error {
	for _, k := range m.norms {
		if err := finite("batch variance", k.variance); err != nil {
			return err
		}
	}
	if err := finite("gradient", m.grads); err != nil || m.options.Reduce == nil {
		return err
	}
	if err := m.options.Reduce(m.grads); err != nil {
		return fmt.Errorf("reference: reducing the gradients: %w", err)
	}
	return finite("gradient", m.grads)
}

// finite reports the first value that is not.
func finite(what string, x []float32) error {
	for _, v := range x {
		if v-v != 0 {
			return &engine.NotFiniteError{What: what, Index: -1, Value: v}
		}
	}
	return nil
}

// Logits evaluates a batch.
func (m *model) Logits(b data.Batch, dst []float32) error {
	if _, err := engine.CheckLogits(m.net, m.batch, b, dst); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	copy(m.input.value, b.X)
	m.pass(m.evaluation, len(dst)/m.net.Classes)
	copy(dst, m.logits.value)
	return nil
}
