package curriculum

import (
	"fmt"
	"math"
	"slices"
)

// Budget fixes how many samples a run of LGL trains on, whatever its number of stages. The rule:
//
//  1. the last stage gets LastShare of Samples, if that is not 0;
//  2. the other stages (or all) share the rest in equal epochs: stage k, of n_k samples an epoch,
//     gets n_k over the sum of n_j of the stages j from k on, of what is left then, rounded.
//
// So the samples of the stages always add up to Samples, also where n_j of the stages to come is
// not known: then it is taken as if the classes left were of their mean size. Each stage runs
// through the learning-rate schedule of Epochs epochs, compressed or stretched to its share.
type Budget struct {
	Samples   int64   // to train on in the whole run; 0: no budget
	LastShare float64 // 0..1; 0: the last stage is as any other
	Epochs    int     // of the schedule
}

// share returns the samples of the next stage, after spent samples; sizes are the samples in an
// epoch of this stage and of those that follow it, and ahead[0] is of them.
func (b Budget) share(spent int64, sizes, ahead []float64) int64 {
	left, sharing := b.Samples-spent, len(sizes)
	if sharing > 1 && b.LastShare > 0 {
		left -= int64(math.Round(b.LastShare * float64(b.Samples)))
		sharing--
	}
	if sharing == 1 {
		return left
	}
	return int64(math.Round(float64(left) * sizes[0] / ahead[0]))
}

// ahead returns, for each of the stages of so many samples an epoch, their sum from it on: of all,
// or without a last one that has a share of its own.
func (b Budget) ahead(sizes []float64) []float64 {
	sums := slices.Clone(sizes)
	sharing := len(sizes)
	if sharing > 1 && b.LastShare > 0 {
		sharing--
	}
	for i := sharing - 2; i >= 0; i-- {
		sums[i] += sums[i+1]
	}
	return sums
}

// limit ends the stage that follows done after its share.
func (b Budget) limit(s *Stage, done []Stage, sizes []float64) error {
	spent := int64(0)
	for _, d := range done {
		spent += d.Stop.Samples
	}
	s.Stop = StopRule{Samples: b.share(spent, sizes, b.ahead(sizes))}
	s.Stretch = b.stretch(s.Stop.Samples, sizes[0])
	return b.check(len(done)+1, s.Stop.Samples)
}

// check reports a stage that would train on nothing.
func (b Budget) check(stage int, samples int64) error {
	if samples < 1 {
		return fmt.Errorf("--budget: stage %d gets none of the %d samples that the run trains on; choose a larger --budget, fewer --stages or another --last-share", stage, b.Samples)
	}
	return nil
}

// stretch returns the epochs over which one epoch of the schedule is spread in a stage of so many
// samples, n in an epoch.
func (b Budget) stretch(samples int64, n float64) float64 {
	return float64(samples) / (n * float64(b.Epochs))
}

// ahead returns the samples in an epoch of each of the stages whose group sizes are left, the
// first of which trains the classes active: exactly where the order of classes is known, otherwise
// as if those that are not active were of their mean size.
func (c LGL) ahead(perClass, active, left []int) []float64 {
	n := 0
	for _, k := range active {
		n += perClass[k]
	}
	rest := c.order(active)
	sizes := []float64{float64(n)}
	mean := float64(sum(perClass)-n) / float64(max(len(rest), 1))
	for _, group := range left[1:] {
		more := mean * float64(group)
		if c.foreknown() {
			more = 0
			for _, k := range rest[:group] {
				more += float64(perClass[k])
			}
		}
		rest = rest[group:]
		sizes = append(sizes, sizes[len(sizes)-1]+more)
	}
	return sizes
}
