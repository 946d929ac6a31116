package curriculum

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// Rule is what a self-paced method prefers.
type Rule string

// The rules of section 3.
const (
	Easy    Rule = "spl"     // equation (4), Kumar et al. 2010: loss < lambda, lambda grows
	Inverse Rule = "spl-inv" // complex to easy: loss > lambda, lambda falls
	Diverse Rule = "spld"    // equation (3): easy samples, of every class
)

// SelfPaced is self-paced learning: one stage on all classes whose samples, and their weights v,
// are chosen before each epoch by their losses.
//
//  1. Pace says what share of the samples, or what lambda, the epoch is to have;
//  2. every sample gets a key by Rule, such that those with key < lambda are selected;
//  3. Weighting gives the selected ones their weights; the others are left out.
//
// A quantile of n samples takes those of the n smallest keys, ties by index; lambda is halfway to
// the next larger key. An epoch has at least one batch of samples.
type SelfPaced struct {
	Rule      Rule
	Weighting Weighting // of Easy and Inverse; Diverse has Hard only
	Pace      Pace
	// Running takes the losses seen in training, which cost nothing but need a warm-up. Otherwise
	// all samples are passed through the model before each epoch that selects.
	Running bool
	// Gamma sets the gamma of Diverse: gamma = Gamma lambda sqrt(N/K). Ranks grow with the size of
	// a class, and the term of rank r falls with 1/sqrt(r), so that this Gamma means the same for
	// small classes and large ones.
	Gamma   float64
	Epochs  int // E
	Batch   int // samples of a batch
	Classes int // K
}

// Next returns the stage with the samples of the next epoch.
func (c SelfPaced) Next(ctx context.Context, labels []int, done []Stage, p Probe) (Stage, error) {
	if err := c.Check(); err != nil {
		return Stage{}, err
	}
	if _, err := members(labels, c.Classes); err != nil {
		return Stage{}, err
	}
	epoch, all := len(done), complement(c.Classes, nil)
	if epoch >= c.Epochs {
		return Stage{}, io.EOF
	}
	s := Stage{Classes: all, New: all, Restart: true, EachEpoch: true, Stop: StopRule{Epochs: c.Epochs}}
	if !c.Pace.selects(epoch, c.Epochs) {
		return s, nil
	}
	losses, err := c.losses(ctx, len(labels), p)
	if err == nil {
		c.choose(&s, epoch, losses, labels)
	}
	return s, err
}

// Check reports settings that cannot work.
func (c SelfPaced) Check() error {
	if c.Rule == Diverse && c.Weighting != Hard {
		return fmt.Errorf("%s weights by the rule %s, whose weights are 0 and 1", c.Weighting, c.Rule)
	}
	if c.Running && c.Pace.Warmup < 1 {
		return errors.New("losses seen in training without an epoch on all samples before the first choice")
	}
	return c.Pace.check(c.Epochs)
}

// losses returns the losses by which to choose, all finite.
func (c SelfPaced) losses(ctx context.Context, n int, p Probe) (losses []float64, err error) {
	if c.Running {
		losses = p.LastLosses()
	} else if losses, err = p.Losses(ctx, indices(n)); err != nil {
		return nil, err
	}
	if len(losses) != n {
		return nil, fmt.Errorf("the probe gave %d losses for %d samples", len(losses), n)
	}
	for i, l := range losses {
		if !(l >= 0) || math.IsInf(l, 1) {
			return nil, fmt.Errorf("the loss of training sample %d is %v; samples are chosen by finite losses of 0 or more; use a smaller --lr", i, l)
		}
	}
	return losses, nil
}

// choose sets the weights of an epoch, and the lambda and gamma that they rest on.
func (c SelfPaced) choose(s *Stage, epoch int, losses []float64, labels []int) {
	keys := c.keys(losses, labels)
	lambda, n := c.target(epoch, keys)
	size := c.size(n, len(keys))
	selected, bound := smallest(keys, size)
	if size != n || c.Pace.Baseline == nil {
		if c.Pace.Baseline != nil && n == 0 {
			s.Note = fmt.Sprintf("lambda %.4g, from the baseline's loss, selects no sample; the quantile of --pace-start takes its place", lambda)
		}
		lambda = c.unkey(bound)
	}
	s.Weights = c.Weighting.weights(losses, selected, lambda, c.Rule == Inverse)
	if math.IsInf(lambda, 0) {
		return
	}
	s.Lambda = &lambda
	if c.Rule == Diverse {
		gamma := lambda * c.ratio(len(keys))
		s.Gamma = &gamma
	}
}

// keys returns a number for every sample such that the rule selects those with key < lambda; for
// Inverse, key < -lambda.
func (c SelfPaced) keys(losses []float64, labels []int) []float64 {
	switch c.Rule {
	case Diverse:
		return diverse(losses, labels, c.Classes, c.ratio(len(losses)))
	case Inverse:
		keys := make([]float64, len(losses))
		for i, l := range losses {
			keys[i] = -l
		}
		return keys
	}
	return losses
}

// unkey turns a bound on keys into lambda, and back.
func (c SelfPaced) unkey(bound float64) float64 {
	if c.Rule == Inverse {
		return -bound
	}
	return bound
}

// ratio returns gamma / lambda of so many samples.
func (c SelfPaced) ratio(samples int) float64 {
	return c.Gamma * math.Sqrt(float64(samples)/float64(c.Classes))
}

// target returns how many samples the pace wants in an epoch and, for the pace baseline-loss, the
// lambda that selects just those.
func (c SelfPaced) target(epoch int, keys []float64) (lambda float64, n int) {
	if c.Pace.Baseline == nil {
		return 0, rounded(c.Pace.share(epoch, c.Epochs), len(keys))
	}
	lambda = c.Pace.lambda(epoch, c.Epochs, c.Rule == Inverse)
	for _, k := range keys {
		if k < c.unkey(lambda) {
			n++
		}
	}
	return lambda, n
}

// size returns how many of total samples an epoch trains on for which the pace wants n.
func (c SelfPaced) size(n, total int) int {
	if c.Pace.Baseline != nil {
		n = max(n, rounded(c.Pace.Start, total))
	}
	return min(max(n, c.Batch), total)
}

func rounded(share float64, n int) int { return int(math.Round(share * float64(n))) }

// Predict returns how many of n samples each epoch trains on, and how many samples the run passes
// through the model to choose them. exact is false for the pace baseline-loss, for which the
// numbers are the most that can be.
func (c SelfPaced) Predict(n int) (epochs []int, probed int64, exact bool) {
	exact = c.Pace.Baseline == nil
	for e := range c.Epochs {
		size := n
		selects := c.Pace.selects(e, c.Epochs)
		if selects && exact {
			size = c.size(rounded(c.Pace.share(e, c.Epochs), n), n)
		}
		if selects && !c.Running {
			probed += int64(n)
		}
		epochs = append(epochs, size)
	}
	return epochs, probed, exact
}

// indices returns 0..n-1.
func indices(n int) []int { return complement(n, nil) }
