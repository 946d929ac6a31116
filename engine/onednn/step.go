package onednn

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// Step trains on one batch.
func (m *model) Step(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	if err := engine.CheckStep(m.net, m.batch, m.options, b, h); err != nil {
		return engine.StepStats{}, fmt.Errorf("onednn: %w", err)
	}
	m.running, m.hyper = b, h
	err := m.do(func() error {
		p, err := m.plan(b.Len(), true)
		if err != nil {
			return err
		}
		return m.step(p)
	})
	m.running = data.Batch{}
	if err != nil {
		return engine.StepStats{}, err
	}
	return engine.StepStats{Losses: m.losses[:b.Len()]}, nil
}

// step makes the running step by its program.
func (m *model) step(p *plan) error {
	own := func(name string, f func()) {
		_ = m.watch.part(name, "", func() error { f(); return nil }) // f has none
	}
	own("copy of the batch", func() { copy(p.input.at.floats(len(m.running.X)), m.running.X) })
	if err := p.run(m.engine.stream, m.watch); err != nil {
		return err
	}
	if err := m.watch.part("check of the gradients", "", func() error { return m.reduce(p) }); err != nil {
		return err
	}
	own("update", func() {
		update(m.options.Threads, m.store.all(weights), m.store.all(momenta), m.store.all(gradients), m.hyper)
	})
	own("running statistics", func() { m.moveStats(p) })
	m.version++
	return nil
}

// loss is the step between forward and backward.
func (m *model) loss(p *plan) error {
	size := p.n * m.net.Classes
	return crossEntropy(p.logits.at.floats(size), m.running, m.hyper.Active, m.losses, p.diff.at.floats(size))
}

// mask fills a dropout mask for the running step.
func (m *model) mask(layer int, p float32, mask *tensor) error {
	values := mask.at.floats(mask.md.Size() / 4)
	keep := 1 / (1 - p)
	parallel(m.options.Threads, len(values), func(from, to int) {
		for e := from; e < to; e++ {
			values[e] = 0
			if nn.DropKeep(m.hyper.Seed, layer, uint64(e), p) {
				values[e] = keep
			}
		}
	})
	return nil
}

// reduce checks the gradients, and gives them to Options.Reduce.
func (m *model) reduce(p *plan) error {
	if err := m.checkGradients(p); err != nil || m.options.Reduce == nil {
		return err
	}
	if err := m.shareGradients(); err != nil {
		return err
	}
	return m.checkGradients(p)
}

// checkGradients reports a batch statistic, or a gradient, that is not finite.
func (m *model) checkGradients(p *plan) error {
	for _, s := range p.norms {
		n := s.variance.md.Size() / 4
		if err := cmp.Or(m.notFinite("batch variance", s.variance.at.floats(n)), m.notFinite("batch mean", s.mean.at.floats(n))); err != nil {
			return err
		}
	}
	return m.notFinite("gradient", m.store.all(gradients))
}

// notFinite reports the first value that is not finite, for which it looks only if there is one.
func (m *model) notFinite(what string, x []float32) error {
	if finite(m.options.Threads, x) {
		return nil
	}
	at := slices.IndexFunc(x, func(v float32) bool { return v-v != 0 })
	return &engine.NotFiniteError{What: what, Index: -1, Value: x[at]}
}

// shareGradients passes all gradients, row-major and in the order of the parameters, through
// Options.Reduce.
func (m *model) shareGradients() error {
	m.shared = m.shared[:0]
	for _, q := range m.store.params {
		at := len(m.shared)
		m.shared = append(m.shared, make([]float32, q.Len())...)
		if err := m.store.read(m.engine.stream, q, gradients, m.shared[at:]); err != nil {
			return err
		}
	}
	if err := m.options.Reduce(m.shared); err != nil {
		return err
	}
	rest := m.shared
	for _, q := range m.store.params {
		if err := m.store.write(m.engine.stream, q, gradients, rest[:q.Len()]); err != nil {
			return err
		}
		rest = rest[q.Len():]
	}
	return nil
}

// moveStats moves the running statistics towards the batch's: r = (1 - momentum) r + momentum s,
// with the unbiased variance.
func (m *model) moveStats(p *plan) {
	for _, s := range p.norms {
		layer := m.net.Layers[s.layer]
		momentum := layer.Op.(nn.BatchNorm).Momentum
		move(m.store.stats[layer.Name+".running_mean"], s.mean, momentum, 1)
		move(m.store.stats[layer.Name+".running_var"], s.variance, momentum, float32(s.count)/float32(s.count-1))
	}
}

func move(running []float32, batch *tensor, momentum, scale float32) {
	for i, v := range batch.at.floats(len(running)) {
		running[i] = (1-momentum)*running[i] + momentum*(scale*v)
	}
}
