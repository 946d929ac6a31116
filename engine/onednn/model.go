package onednn

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// model is a compiled network.
type model struct {
	engine  *Engine
	net     nn.Net
	batch   int
	options engine.Options
	tuner   *tuner
	mixed   map[bool]*mixture // of training, of evaluation; filled with bf16 only
	store   *store            // nil: closed
	arena   region
	plans   []*plan // most recently used first
	version int     // counts changes of the weights

	running data.Batch // what the loss of the running step needs
	hyper   engine.Hyper
	losses  []float32
	shared  []float32 // all gradients, row-major, for Options.Reduce
	watch   watch
}

var (
	_ engine.Model   = (*model)(nil)
	_ engine.Timed   = (*model)(nil)
	_ engine.Watcher = (*model)(nil)
)

// Watch tells f where the time goes.
func (m *model) Watch(f func(engine.Part)) { m.watch = f }

// do runs f on the engine's thread with the model's number of threads, unless the model is closed.
func (m *model) do(f func() error) error {
	return m.engine.do(func() error {
		if m.store == nil {
			return errModelClosed
		}
		dnnl.SetThreads(m.options.Threads)
		return f()
	})
}

// compile builds the training program of the full batch, and with it the layout of the slabs; or, where that is all that
// the model is for, the program of evaluation.
func (m *model) compile() error {
	dnnl.SetThreads(m.options.Threads)
	var err error
	m.losses = make([]float32, m.batch)
	m.tuner = &tuner{engine: m.engine.engine, stream: m.engine.stream, threads: m.options.Threads, stop: m.options.Stop, forced: m.engine.forced,
		timings: openTimings(cachePath(m.engine.info, m.options.Threads), m.options.Log)}
	if err := m.tuner.take(m.options.Timings); err != nil {
		return err
	}
	m.mixed = map[bool]*mixture{}
	if m.store, err = newStore(m.engine.engine, m.net); err != nil {
		return err
	}
	if m.options.Evaluation {
		if err := m.store.allocate("the weights"); err != nil {
			return err
		}
		_, err := m.add(m.batch, false)
		return err
	}
	p, err := m.build(m.batch, true)
	if err != nil {
		return err
	}
	m.plans = []*plan{p}
	if err := m.store.allocate("the weights", "the gradients", "the momentum"); err != nil {
		return err
	}
	return m.bind(p)
}

// Timings returns what the algorithms so far were chosen by.
func (m *model) Timings() []byte {
	text, err := json.Marshal(m.tuner.used)
	if err != nil {
		panic(err) // words and finite numbers
	}
	return text
}

// Load replaces the state.
func (m *model) Load(s nn.State) error {
	if err := m.net.Check(s); err != nil {
		return err
	}
	return m.do(func() error {
		m.version++
		for name, stat := range m.store.stats {
			copy(stat, s[name].Data)
		}
		for _, p := range m.store.params {
			if err := m.store.write(m.engine.stream, p, weights, s[p.Name].Data); err != nil {
				return err
			}
			if m.options.Evaluation {
				continue
			}
			momentum := s[nn.MomentumPrefix+p.Name].Data
			if momentum == nil {
				momentum = make([]float32, p.Len())
			}
			if err := m.store.write(m.engine.stream, p, momenta, momentum); err != nil {
				return err
			}
		}
		return nil
	})
}

// Save returns a copy of the state.
func (m *model) Save() (nn.State, error) {
	s := nn.State{}
	keep := func(p *param, slab int, name string) error {
		v := make([]float32, p.Len())
		s[name] = nn.Tensor{Shape: slices.Clone(p.Shape), Data: v}
		return m.store.read(m.engine.stream, p, slab, v)
	}
	err := m.do(func() error {
		for _, p := range m.net.Params() {
			if stat, ok := m.store.stats[p.Name]; ok {
				s[p.Name] = nn.Tensor{Shape: slices.Clone(p.Shape), Data: slices.Clone(stat)}
			}
		}
		for _, p := range m.store.params {
			err := keep(p, weights, p.Name)
			if err == nil && !m.options.Evaluation {
				err = keep(p, momenta, nn.MomentumPrefix+p.Name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return s, err
}

// Logits evaluates a batch. A short one runs in the program of the next power of two: in
// evaluation mode no sample affects another.
func (m *model) Logits(b data.Batch, dst []float32) error {
	n, err := engine.CheckLogits(m.net, m.batch, b, dst)
	if err != nil {
		return fmt.Errorf("onednn: %w", err)
	}
	size := min(m.batch, 1<<bits.Len(uint(n-1)))
	return m.do(func() error {
		p, err := m.plan(size, false)
		if err != nil {
			return err
		}
		if err := p.folded.refresh(m.engine.stream, m.version); err != nil {
			return err
		}
		x := p.input.at.floats(size * nn.Size(m.net.Input))
		clear(x[copy(x, b.X):])
		if err := p.run(m.engine.stream, m.watch); err != nil {
			return err
		}
		copy(dst, p.logits.at.floats(len(dst)))
		return nil
	})
}

// Close frees the model. Closing it again does nothing.
func (m *model) Close() error {
	if m.store == nil {
		return nil
	}
	return m.do(func() error {
		err := errors.Join(m.forget(), m.arena.free(), m.store.close())
		m.store = nil
		return err
	})
}
