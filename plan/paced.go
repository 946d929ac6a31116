package plan

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
)

// newSelfPaced returns the self-paced method with the settings of c; baseline holds the losses of
// --pace-run.
func newSelfPaced(c config.Config, classes int, baseline []float64) curriculum.SelfPaced {
	pace := curriculum.Pace{Start: c.PaceStart, Full: c.PaceFull, Warmup: c.PaceWarmup}
	if c.Pace == "baseline-loss" {
		pace.Baseline = append([]float64{}, baseline...) // not nil, so that none are noticed
	}
	return curriculum.SelfPaced{
		Rule: curriculum.Rule(c.Method), Weighting: curriculum.Weighting(c.Weighting), Pace: pace,
		Running: c.Losses == "running", Gamma: c.Gamma, Epochs: c.Epochs, Batch: c.Batch, Classes: classes,
	}
}

// planPaced works out the one stage of a self-paced method on n samples.
func planPaced(s curriculum.SelfPaced, n int) (Plan, error) {
	if err := s.Check(); err != nil {
		return Plan{}, err
	}
	p := Plan{Stretch: 1}
	p.Paced, p.Probed, p.Exact = s.Predict(n)
	if p.Exact && slices.Min(p.Paced) == n {
		return Plan{}, fmt.Errorf("--pace-start %v with --batch %d: every epoch would train on all %d samples, since it has that share of them and one batch at least; use a smaller --pace-start or --batch", s.Pace.Start, s.Batch, n)
	}
	p.Samples = int64(sum(p.Paced))
	p.Cost = float64(p.Samples) / (float64(n) * float64(s.Epochs))
	p.Stages = []Stage{{Active: s.Classes, New: s.Classes, Epoch: n, Samples: p.Samples}}
	return p, nil
}
