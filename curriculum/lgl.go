package curriculum

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/local-to-global/lgl/internal/seed"
)

// Select is the strategy f that chooses the next group (section 4.4).
type Select string

// The strategies. Similar and Dissimilar order the classes not yet active by H_w(T|X_{i}).
const (
	Random     Select = "random"
	Similar    Select = "similar"    // smallest H first
	Dissimilar Select = "dissimilar" // largest H first, equation (9)
	Given      Select = "given"      // in the order of LGL.Given
	Learnt     Select = "learnt"     // by the hierarchy of the classes that the network has learnt
)

// Reinit says which head rows are drawn anew before a group enters.
type Reinit string

// The rules of section 4.2. Untrained is the paper's.
const (
	Untrained Reinit = "untrained" // rows of the classes not trained so far
	None      Reinit = "none"
	All       Reinit = "all"
)

// LGL is Algorithm 1: a first group drawn at random, then one group more in each stage until all
// K classes are active.
type LGL struct {
	Stages       int // m, 1..K-Known
	Select       Select
	Partition    Partition
	Reinit       Reinit
	Masked       bool // the growing head: softmax over the active classes only
	KeepMomentum bool
	Stop         StopRule // of every stage
	Classes      int      // K
	Seed         uint64   // of the first group and of the random choices
	Given        []int    // for Select Given: all classes in the order in which they enter
	Branch       bool     // for Select Learnt: branch by branch, not from as many as possible
	Warm         Warm     // of every stage but the first
	Budget       Budget   // of the run, instead of Stop, unless it is zero
	// Known says that classes 0..Known-1 were trained before the run: its stages add the others, the
	// first one as if a stage with the known ones stood before it.
	Known int
}

// Next returns the stage that follows done. Random choices follow one permutation of the classes
// that depends on Seed alone, so all strategies but Given share their first group.
func (c LGL) Next(ctx context.Context, labels []int, done []Stage, p Probe) (Stage, error) {
	sizes, err := c.sizes()
	if err != nil {
		return Stage{}, err
	}
	byClass, err := members(labels, c.Classes)
	if err != nil {
		return Stage{}, err
	}
	if len(done) >= len(sizes) {
		return Stage{}, io.EOF
	}
	s := Stage{Masked: c.Masked, Restart: true, KeepMomentum: c.KeepMomentum, Stop: c.Stop}
	trained := c.trained(done)
	if len(trained) > 0 {
		s.Fresh, s.Warm = c.fresh(trained), c.Warm
	}
	if err := c.choose(ctx, &s, byClass, trained, sizes[len(done)], p); err != nil {
		return Stage{}, err
	}
	s.Classes = slices.Concat(trained, s.New)
	if c.Budget.Samples > 0 {
		err = c.Budget.limit(&s, done, c.ahead(counts(byClass), s.Classes, sizes[len(done):]))
	}
	return s, err
}

// trained returns the classes trained after the stages done, in the order in which they entered.
func (c LGL) trained(done []Stage) (classes []int) {
	if len(done) > 0 {
		return done[len(done)-1].Classes
	}
	for k := range c.Known {
		classes = append(classes, k)
	}
	return classes
}

// sizes returns the number of classes that enter at each stage, and reports settings that cannot work.
func (c LGL) sizes() ([]int, error) {
	if c.Select == Given && !isPermutation(c.Given, c.Classes) {
		return nil, fmt.Errorf("the order %v does not hold every one of %d classes once", c.Given, c.Classes)
	}
	if c.Known > 0 {
		return growth(c.Known, c.Classes, c.Stages, c.Partition)
	}
	return groupSizes(c.Classes, c.Stages, c.Partition)
}

// fresh returns the head rows to draw anew once the classes trained are trained.
func (c LGL) fresh(trained []int) []int {
	switch c.Reinit {
	case None:
		return nil
	case All:
		return complement(c.Classes, nil)
	}
	return complement(c.Classes, trained)
}

// choose sets s.New, and s.Scores and s.Note where they apply.
func (c LGL) choose(ctx context.Context, s *Stage, byClass [][]int, trained []int, size int, p Probe) error {
	candidates := c.order(trained)
	switch {
	case c.foreknown() || len(trained) < 2:
		if !c.foreknown() && len(trained) == 1 {
			s.Note = oneTrained[c.Select == Learnt]
		}
		s.New = candidates[:size]
		return nil
	case c.Select == Learnt:
		var err error
		s.New, err = c.learnt(ctx, byClass, candidates, trained, size, p)
		return err
	}
	slices.Sort(candidates) // ties break by class index
	scores, err := classEntropies(ctx, byClass, candidates, trained, p)
	if err != nil {
		return err
	}
	slices.SortStableFunc(candidates, func(a, b int) int {
		if c.Select == Dissimilar {
			a, b = b, a
		}
		return cmp.Compare(scores[a], scores[b])
	})
	s.New, s.Scores = candidates[:size], scores
	if spread := scores[candidates[len(candidates)-1]] - scores[candidates[0]]; math.Abs(spread) < telling && len(candidates) > size {
		s.Note = fmt.Sprintf("the candidates' H(T|X) differ by less than %v nats: the network has learnt too little to choose by; more --epochs or samples would tell more", telling)
	}
	return nil
}

// telling is the least difference of entropies, in nats, that is more than noise.
const telling = 1e-3

// oneTrained says why a choice after a stage of one class is random; true: for Learnt.
var oneTrained = map[bool]string{
	false: "one class is trained, so H(T|X) is 0 for every class: the choice is random",
	true:  "one class is trained, so the network gives every class the same softmax: the choice is random",
}

// foreknown reports whether the order of the classes does not depend on the network.
func (c LGL) foreknown() bool { return c.Select == Random || c.Select == Given }

// order returns the classes not yet trained in the order that was given, or in that of the seed's
// permutation.
func (c LGL) order(trained []int) []int {
	active := mask(c.Classes, trained)
	permutation := slices.Clone(c.Given)
	if c.Select != Given {
		permutation = seed.Stream(c.Seed, "classes").Perm(c.Classes)
	}
	return slices.DeleteFunc(permutation, func(k int) bool { return active[k] })
}

// classEntropies returns H_w(T|X_{i}), equations (7) and (8) with p(x) = 1/M_i, of each candidate
// class i, with the softmax renormalised over the trained classes.
func classEntropies(ctx context.Context, byClass [][]int, candidates, trained []int, p Probe) (map[int]float64, error) {
	var samples []int
	for _, k := range candidates {
		samples = append(samples, byClass[k]...)
	}
	h, err := p.Entropy(ctx, samples, trained)
	if err != nil {
		return nil, err
	}
	if len(h) != len(samples) {
		return nil, fmt.Errorf("the probe gave %d entropies for %d samples", len(h), len(samples))
	}
	scores := make(map[int]float64, len(candidates))
	for _, k := range candidates {
		n := len(byClass[k])
		scores[k] = sum(h[:n]) / float64(n)
		h = h[n:]
	}
	return scores, nil
}

// members returns the samples of each class. A class without samples is an error: it could
// neither be trained nor scored.
func members(labels []int, classes int) ([][]int, error) {
	byClass := make([][]int, classes)
	for i, k := range labels {
		if k < 0 || k >= classes {
			return nil, fmt.Errorf("training sample %d has label %d; want 0..%d", i, k, classes-1)
		}
		byClass[k] = append(byClass[k], i)
	}
	for k, samples := range byClass {
		if len(samples) == 0 {
			return nil, fmt.Errorf("class %d has no training samples; leave it out of the data or add some", k)
		}
	}
	return byClass, nil
}

// counts returns the number of samples of each class.
func counts(byClass [][]int) []int {
	n := make([]int, len(byClass))
	for k, samples := range byClass {
		n[k] = len(samples)
	}
	return n
}

// isPermutation reports whether order holds each of 0..k-1 once.
func isPermutation(order []int, k int) bool {
	sorted := slices.Sorted(slices.Values(order))
	return slices.Equal(sorted, complement(k, nil))
}

// complement returns the classes 0..k-1 that are not in s, ascending.
func complement(k int, s []int) []int {
	in := mask(k, s)
	var rest []int
	for c := range k {
		if !in[c] {
			rest = append(rest, c)
		}
	}
	return rest
}

// mask marks the classes s of k.
func mask(k int, s []int) []bool {
	in := make([]bool, k)
	for _, c := range s {
		in[c] = true
	}
	return in
}
