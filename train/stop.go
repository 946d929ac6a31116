package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/engine"
)

// StopReason says why a stage ended.
type StopReason string

// The reasons. The last three end the run as well.
const (
	StopEpochs      StopReason = "epochs"
	StopSamples     StopReason = "samples"
	StopConverged   StopReason = "converged"
	StopMaxEpochs   StopReason = "max-epochs" // not converged by then
	StopInterrupted StopReason = "interrupted"
	StopNotFinite   StopReason = "not-finite" // a loss or gradient was NaN or infinite
	StopError       StopReason = "error"
)

// reasonOf returns the reason that an error stands for.
func reasonOf(ctx context.Context, err error) StopReason {
	var notFinite *engine.NotFiniteError
	switch {
	case interrupted(ctx, err):
		return StopInterrupted
	case errors.As(err, &notFinite):
		return StopNotFinite
	}
	return StopError
}

// stopper applies a stop rule to the epochs of a stage.
type stopper struct {
	rule    curriculum.StopRule
	epochs  int     // done
	samples int64   // done
	best    float64 // lowest training loss that counted as a fall
	waited  int     // epochs since
}

// newStopper returns the stopper of a rule, which must set exactly one field.
func newStopper(rule curriculum.StopRule) (*stopper, error) {
	set := 0
	for _, is := range []bool{rule.Epochs > 0, rule.Samples > 0, rule.Converged != nil} {
		if is {
			set++
		}
	}
	if c := rule.Converged; set != 1 || c != nil && (c.Patience < 1 || c.MaxEpochs < 1) {
		return nil, fmt.Errorf("stop rule %+v; want one of epochs, samples and converged, and positive numbers", rule)
	}
	return &stopper{rule: rule, best: math.Inf(1)}, nil
}

// planned returns the epochs of n samples that the rule will give; 0 for converged.
func (s *stopper) planned(n int) int {
	if s.rule.Samples > 0 {
		return int((s.rule.Samples + int64(n) - 1) / int64(n))
	}
	return s.rule.Epochs
}

// next returns how many of an epoch's n samples the next epoch may train on.
func (s *stopper) next(n int) int {
	if s.rule.Samples > 0 {
		return int(min(int64(n), s.rule.Samples-s.samples))
	}
	return n
}

// after takes an epoch of so many samples with the given mean training loss, and returns why the
// stage ends with it, or "".
func (s *stopper) after(samples int, loss float64) StopReason {
	s.epochs++
	s.samples += int64(samples)
	c := s.rule.Converged
	switch {
	case c != nil:
		return s.converged(c, loss)
	case s.rule.Samples > 0 && s.samples >= s.rule.Samples:
		return StopSamples
	case s.rule.Epochs > 0 && s.epochs >= s.rule.Epochs:
		return StopEpochs
	}
	return ""
}

// converged applies Algorithm 1's rule: only a fall by more than MinDelta counts.
func (s *stopper) converged(c *curriculum.Converged, loss float64) StopReason {
	s.waited++
	if loss < s.best-c.MinDelta {
		s.best, s.waited = loss, 0
	}
	switch {
	case s.waited >= c.Patience:
		return StopConverged
	case s.epochs >= c.MaxEpochs:
		return StopMaxEpochs
	}
	return ""
}
