package xla

import (
	"errors"
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/pjrt"
	"github.com/local-to-global/lgl/nn"
)

// A step is divided in two where Options.Reduce stands between: gradientsProgram computes, the host
// changes the gradients, updateProgram applies them.

// gradientsProgram has the parameters and statistics and the inputs of training; its outputs are the
// gradients, one behind the other as package engine orders them, the new statistics likewise if there
// are any, the report.
func gradientsProgram(net nn.Net, k kind, precision string) (string, error) {
	s := source{graph: newGraph(net, k.n, precision)}
	all := slots(net)
	s.state(weights(all), false)
	in, losses, err := s.pass(k, -1)
	if err != nil {
		return "", err
	}
	report, _ := s.verdict(all, losses, in[inStopped])
	var gradients, stats []value
	for _, p := range net.Params() {
		if !p.Trainable() {
			stats = append(stats, s.stats[p.Name])
			continue
		}
		v := s.paramGrads[p.Name]
		if len(v.dims) == 4 {
			v = s.transpose(v, 0, 3, 1, 2)
		}
		gradients = append(gradients, s.reshape(v, v.elements()))
	}
	outs := []value{s.join(gradients)}
	if len(stats) > 0 {
		outs = append(outs, s.join(stats))
	}
	return s.module(s.args, append(outs, report)), nil
}

// updateProgram has the state, the gradients, the new statistics and the hyperparameters; its
// outputs are the state.
func updateProgram(net nn.Net) string {
	s := source{graph: newGraph(net, 1, "f32")}
	all := slots(net)
	state := s.state(all, true)
	gradients := s.input(typ{[]int{net.TrainableValues()}, f32}, -1)
	trained := slices.DeleteFunc(net.Params(), func(p nn.Param) bool { return !p.Trainable() })
	s.apart(gradients, trained, s.paramGrads)
	for _, p := range trained {
		v := s.reshape(s.paramGrads[p.Name], p.Shape...)
		if len(p.Shape) == 4 {
			v = s.transpose(v, 0, 2, 3, 1)
		}
		s.paramGrads[p.Name] = v
	}
	s.takeStats(all)
	hyper := s.input(typ{[]int{3}, f32}, -1)
	return s.module(s.args, s.next(all, state, hyper))
}

// takeStats adds the new statistics as an input, if there are any.
func (s *source) takeStats(all []slot) {
	for _, sl := range weights(all) {
		if sl.params[0].Trainable() {
			continue
		}
		s.apart(s.input(typ{sl.dims, f32}, -1), sl.params, s.stats)
	}
}

// dividedStep is a step with Options.Reduce between gradients and update, of what was found ready.
func (m *model) dividedStep(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	p, err := m.program(m.kindOf(b), gradientsProgram)
	if err != nil {
		return engine.StepStats{}, err
	}
	in, x, err := m.arguments(b, h)
	defer x.close()
	if err != nil {
		return engine.StepStats{}, m.explain(err)
	}
	outs, err := p.Run(append(slices.Clone(m.state[:len(weights(m.slots))]), in...))
	if err != nil {
		return engine.StepStats{}, m.explain(err)
	}
	defer closeAll(outs)
	losses, gradients := make([]float32, b.Len()+reported), make([]float32, m.net.TrainableValues())
	if err := errors.Join(fetch(outs[len(outs)-1], losses, 1), fetch(outs[0], gradients, 1)); err != nil {
		return engine.StepStats{}, m.explain(err)
	}
	if err := notFinite(losses[:b.Len()], losses[b.Len():]); err != nil {
		return engine.StepStats{}, err
	}
	if err := m.options.Reduce(gradients); err != nil {
		return engine.StepStats{}, fmt.Errorf("xla: reducing the gradients: %w", err)
	}
	if i := slices.IndexFunc(gradients, func(g float32) bool { return g-g != 0 }); i >= 0 {
		return engine.StepStats{}, &engine.NotFiniteError{What: "gradient", Index: -1, Value: gradients[i]}
	}
	return engine.StepStats{Losses: losses[:b.Len()]}, m.apply(gradients, outs[1:len(outs)-1], in[inHyper])
}

// enqueueDivided makes a divided step at once, unless it is behind one that failed.
func (m *model) enqueueDivided(b data.Batch, h engine.Hyper) (func() (engine.StepStats, error), error) {
	if err := m.ready(b, h); err != nil {
		return nil, err
	}
	stats, err := engine.StepStats{}, errBehind
	if !m.failed {
		stats, err = m.dividedStep(b, h)
	}
	m.failed = m.failed || err != nil
	m.queued++
	return func() (engine.StepStats, error) {
		if m.queued--; m.queued == 0 {
			m.failed = false
		}
		return stats, err
	}, nil
}

// apply updates the state with gradients and the new statistics.
func (m *model) apply(gradients []float32, stats []buffer, hyper buffer) error {
	var err error
	if m.update == nil {
		if m.update, err = m.engine.compile(updateProgram(m.net), m.wayOut(), nil); err != nil {
			return err
		}
	}
	g, err := m.engine.device.Put(bytesOf(gradients), pjrt.F32, []int64{int64(len(gradients))})
	if err != nil {
		return m.explain(err)
	}
	defer g.Close()
	// In the order in which updateProgram asks: gradients, statistics, hyperparameters.
	in := append(append(slices.Clone(m.state), g), append(slices.Clone(stats), hyper)...)
	outs, err := m.update.Run(in)
	if err != nil {
		m.drop()
		return m.explain(err)
	}
	m.take(outs)
	return nil
}
