package curriculum

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// many returns so many classes of two samples each, and a probe for which the classes in the order of
// rank have rising entropies.
func many(k int) (labels, rank []int, p *fakeProbe) {
	labels = make([]int, 2*k)
	for i := range labels {
		labels[i] = i % k
	}
	const step = 7919 // prime to k
	p = &fakeProbe{h: make([]float64, 2*k), softmax: true}
	for class := range k {
		place := (class + 1) * step % k
		p.h[class], p.h[class+k] = float64(place)/float64(k)+0.25, float64(place)/float64(k)-0.25 // the mean counts
	}
	rank = complement(k, nil)
	slices.SortFunc(rank, func(a, b int) int { return cmp.Compare((a+1)*step%k, (b+1)*step%k) })
	return labels, rank, p
}

// Of 2, 1,000 and 100,000 classes, the groups after the first are those that sorting by entropy gives.
// What takes the square of the classes in time does not come to an end here that one waits for.
func TestManyClasses(t *testing.T) {
	for _, k := range []int{2, 1000, 100_000} {
		labels, rank, p := many(k)
		for _, how := range []Select{Similar, Dissimilar} {
			c := LGL{Stages: min(k, 4), Classes: k, Select: how, Partition: Even, Reinit: Untrained, Stop: StopRule{Epochs: 1}, Seed: 3}
			done := run(t, c, labels, p)
			first := mask(k, done[0].New)
			want := slices.DeleteFunc(slices.Clone(rank), func(class int) bool { return first[class] })
			if how == Dissimilar {
				slices.Reverse(want)
			}
			for i, s := range done[1:] {
				if k == 2 { // one is trained: the choice is random, of one class
					continue
				}
				if !slices.Equal(s.New, want[:len(s.New)]) {
					t.Errorf("%d classes, %s: stage %d is not what sorting gives", k, how, i+2)
				}
				if old := s.Old(); !slices.Equal(old, done[i].Classes) {
					t.Errorf("stage %d: %d old classes; the stage before had %d", i+2, len(old), len(done[i].Classes))
				}
				want = want[len(s.New):]
			}
			checkSequence(t, c, done)
		}
	}
}

// The other ways to choose, and the plan, of 100,000 classes.
func TestManyClassesOtherwise(t *testing.T) {
	const k = 100_000
	labels, rank, p := many(k)
	perClass := slices.Repeat([]int{2}, k)
	base := LGL{Stages: 10, Classes: k, Select: Random, Partition: Even, Reinit: All, Stop: StopRule{Epochs: 2}, Seed: 3}
	given, budget, hierarchy := base, base, make(Hierarchy, 100)
	given.Select, given.Given = Given, rank
	budget.Select, budget.Budget = Dissimilar, Budget{Samples: 1_000_000, LastShare: 0.5, Epochs: 2}
	for i, class := range rank {
		hierarchy[i%100] = append(hierarchy[i%100], class)
	}
	spanning := given
	spanning.Given = hierarchy.Order(3, false)
	for name, c := range map[string]Curriculum{
		"random": base, "given": given, "budget": budget, "hierarchy": spanning,
		"reinit-only": Control{ReinitOnly, base, 2}, "no-restart": Control{NoRestart, base, 2}, "random-subset": Control{RandomSubset, base, 2},
	} {
		done := run(t, c, labels, p)
		if last := done[len(done)-1]; len(done) != 10 || len(last.Classes) != k {
			t.Errorf("%s: %d stages, %d classes in the last", name, len(done), len(last.Classes))
		}
	}
	each := budget
	each.Stages, each.Budget.Samples = k, 1e15
	for name, c := range map[string]LGL{"random": base, "budget": budget, "class by class": each} {
		total := int64(0)
		stages, exact, err := c.Plan(perClass)
		for _, s := range stages {
			total += s.Samples
		}
		if err != nil || !exact || len(stages) != c.Stages || stages[c.Stages-1].Active != k || c.Budget.Samples > 0 && total != c.Budget.Samples {
			t.Errorf("plan of %s: %d stages, exact %v, %v", name, len(stages), exact, err)
		}
	}
}

// A class without samples, with one, and a label of no class, of few classes and of many.
func TestOddClasses(t *testing.T) {
	for _, k := range []int{2, 1000, 100_000} {
		labels, _, p := many(k)
		c := LGL{Stages: 2, Classes: k, Select: Dissimilar, Partition: Even, Stop: StopRule{Epochs: 1}}
		for want, change := range map[string]func(labels []int) []int{
			"class 1 has no training samples; leave it out of the data or add some": func(l []int) []int {
				return slices.DeleteFunc(l, func(class int) bool { return class == 1 })
			},
			"has label -1; want 0..":       func(l []int) []int { l[len(l)-1] = -1; return l },
			"training sample 0 has label ": func(l []int) []int { l[0] = k; return l },
			"":                             func(l []int) []int { return l[:len(l)-1] }, // the last class has one sample
		} {
			_, err := c.Next(t.Context(), change(slices.Clone(labels)), nil, p)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%d classes: error %v; want %q", k, err, want)
			}
		}
	}
	if _, err := (LGL{Stages: 1, Classes: 1, Partition: Even}).Next(t.Context(), []int{0}, nil, nil); err == nil || !strings.Contains(err.Error(), "the data have 1 class; a classifier needs at least 2") {
		t.Errorf("one class: %v", err)
	}
}
