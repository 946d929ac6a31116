package xla

import (
	"fmt"
	"math"

	"github.com/local-to-global/lgl/nn"
)

// slot is one tensor of a model's state on the device.
type slot struct {
	name     string // in nn.State
	param    nn.Param
	momentum bool
	dims     []int // on the device: as in nn.State, but [O H W I] for convolutions
}

// slots lists a network's state: parameters and statistics in the order of Net.Params, then the
// momentum buffers in the same order.
func slots(net nn.Net) []slot {
	var all, momenta []slot
	for _, p := range net.Params() {
		dims := p.Shape
		if len(dims) == 4 {
			dims = []int{dims[0], dims[2], dims[3], dims[1]}
		}
		all = append(all, slot{p.Name, p, false, dims})
		if p.Trainable() {
			momenta = append(momenta, slot{nn.MomentumPrefix + p.Name, p, true, dims})
		}
	}
	return append(all, momenta...)
}

// The order of a training program's inputs behind the state: a flag that is 1 after a step whose
// numbers were not finite; the batch; what package engine's Hyper holds. Outputs are the state, the
// flag and the report: the losses [N], the largest batch variance, the largest magnitude of a
// gradient, and the flag as it was before.
const (
	inSick = iota
	inX
	inY
	inWeight
	inActive
	inHyper // learning rate, momentum, weight decay
	inSeed
	inputs
)

// reported is the number of values in a report behind the losses.
const reported = 3

// source is a program while its inputs are collected.
type source struct {
	*graph
	args []argument
}

// input adds an input. alias is the output whose memory it gives, -1: none.
func (s *source) input(t typ, alias int) value {
	s.args = append(s.args, argument{t, alias})
	return value{fmt.Sprintf("%%arg%d", len(s.args)-1), t}
}

// state adds the state's tensors as inputs, which give their memory to the outputs of the same
// numbers if given.
func (s *source) state(all []slot, given bool) map[string]value {
	in := map[string]value{}
	for i, sl := range all {
		alias := -1
		if given {
			alias = i
		}
		v := s.input(typ{sl.dims, f32}, alias)
		in[sl.name] = v
		if !sl.momentum {
			s.params[sl.name] = v
		}
	}
	return in
}

// batchInput is the type of a batch of the network's inputs.
func batchInput(net nn.Net, n int) typ { return typ{append([]int{n}, net.Input...), f32} }

// evaluation is the program of Logits for n samples: the state's parameters and statistics, X; the
// logits [N K].
func evaluation(net nn.Net, n int, precision string) (string, error) {
	s := source{graph: newGraph(net, n, precision)}
	all := slots(net)
	s.state(all[:len(net.Params())], false)
	logits, err := s.run(s.input(batchInput(net, n), -1), false)
	if err != nil {
		return "", err
	}
	return s.module(s.args, []value{logits}), nil
}

// training is the program of a whole step on n samples.
func training(net nn.Net, n int, precision string) (string, error) {
	s := source{graph: newGraph(net, n, precision)}
	all := slots(net)
	state := s.state(all, true)
	in, losses, err := s.pass(len(all))
	if err != nil {
		return "", err
	}
	report, ok := s.verdict(losses, in[inSick])
	var outs []value
	for _, sl := range all {
		outs = append(outs, s.pick(ok, s.next(sl, state, in[inHyper]), state[sl.name]))
	}
	one, zero := s.scalar(1), s.scalar(0)
	return s.module(s.args, append(outs, s.pick(ok, zero, one), report)), nil
}

// pass adds the inputs behind the state, and writes forward, loss and backward pass. sick is the
// output of the flag, which its input gives its memory to; -1: to none.
func (s *source) pass(sick int) (in [inputs]value, losses value, err error) {
	k := s.net.Classes
	for i, t := range [inputs]typ{
		inSick: {nil, f32}, inX: batchInput(s.net, s.n), inY: {[]int{s.n}, i32}, inWeight: {[]int{s.n}, f32},
		inActive: {[]int{k}, pred}, inHyper: {[]int{3}, f32}, inSeed: {nil, u64},
	} {
		alias := -1
		if i == inSick {
			alias = sick
		}
		in[i] = s.input(t, alias)
	}
	s.seed = in[inSeed]
	logits, err := s.run(in[inX], true)
	if err != nil {
		return in, losses, err
	}
	losses, dlogits := s.crossEntropy(logits, in[inY], in[inWeight], in[inActive])
	s.backward(dlogits)
	return in, losses, nil
}

// crossEntropy is the loss of each sample over the active classes, and the gradient of the mean
// weighted loss with respect to the logits z [N K]:
//
//	p = softmax(z); loss = -log p[y]; dz = weight (p - onehot(y)) / N
func (g *graph) crossEntropy(z, y, weight, active value) (losses, dz value) {
	rows := func(v value) value { return g.spread(v, z.dims, 0) }
	zero := g.full(z.typ, 0)
	lowest := g.scalar(float32(math.Inf(-1)))
	masked := g.pick(g.spread(active, z.dims, 1), z, g.spread(lowest, z.dims))
	shifted := g.sub(masked, rows(g.reduce("maximum", masked, lowest, 1)))
	e := g.each("exponential", shifted)
	total := g.sum(e, 1)
	hot := g.compare("EQ", g.iota(z.of(i32), 1), rows(y))
	losses = g.sub(g.each("log", total), g.sum(g.pick(hot, shifted, zero), 1))
	p := g.div(e, rows(total))
	wrong := g.sub(p, g.pick(hot, g.full(z.typ, 1), zero))
	return losses, g.mul(wrong, rows(g.mul(weight, g.full(weight.typ, 1/float32(g.n)))))
}

// verdict is the report of a step, and whether it may change anything.
func (s *source) verdict(losses, sick value) (report, ok value) {
	zero := s.scalar(0)
	variance, gradient := zero, zero
	for _, v := range s.variances {
		variance = s.each("maximum", variance, s.most(v))
	}
	for _, p := range s.net.Params() {
		if v, has := s.slopes[p.Name]; has {
			gradient = s.each("maximum", gradient, s.most(s.each("abs", v)))
		}
	}
	finite := func(v value) value { return s.op("is_finite", "", v.of(pred), v) }
	ok = s.compare("EQ", sick, zero)
	for _, v := range []value{s.most(s.each("abs", losses)), variance, gradient} {
		ok = s.each("and", ok, finite(v))
	}
	parts := []value{losses}
	for _, v := range []value{variance, gradient, sick} {
		parts = append(parts, s.reshape(v, 1))
	}
	return s.join(parts), ok
}

// join puts vectors one behind the other.
func (x *emitter) join(parts []value) value {
	n := 0
	for _, p := range parts {
		n += p.dims[0]
	}
	return x.op("concatenate", " {dimension = 0 : i64}", typ{[]int{n}, parts[0].elem}, parts...)
}

// next is a tensor of the state after the step: SGD for parameters and their momenta,
//
//	v = momentum v + g + decay w; w = w - rate v
//
// and the new statistics.
func (s *source) next(sl slot, state map[string]value, hyper value) value {
	if !sl.param.Trainable() {
		return s.stats[sl.name]
	}
	w, v := state[sl.param.Name], state[nn.MomentumPrefix+sl.param.Name]
	if slope, has := s.slopes[sl.param.Name]; has {
		rate, momentum, decay := s.part(hyper, 0, w), s.part(hyper, 1, w), s.part(hyper, 2, w)
		v = s.add(s.mul(momentum, v), s.add(slope, s.mul(decay, w)))
		w = s.sub(w, s.mul(rate, v))
	}
	if sl.momentum {
		return v
	}
	return w
}

// part is element i of a vector in the shape of like.
func (s *source) part(vector value, i int, like value) value {
	one := s.slice(vector, []int{i}, []int{i + 1}, []int{1})
	return s.spread(s.reshape(one), like.dims)
}
