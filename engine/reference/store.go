package reference

import (
	"slices"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// param is a parameter or running statistic, row-major; grad is nil for a statistic.
type param struct{ value, grad []float32 }

// params are a layer's parameters by suffix; one that it does not have is empty.
type params map[string]param

// store holds what a model trains. The trainable parameters lie one after another, in the order
// of Net.Params, in each of three slices, of which a model for evaluation has the weights alone.
type store struct {
	net                      nn.Net
	all                      []nn.Param
	weights, momentum, grads []float32
	values, momenta          map[string][]float32 // by name; values has the statistics, too
	layers                   []params
}

func newStore(net nn.Net, evaluation bool) *store {
	s := &store{net: net, all: net.Params(), layers: make([]params, len(net.Layers)),
		values: map[string][]float32{}, momenta: map[string][]float32{}}
	total := 0
	for _, p := range s.all {
		if p.Trainable() {
			total += p.Len()
		}
	}
	s.weights = floats(total)
	if !evaluation {
		s.momentum, s.grads = floats(total), floats(total)
	}
	from := 0
	for _, p := range s.all {
		v := param{value: floats(p.Len())}
		if p.Trainable() {
			to := from + p.Len()
			v = param{value: s.weights[from:to:to]}
			if !evaluation {
				v.grad, s.momenta[p.Name] = s.grads[from:to:to], s.momentum[from:to:to]
			}
			from = to
		}
		s.values[p.Name] = v.value
		if s.layers[p.Layer] == nil {
			s.layers[p.Layer] = params{}
		}
		s.layers[p.Layer][p.Suffix] = v
	}
	return s
}

// load copies a state that fits the network.
func (s *store) load(state nn.State) {
	for name, v := range s.values {
		copy(v, state[name].Data)
	}
	clear(s.momentum)
	for name, v := range s.momenta {
		copy(v, state[nn.MomentumPrefix+name].Data)
	}
}

// save returns a copy.
func (s *store) save() nn.State {
	state := nn.State{}
	tensor := func(p nn.Param, values []float32) nn.Tensor {
		return nn.Tensor{Shape: slices.Clone(p.Shape), Data: slices.Clone(values)}
	}
	for _, p := range s.all {
		state[p.Name] = tensor(p, s.values[p.Name])
		if v, ok := s.momenta[p.Name]; ok {
			state[nn.MomentumPrefix+p.Name] = tensor(p, v)
		}
	}
	return state
}

// update is one step of torch.optim.SGD: g += decay w; v = momentum v + g; w -= rate v.
func (s *store) update(h engine.Hyper) {
	w, v := s.weights, s.momentum
	for i, g := range s.grads {
		// The conversions round each product, which some machines would else add unrounded.
		g += float32(h.WeightDecay * w[i])
		v[i] = float32(h.Momentum*v[i]) + g
		w[i] -= float32(h.LR * v[i])
	}
}
