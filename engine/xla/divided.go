package xla

import "github.com/local-to-global/lgl/nn"

// A step is divided in two where Options.Reduce stands between: slopesProgram computes, the host
// changes the gradients, updateProgram applies them.

// slopesProgram has the parameters and statistics and the inputs of training; its outputs are the
// gradients, one behind the other as package engine orders them, the new statistics, the report.
func slopesProgram(net nn.Net, n int, precision string) (string, error) {
	s := source{graph: newGraph(net, n, precision)}
	s.state(slots(net)[:len(net.Params())], false)
	in, losses, err := s.pass(-1)
	if err != nil {
		return "", err
	}
	report, _ := s.verdict(losses, in[inSick])
	var parts, outs []value
	for _, p := range net.Params() {
		if v, has := s.slopes[p.Name]; has {
			if len(v.dims) == 4 {
				v = s.transpose(v, 0, 3, 1, 2)
			}
			parts = append(parts, s.reshape(v, v.elements()))
		} else if !p.Trainable() {
			outs = append(outs, s.stats[p.Name])
		}
	}
	return s.module(s.args, append(append([]value{s.join(parts)}, outs...), report)), nil
}

// updateProgram has the state, the gradients, the new statistics and the hyperparameters; its
// outputs are the state.
func updateProgram(net nn.Net) string {
	s := source{graph: newGraph(net, 1, "f32")}
	all := slots(net)
	state := s.state(all, true)
	gradients := s.input(typ{[]int{net.TrainableValues()}, f32}, -1)
	from := 0
	for _, p := range net.Params() {
		if !p.Trainable() {
			s.stats[p.Name] = s.input(typ{p.Shape, f32}, -1)
			continue
		}
		v := s.reshape(s.slice(gradients, []int{from}, []int{from + p.Len()}, []int{1}), p.Shape...)
		if from += p.Len(); len(p.Shape) == 4 {
			v = s.transpose(v, 0, 2, 3, 1)
		}
		s.slopes[p.Name] = v
	}
	hyper := s.input(typ{[]int{3}, f32}, -1)
	var outs []value
	for _, sl := range all {
		outs = append(outs, s.next(sl, state, hyper))
	}
	return s.module(s.args, outs)
}
