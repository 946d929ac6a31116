package curriculum

import (
	"fmt"
	"math"
)

// StopRule ends a stage: exactly one of its fields is set.
type StopRule struct {
	Epochs    int        // after so many passes over the stage's samples
	Samples   int64      // after so many samples; the last epoch may be part of one
	Converged *Converged // when the training loss no longer decreases
}

// Converged is Algorithm 1's stop rule: a stage ends when the mean training loss of an epoch has
// not fallen below the best so far by MinDelta for Patience epochs, or after MaxEpochs.
type Converged struct {
	Patience  int
	MinDelta  float64
	MaxEpochs int
}

// epochs returns the epochs after which the rule ends a stage, or the most that it allows.
func (r StopRule) epochs() int {
	if r.Converged != nil {
		return r.Converged.MaxEpochs
	}
	return r.Epochs
}

// StopReason says why a stage ended.
type StopReason string

// The reasons of a stop rule. A trainer has others, for what ends a run.
const (
	StopEpochs    StopReason = "epochs"
	StopSamples   StopReason = "samples"
	StopConverged StopReason = "converged"
	StopMaxEpochs StopReason = "max-epochs" // not converged by then
)

// Stopper applies a stop rule to the epochs of a stage.
type Stopper struct {
	rule    StopRule
	epochs  int     // done
	samples int64   // done
	best    float64 // lowest training loss that counted as a fall
	waited  int     // epochs since
}

// NewStopper returns the Stopper of a rule, which must set exactly one field.
func NewStopper(rule StopRule) (*Stopper, error) {
	set := 0
	for _, is := range []bool{rule.Epochs > 0, rule.Samples > 0, rule.Converged != nil} {
		if is {
			set++
		}
	}
	if c := rule.Converged; set != 1 || min(int64(rule.Epochs), rule.Samples) < 0 || c != nil && (c.Patience < 1 || c.MaxEpochs < 1) {
		return nil, fmt.Errorf("stop rule %+v; want one of epochs, samples and converged, and positive numbers", rule)
	}
	return &Stopper{rule: rule, best: math.Inf(1)}, nil
}

// Planned returns the epochs of n samples that the rule will give; 0 for converged.
func (s *Stopper) Planned(n int) int {
	if s.rule.Samples > 0 {
		return int(ceilDiv(s.rule.Samples, int64(n)))
	}
	return s.rule.Epochs
}

// Next returns how many of an epoch's n samples the next epoch may train on. Two samples at least
// are left for the last one, so that batch norm has a variance.
func (s *Stopper) Next(n int) int {
	left := s.rule.Samples - s.samples
	switch {
	case s.rule.Samples == 0:
		return n
	case left == int64(n)+1 && n > 2:
		return n - 1
	}
	return int(min(int64(n), left))
}

// After takes an epoch of so many samples with the given mean training loss, and returns Reason.
// Only a fall of the loss by more than MinDelta counts.
func (s *Stopper) After(samples int, loss float64) StopReason {
	s.epochs++
	s.samples += int64(samples)
	if c := s.rule.Converged; c != nil {
		s.waited++
		if loss < s.best-c.MinDelta {
			s.best, s.waited = loss, 0
		}
	}
	return s.Reason()
}

// Reason returns why the epochs so far end the stage, or "".
func (s *Stopper) Reason() StopReason {
	c := s.rule.Converged
	switch {
	case c != nil && s.waited >= c.Patience:
		return StopConverged
	case c != nil && s.epochs >= c.MaxEpochs:
		return StopMaxEpochs
	case s.rule.Samples > 0 && s.samples >= s.rule.Samples:
		return StopSamples
	case s.rule.Epochs > 0 && s.epochs >= s.rule.Epochs:
		return StopEpochs
	}
	return ""
}

// StopState is how far a Stopper is.
type StopState struct {
	Epochs  int      `json:"epochs"`
	Samples int64    `json:"samples"`
	Best    *float64 `json:"best"` // nil: infinite
	Waited  int      `json:"waited"`
}

// State returns how far s is, for a Stopper of the same rule to go on from.
func (s *Stopper) State() StopState {
	state := StopState{Epochs: s.epochs, Samples: s.samples, Waited: s.waited}
	if best := s.best; !math.IsInf(best, 1) {
		state.Best = &best
	}
	return state
}

// Resume takes s to where another one was.
func (s *Stopper) Resume(from StopState) {
	s.epochs, s.samples, s.waited, s.best = from.Epochs, from.Samples, from.Waited, math.Inf(1)
	if from.Best != nil {
		s.best = *from.Best
	}
}
