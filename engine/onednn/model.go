package onednn

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// kept is how many programs for short batches a model keeps of each kind, besides the one for
// the full batch.
const kept = 2

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
	input   int     // values of a sample

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

// plan is the program of one batch size, for training or evaluation.
type plan struct {
	*program
	edges
	n        int
	training bool
	norms    []normStats
	folded   *folded
}

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

// compile builds the training program of the full batch, and with it the layout of the slabs.
func (m *model) compile() error {
	dnnl.SetThreads(m.options.Threads)
	var err error
	m.input = nn.Size(m.net.Input)
	m.losses = make([]float32, m.batch)
	m.tuner = newTuner(m.engine.engine, m.engine.stream, m.engine.info, m.options.Threads, m.options.Log)
	m.tuner.forced = m.engine.forced
	if err := m.tuner.take(m.options.Timings); err != nil {
		return err
	}
	m.mixed = map[bool]*mixture{}
	if m.store, err = newStore(m.engine.engine, m.net); err != nil {
		return err
	}
	p, err := m.build(m.batch, true)
	if err != nil {
		return err
	}
	m.plans = []*plan{p}
	if err := m.store.allocate(); err != nil {
		return err
	}
	return m.bind(p)
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
	p := &plan{program: newProgram(m.engine.engine, &m.arena), n: n, training: training}
	b := &builder{program: p.program, net: m.net, n: n, training: training, store: m.store, mask: m.mask, mix: x, threads: m.options.Threads}
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
			momentum := s[nn.MomentumPrefix+p.Name].Data
			if momentum == nil {
				momentum = make([]float32, p.Len())
			}
			err := errors.Join(m.store.write(m.engine.stream, p, weights, s[p.Name].Data),
				m.store.write(m.engine.stream, p, momenta, momentum))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Save returns a copy of the state.
func (m *model) Save() (nn.State, error) {
	s := nn.State{}
	err := m.do(func() error {
		for _, p := range m.net.Params() {
			if stat, ok := m.store.stats[p.Name]; ok {
				s[p.Name] = nn.Tensor{Shape: p.Shape, Data: slices.Clone(stat)}
			}
		}
		for _, p := range m.store.params {
			w, v := make([]float32, p.Len()), make([]float32, p.Len())
			err := errors.Join(m.store.read(m.engine.stream, p, weights, w), m.store.read(m.engine.stream, p, momenta, v))
			if err != nil {
				return err
			}
			s[p.Name] = nn.Tensor{Shape: slices.Clone(p.Shape), Data: w}
			s[nn.MomentumPrefix+p.Name] = nn.Tensor{Shape: slices.Clone(p.Shape), Data: v}
		}
		return nil
	})
	return s, err
}

// Step trains on one batch.
func (m *model) Step(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	if err := m.check(b, h); err != nil {
		return engine.StepStats{}, err
	}
	n := b.Len()
	m.running, m.hyper = b, h
	err := m.do(func() error {
		p, err := m.plan(n, true)
		if err != nil {
			return err
		}
		own := func(name string, f func()) {
			_ = m.watch.part(name, "", func() error { f(); return nil }) // f has none
		}
		own("copy of the batch", func() { copy(p.input.at.floats(len(b.X)), b.X) })
		if err := p.run(m.engine.stream, m.watch); err != nil {
			return err
		}
		if err := m.watch.part("check of the gradients", "", func() error { return m.reduce(p) }); err != nil {
			return err
		}
		own("update", func() {
			update(m.options.Threads, m.store.all(weights), m.store.all(momenta), m.store.all(gradients), h)
		})
		own("running statistics", func() { m.moveStats(p) })
		m.version++
		return nil
	})
	m.running = data.Batch{}
	if err != nil {
		return engine.StepStats{}, err
	}
	return engine.StepStats{Losses: m.losses[:n]}, nil
}

// check refuses a batch that does not fit the network.
func (m *model) check(b data.Batch, h engine.Hyper) error {
	if err := engine.CheckStep(m.net, m.batch, b, h); err != nil {
		return fmt.Errorf("onednn: %w", err)
	}
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

// checkGradients reports a gradient, or a batch statistic, that is not finite.
func (m *model) checkGradients(p *plan) error {
	bad := &engine.NotFiniteError{What: "gradient", Index: -1, Value: float32(math.NaN())}
	if !finite(m.options.Threads, m.store.all(gradients)) {
		return bad
	}
	for _, s := range p.norms {
		for _, t := range []*tensor{s.mean, s.vari} {
			if !finiteRange(t.at.floats(t.md.Size() / 4)) {
				return bad
			}
		}
	}
	return nil
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
		move(m.store.stats[layer.Name+".running_var"], s.vari, momentum, float32(s.count)/float32(s.count-1))
	}
}

func move(running []float32, batch *tensor, momentum, scale float32) {
	for i, v := range batch.at.floats(len(running)) {
		running[i] = (1-momentum)*running[i] + momentum*(scale*v)
	}
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
		x := p.input.at.floats(size * m.input)
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
