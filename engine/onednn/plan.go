package onednn

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// kept is how many programs for short batches a model keeps of each kind, besides the one for
// the full batch.
const kept = 2

// plan is the program of one batch size, for training or evaluation.
type plan struct {
	*program
	edges
	n        int
	training bool
	norms    []normStats
	folded   *folded
}

// mixture returns what is bfloat16 in programs of a kind, whatever their batch: what is fastest for
// the full batch.
func (m *model) mixture(training bool) (*mixture, error) {
	if !m.engine.bf16 || m.mixed[training] != nil {
		return m.mixed[training], nil
	}
	x, err := mix(m.tuner, m.net, m.batch, training)
	m.mixed[training] = x
	return x, err
}

// build makes the program for n samples. Its convolutions take the algorithms of the full batch.
func (m *model) build(n int, training bool) (*plan, error) {
	x, err := m.mixture(training)
	if err != nil {
		return nil, err
	}
	l, err := lower(m.net, n, training, x != nil)
	if err != nil {
		return nil, err
	}
	p := &plan{program: newProgram(m.engine.engine, &m.arena), n: n, training: training}
	b := &builder{program: p.program, lowered: l, store: m.store, mask: m.mask, mix: x, threads: m.options.Threads}
	if !training {
		p.folded = &folded{store: m.store, net: m.net, version: -1}
		b.folded = p.folded
	}
	b.choose = func(direction string, g conv) (dnnl.Alg, error) {
		g.n = m.batch
		return m.tuner.choose(direction, g)
	}
	p.edges, err = b.build(func() error { return m.loss(p) })
	p.norms = b.norms
	m.tuner.save()
	if err == nil && p.folded != nil {
		p.folded.region, err = allocate(p.folded.size, "the weights of evaluation")
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// bind gives the program memory: the arena all programs share, which grows if it must. Where it cannot, no program has
// one, so that all are forgotten; they are made again when they are needed.
func (m *model) bind(p *plan) error {
	if p.size <= len(m.arena) {
		return p.bind()
	}
	if err := m.arena.free(); err != nil {
		return err
	}
	var err error
	if m.arena, err = allocate(p.size, fmt.Sprintf("the activations of %s at batch %d", m.net.Name, p.n)); err != nil {
		return errors.Join(err, m.forget())
	}
	for _, q := range m.plans {
		err = errors.Join(err, q.bind())
	}
	return errors.Join(err, p.bind())
}

// forget closes all programs.
func (m *model) forget() error {
	var err error
	for _, p := range m.plans {
		err = errors.Join(err, p.close())
	}
	m.plans = nil
	return err
}

// plan returns the program for n samples, made now if need be, and marks it as just used.
func (m *model) plan(n int, training bool) (*plan, error) {
	at := slices.IndexFunc(m.plans, func(p *plan) bool { return p.n == n && p.training == training })
	if at >= 0 {
		p := m.plans[at]
		copy(m.plans[1:at+1], m.plans[:at])
		m.plans[0] = p
		return p, nil
	}
	p, err := m.add(n, training)
	return p, m.explain(err)
}

// add makes the program for n samples and puts it before the others.
func (m *model) add(n int, training bool) (*plan, error) {
	p, err := m.build(n, training)
	if err != nil {
		return nil, err
	}
	if err := m.bind(p); err != nil {
		return nil, errors.Join(err, p.close())
	}
	m.plans = slices.Insert(m.plans, 0, p)
	return p, m.evict(training)
}

// evict closes the least recently used programs for short batches beyond the number kept.
func (m *model) evict(training bool) error {
	count := 0
	var err error
	m.plans = slices.DeleteFunc(m.plans, func(p *plan) bool {
		if p.training != training || p.n == m.batch {
			return false
		}
		count++
		if count <= kept {
			return false
		}
		err = errors.Join(err, p.close())
		return true
	})
	return err
}

func (p *plan) close() error {
	err := p.program.close()
	if p.folded != nil {
		err = errors.Join(err, p.folded.region.free())
	}
	return err
}

// Plan returns what computes each layer and direction of the training step: the names of the
// library's implementations.
func (m *model) Plan() map[string]string {
	for _, p := range m.plans {
		if p.training && p.n == m.batch {
			return maps.Clone(p.impl)
		}
	}
	return nil
}
