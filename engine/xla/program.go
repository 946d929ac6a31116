package xla

import (
	"fmt"
	"math"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/nn"
)

// slot is one buffer of a model's state: a parameter with more than one dimension, as it lies on the
// device, or vectors one behind the other, since a program is slow to start with many small inputs.
type slot struct {
	params   []nn.Param
	momentum bool  // of the parameters, instead of these
	dims     []int // as in nn.State, but [O H W I] for convolutions
}

// slots lists the buffers of a network's state: large parameters, small ones, statistics; then the
// momentum of the large and of the small ones.
func slots(net nn.Net) []slot {
	var large, momenta []slot
	var small, stats []nn.Param
	for _, p := range net.Params() {
		switch {
		case !p.Trainable():
			stats = append(stats, p)
		case len(p.Shape) == 1:
			small = append(small, p)
		default:
			s := slot{[]nn.Param{p}, false, p.Shape}
			if len(p.Shape) == 4 {
				s.dims = []int{p.Shape[0], p.Shape[2], p.Shape[3], p.Shape[1]}
			}
			large = append(large, s)
		}
	}
	all := large
	for _, ps := range [][]nn.Param{small, stats} {
		if len(ps) > 0 {
			all = append(all, slot{ps, false, []int{length(ps)}})
		}
	}
	for _, s := range all {
		if s.params[0].Trainable() {
			momenta = append(momenta, slot{s.params, true, s.dims})
		}
	}
	return append(all, momenta...)
}

// weights are the slots of all but the momentum.
func weights(all []slot) []slot {
	n := 0
	for n < len(all) && !all[n].momentum {
		n++
	}
	return all[:n]
}

func length(ps []nn.Param) int {
	n := 0
	for _, p := range ps {
		n += p.Len()
	}
	return n
}

// kind says for which batches the program of a step is: of n samples whose loss goes by their labels, or
// by targets; and whether it is worth tuning.
type kind struct {
	n       int
	targets bool
	tuned   bool
}

// kindOf is the kind of a batch.
func (m *model) kindOf(b data.Batch) kind { return kind{b.Len(), b.Targets != nil, m.tunes(b.Len())} }

// The order of a training program's inputs behind the state: a flag that is 1 after a step whose
// numbers were not finite; the batch; what package engine's Hyper holds. Outputs are the state, the
// flag and the report: the losses [N], the largest batch variance, the largest magnitude of a
// gradient, and the flag as it was before.
const (
	inStopped = iota
	inX
	inY // labels, or targets
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

// state adds the state's buffers as inputs, which give their memory to the outputs of the same
// numbers if given, and takes the parameters apart.
func (s *source) state(all []slot, given bool) []value {
	in := make([]value, len(all))
	for i, sl := range all {
		alias := -1
		if given {
			alias = i
		}
		in[i] = s.input(typ{sl.dims, f32}, alias)
		switch {
		case sl.momentum:
		case len(sl.dims) == 1:
			s.apart(in[i], sl.params, s.params)
		default:
			s.params[sl.params[0].Name] = in[i]
		}
	}
	return in
}

// apart puts the parts of a vector that belong to parameters, one behind the other, into values.
func (x *emitter) apart(vector value, ps []nn.Param, values map[string]value) {
	from := 0
	for _, p := range ps {
		values[p.Name] = x.slice(vector, []int{from}, []int{from + p.Len()}, []int{1})
		from += p.Len()
	}
}

// batchInput is the type of a batch of the network's inputs.
func batchInput(net nn.Net, n int) typ { return typ{append([]int{n}, net.Input...), f32} }

// evaluation is the program of Logits for n samples: the state's parameters and statistics, X; the
// logits [N K].
func evaluation(net nn.Net, n int, precision string) (string, error) {
	s := source{graph: newGraph(net, n, precision)}
	all := slots(net)
	s.state(weights(all), false)
	logits, err := s.run(s.input(batchInput(net, n), -1), false)
	if err != nil {
		return "", err
	}
	return s.module(s.args, []value{logits}), nil
}

// training is the program of a whole step on batches of kind k.
func training(net nn.Net, k kind, precision string) (string, error) {
	s := source{graph: newGraph(net, k.n, precision)}
	s.large = k.tuned
	all := slots(net)
	state := s.state(all, true)
	in, losses, err := s.pass(k, len(all))
	if err != nil {
		return "", err
	}
	report, ok := s.verdict(all, losses, in[inStopped])
	outs := s.next(all, state, in[inHyper])
	for i := range outs {
		outs[i] = s.pick(ok, outs[i], state[i])
	}
	one, zero := s.scalar(1), s.scalar(0)
	return s.module(s.args, append(outs, s.pick(ok, zero, one), report)), nil
}

// pass adds the inputs behind the state, and writes forward, loss and backward pass. stopped is the
// output of the flag, which its input gives its memory to; -1: to none.
func (s *source) pass(of kind, stopped int) (in [inputs]value, losses value, err error) {
	k := s.net.Classes
	truth := typ{[]int{s.n}, i32}
	if of.targets {
		truth = typ{[]int{s.n, k}, f32}
	}
	for i, t := range [inputs]typ{
		inStopped: {nil, f32}, inX: batchInput(s.net, s.n), inY: truth, inWeight: {[]int{s.n}, f32},
		inActive: {[]int{k}, pred}, inHyper: {[]int{3}, f32}, inSeed: {nil, u64},
	} {
		alias := -1
		if i == inStopped {
			alias = stopped
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
// weighted loss with respect to the logits z [N K], by the labels y [N]:
//
//	p = softmax(z); loss = -log p[y]; dz = weight (p - onehot(y)) / N
//
// or by targets y [N K], of which one that is 0 adds 0 whatever p is:
//
//	loss = -sum_k y[k] log p[k]; dz = weight (p sum_k y[k] - y) / N
func (g *graph) crossEntropy(z, y, weight, active value) (losses, dz value) {
	rows := func(v value) value { return g.broadcast(v, z.dims, 0) }
	zero := g.full(z.typ, 0)
	lowest := g.scalar(float32(math.Inf(-1)))
	masked := g.pick(g.broadcast(active, z.dims, 1), z, g.broadcast(lowest, z.dims))
	shifted := g.sub(masked, rows(g.reduce("maximum", masked, lowest, 1)))
	e := g.each("exponential", shifted)
	total := g.sum(e, 1)
	p, logTotal := g.div(e, rows(total)), g.each("log", total)
	wrong := value{}
	if y.elem == f32 {
		terms := g.mul(y, g.sub(rows(logTotal), shifted)) // NaN for 0 x infinity
		losses = g.sum(g.pick(g.compare("NE", y, zero), terms, zero), 1)
		wrong = g.sub(g.mul(p, rows(g.sum(y, 1))), y)
	} else {
		hot := g.compare("EQ", g.iota(z.of(i32), 1), rows(y))
		losses = g.sub(logTotal, g.sum(g.pick(hot, shifted, zero), 1))
		wrong = g.sub(p, g.pick(hot, g.full(z.typ, 1), zero))
	}
	return losses, g.mul(wrong, rows(g.mul(weight, g.full(weight.typ, 1/float32(g.n)))))
}

// verdict is the report of a step, and whether it may change anything.
func (s *source) verdict(all []slot, losses, stopped value) (report, ok value) {
	zero := s.scalar(0)
	variance := zero
	if len(s.variances) > 0 {
		variance = s.largest(s.join(s.variances))
	}
	gradient := s.largest(s.each("abs", s.join(s.rows(all))))
	finite := func(v value) value { return s.op("is_finite", "", v.of(pred), v) }
	ok = s.compare("EQ", stopped, zero)
	for _, v := range []value{s.largest(s.each("abs", losses)), variance, gradient} {
		ok = s.each("and", ok, finite(v))
	}
	parts := []value{losses}
	for _, v := range []value{variance, gradient, stopped} {
		parts = append(parts, s.reshape(v, 1))
	}
	return s.join(parts), ok
}

// rows are the gradients of all slots as vectors, of matrices and kernels the largest magnitude for each output: so they are
// read in one go each.
func (s *source) rows(all []slot) (rows []value) {
	for _, sl := range weights(all) {
		if !sl.params[0].Trainable() {
			continue
		}
		v := s.gathered(sl, s.paramGrads)
		if n := len(v.dims); n > 1 {
			v = s.most(s.each("abs", v), []int{1, 2, 3}[:n-1]...)
		}
		rows = append(rows, v)
	}
	return rows
}

// join puts values one behind the other along their first dimension.
func (x *emitter) join(parts []value) value { return x.joinAlong(0, parts) }

// joinAlong puts values one behind the other along a dimension.
func (x *emitter) joinAlong(d int, parts []value) value {
	dims := slices.Clone(parts[0].dims)
	for _, p := range parts[1:] {
		dims[d] += p.dims[d]
	}
	return x.op("concatenate", fmt.Sprintf(" {dimension = %d : i64}", d), typ{dims, parts[0].elem}, parts...)
}

// gathered is a slot's buffer of values that belong to its parameters.
func (s *source) gathered(sl slot, values map[string]value) value {
	var parts []value
	for _, p := range sl.params {
		parts = append(parts, values[p.Name])
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return s.join(parts)
}

// next is the state after the step: SGD for parameters and their momenta,
//
//	v = momentum v + g + decay w; w = w - rate v
//
// and the new statistics.
func (s *source) next(all []slot, state []value, hyper value) []value {
	outs := make([]value, len(all))
	at := len(weights(all)) // of the momentum of the next slot that has one
	for i, sl := range weights(all) {
		if !sl.params[0].Trainable() {
			outs[i] = s.gathered(sl, s.stats)
			continue
		}
		w, v := state[i], state[at]
		rate, momentum, decay := s.part(hyper, 0, w), s.part(hyper, 1, w), s.part(hyper, 2, w)
		v = s.add(s.mul(momentum, v), s.add(s.gathered(sl, s.paramGrads), s.mul(decay, w)))
		outs[i], outs[at] = s.sub(w, s.mul(rate, v)), v
		at++
	}
	return outs
}

// part is element i of a vector in the shape of like.
func (s *source) part(vector value, i int, like value) value {
	one := s.slice(vector, []int{i}, []int{i + 1}, []int{1})
	return s.broadcast(s.reshape(one), like.dims)
}
