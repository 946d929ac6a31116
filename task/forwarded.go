package task

import "github.com/local-to-global/lgl/plan"

// Forwarded is about how many samples a run of p passes through the network without training on them: after every epoch the test
// set, the held-out data and the samples behind H(T|X); those that classes and samples are chosen by; and those of the
// stage before where it is distilled.
func (t Task) Forwarded(p plan.Plan) float64 {
	each := t.Set.Test.Len()
	if t.Held != nil {
		each += t.Held.Len()
	}
	all := float64(p.Probed)
	for i, s := range p.Stages {
		epochs := float64((s.Samples + int64(s.Epoch) - 1) / int64(s.Epoch))
		if p.Paced != nil {
			epochs = float64(len(p.Paced))
		}
		probed := s.Epoch
		if n := t.Config.EntropySamples; n > 0 {
			probed = min(probed, n)
		}
		all += epochs*float64(each+probed) + float64(probed)
		if (i > 0 || t.Config.Extends()) && t.Config.Distils() {
			all += float64(s.Samples)
		}
		if i > 0 && len(s.Classes) == 0 && t.Config.Chooses() {
			all += float64(t.Train.Len() - p.Stages[i-1].Epoch)
		}
	}
	return all
}
