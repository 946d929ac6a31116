package curriculum

import (
	"fmt"
	"math"
)

// Pace says how fast the samples come in. The first Warmup epochs train on all samples, because the
// losses of a network that knows nothing say nothing about a sample (Kumar et al. 2010 start so
// too); then epochs select samples; from epoch F = floor(Full E) of E on, all are in.
// s = (e - Warmup) / (F - Warmup) is how far the pace is at epoch e = 0, 1 ...
//
//   - quantile: lambda is the quantile of the losses that selects the share Start + (1 - Start) s;
//   - baseline-loss: lambda is the mean training loss of a baseline run at the same epoch, times
//     1/(1 - s), which grows from 1 until all are in; for spl-inv times 1 - s, which falls to 0.
//     Where that selects less than the share Start, the quantile of Start takes its place.
type Pace struct {
	Start float64 // share of the samples, 0..1
	Full  float64 // share of the epochs, 0..1, after which all samples are in
	// Warmup is the number of epochs before the first that selects.
	Warmup int
	// Baseline holds the mean training loss by epoch of a baseline run, for the pace
	// baseline-loss; nil: quantile.
	Baseline []float64
}

// full returns F of so many epochs, which leaves at least the last one.
func (p Pace) full(epochs int) int { return min(int(p.Full*float64(epochs)+1e-9), epochs-1) }

// selects reports whether an epoch, from 0, trains on selected samples only.
func (p Pace) selects(epoch, epochs int) bool { return epoch >= p.Warmup && epoch < p.full(epochs) }

// progress returns s of an epoch, from 0.
func (p Pace) progress(epoch, epochs int) float64 {
	return float64(epoch-p.Warmup) / float64(p.full(epochs)-p.Warmup)
}

// share returns the share of the samples that the quantile pace selects in an epoch, from 0.
func (p Pace) share(epoch, epochs int) float64 {
	return p.Start + (1-p.Start)*p.progress(epoch, epochs)
}

// lambda returns the lambda of the pace baseline-loss in an epoch, from 0.
func (p Pace) lambda(epoch, epochs int, inverse bool) float64 {
	left := 1 - p.progress(epoch, epochs)
	if inverse {
		return p.Baseline[epoch] * left
	}
	return p.Baseline[epoch] / left
}

// check reports a pace that selects in no epoch, never takes all samples, or lacks losses.
func (p Pace) check(epochs int) error {
	switch {
	case !(p.Start > 0 && p.Start < 1):
		return fmt.Errorf("--pace-start %v: want a number more than 0 and less than 1", p.Start)
	case !(p.Full > 0 && p.Full < 1):
		return fmt.Errorf("--pace-full %v: want a number more than 0 and less than 1, so that the last epochs train on all samples", p.Full)
	}
	n := p.full(epochs)
	if n <= p.Warmup {
		return fmt.Errorf("--epochs %d with --pace-warmup %d and --pace-full %v: no epoch would select samples; use at least %d epochs",
			epochs, p.Warmup, p.Full, int(math.Ceil(float64(p.Warmup+1)/p.Full)))
	}
	if p.Baseline == nil {
		return nil
	}
	if len(p.Baseline) < n {
		return fmt.Errorf("--pace-run has %d epochs; --epochs %d with --pace-full %v needs the losses of %d", len(p.Baseline), epochs, p.Full, n)
	}
	for e, l := range p.Baseline[:n] {
		if !(l >= 0) || math.IsInf(l, 1) {
			return fmt.Errorf("--pace-run: the training loss of epoch %d is %v; want a finite number of 0 or more", e+1, l)
		}
	}
	return nil
}
