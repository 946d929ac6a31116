package xla

import (
	"slices"

	"github.com/local-to-global/lgl/nn"
)

// A step is divided in two where Options.Reduce stands between: slopesProgram computes, the host
// changes the gradients, updateProgram applies them.

// slopesProgram has the parameters and statistics and the inputs of training; its outputs are the
// gradients, one behind the other as package engine orders them, the new statistics likewise if there
// are any, the report.
func slopesProgram(net nn.Net, k kind, precision string) (string, error) {
	s := source{graph: newGraph(net, k.n, precision)}
	all := slots(net)
	s.state(weights(all), false)
	in, losses, err := s.pass(k, -1)
	if err != nil {
		return "", err
	}
	report, _ := s.verdict(all, losses, in[inSick])
	var slopes, stats []value
	for _, p := range net.Params() {
		if !p.Trainable() {
			stats = append(stats, s.stats[p.Name])
			continue
		}
		v := s.slopes[p.Name]
		if len(v.dims) == 4 {
			v = s.transpose(v, 0, 3, 1, 2)
		}
		slopes = append(slopes, s.reshape(v, v.elements()))
	}
	outs := []value{s.join(slopes)}
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
	s.apart(gradients, trained, s.slopes)
	for _, p := range trained {
		v := s.reshape(s.slopes[p.Name], p.Shape...)
		if len(p.Shape) == 4 {
			v = s.transpose(v, 0, 2, 3, 1)
		}
		s.slopes[p.Name] = v
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
