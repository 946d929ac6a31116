package curriculum

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// fakeProbe gives sample i the entropy h[i] and remembers what it was asked.
type fakeProbe struct {
	h       []float64
	samples []int
	active  []int
	err     error
	softmax bool // MeanSoftmax may be asked
}

func (p *fakeProbe) Losses(context.Context, []int) ([]float64, error) { panic("not asked by LGL") }

func (p *fakeProbe) LastLosses() []float64 { panic("not asked by LGL") }

func (p *fakeProbe) Entropy(_ context.Context, samples, active []int) ([]float64, error) {
	p.samples, p.active = samples, active
	h := make([]float64, len(samples))
	for i, s := range samples {
		h[i] = p.h[s]
	}
	return h, p.err
}

// MeanSoftmax gives a class one of a few softmaxes, by its first sample.
func (p *fakeProbe) MeanSoftmax(_ context.Context, samples, active []int) ([]float64, error) {
	if !p.softmax {
		panic("asked only by a learnt hierarchy")
	}
	q := make([]float64, len(active))
	q[samples[0]%len(active)] = 1
	return q, p.err
}

// run asks c for stages until io.EOF.
func run(t *testing.T, c Curriculum, labels []int, p Probe) []Stage {
	t.Helper()
	var done []Stage
	for {
		s, err := c.Next(t.Context(), labels, done, p)
		if err == io.EOF {
			return done
		}
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, s)
	}
}

func labelsOf(perClass ...int) []int {
	var labels []int
	for k, n := range perClass {
		for range n {
			labels = append(labels, k)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
	return labels
}

func TestGroupSizes(t *testing.T) {
	for _, c := range []struct {
		k, m int
		p    Partition
		want []int
	}{
		{10, 4, Even, []int{3, 3, 2, 2}}, // what the paper's numbers used
		{10, 4, Ceil, []int{3, 3, 3, 1}}, // the paper's words
		{10, 3, Even, []int{4, 3, 3}},
		{10, 6, Ceil, []int{2, 2, 2, 2, 2}},
		{10, 6, Even, []int{2, 2, 2, 2, 1, 1}},
		{5, 5, Even, []int{1, 1, 1, 1, 1}},
		{5, 1, Ceil, []int{5}},
	} {
		if got, err := groupSizes(c.k, c.m, c.p); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("K=%d m=%d %s: %v, %v; want %v", c.k, c.m, c.p, got, err, c.want)
		}
	}
}

func TestGroupSizesRefuses(t *testing.T) {
	for want, c := range map[string]LGL{
		"at least 2":  {Classes: 1, Stages: 1, Partition: Even},
		"--stages 0":  {Classes: 4, Stages: 0, Partition: Even},
		"--stages 5":  {Classes: 4, Stages: 5, Partition: Even},
		"--partition": {Classes: 4, Stages: 2, Partition: "odd"},
	} {
		if _, err := groupSizes(c.Classes, c.Stages, c.Partition); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error with %q", err, want)
		}
	}
}

// Over random K, m and strategies: groups follow the sizes, every class enters once, head rows
// follow the rule, and history and labels are not touched.
func TestSequenceProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		k := 2 + r.IntN(12)
		c := LGL{
			Stages: 1 + r.IntN(k), Classes: k, Seed: r.Uint64(), Stop: StopRule{Epochs: 2},
			Select:    []Select{Random, Similar, Dissimilar}[r.IntN(3)],
			Partition: []Partition{Even, Ceil}[r.IntN(2)],
			Reinit:    []Reinit{Untrained, None, All}[r.IntN(3)],
		}
		perClass := make([]int, k)
		for i := range perClass {
			perClass[i] = 1 + r.IntN(4)
		}
		labels := labelsOf(perClass...)
		kept := slices.Clone(labels)
		p := &fakeProbe{h: make([]float64, len(labels))}
		for i := range p.h {
			p.h[i] = r.Float64()
		}
		done := run(t, c, labels, p)
		checkSequence(t, c, done)
		if !slices.Equal(labels, kept) {
			t.Fatal("labels were changed")
		}
		if again := run(t, c, labels, p); !reflect.DeepEqual(done, again) {
			t.Fatalf("%+v: %v, then %v", c, done, again)
		}
	}
}

func checkSequence(t *testing.T, c LGL, done []Stage) {
	t.Helper()
	sizes, err := groupSizes(c.Classes, c.Stages, c.Partition)
	if err != nil || len(done) != len(sizes) {
		t.Fatalf("%+v: %d stages for sizes %v, %v", c, len(done), sizes, err)
	}
	var before []int
	for i, s := range done {
		if len(s.New) != sizes[i] || !slices.Equal(s.Classes, slices.Concat(before, s.New)) || !s.Restart {
			t.Fatalf("%+v: stage %d is %+v after %v; want %d new classes", c, i+1, s, before, sizes[i])
		}
		want := map[Reinit][]int{Untrained: complement(c.Classes, before), All: complement(c.Classes, nil)}[c.Reinit]
		if i == 0 {
			want = nil
		}
		if !slices.Equal(s.Fresh, want) {
			t.Fatalf("%+v: stage %d redraws %v; want %v", c, i+1, s.Fresh, want)
		}
		before = s.Classes
	}
	if all := slices.Sorted(slices.Values(before)); !slices.Equal(all, complement(c.Classes, nil)) {
		t.Fatalf("%+v: sequence %v does not hold every class once", c, before)
	}
}

// The choice is the brute-force extreme: no class left out has a larger (smaller) mean entropy
// than one chosen, and on a tie it has the larger index.
func TestSelectionIsExtreme(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		for sign, strategy := range map[float64]Select{1: Dissimilar, -1: Similar} {
			k := 4 + r.IntN(6)
			labels := labelsOf(slices.Repeat([]int{3}, k)...)
			p := &fakeProbe{h: make([]float64, len(labels))}
			for i, label := range labels {
				p.h[i] = float64((label*7)%3) + float64(r.IntN(2)) // ties are common
			}
			c := LGL{Stages: k / 2, Classes: k, Select: strategy, Partition: Even, Seed: r.Uint64()}
			s := run(t, c, labels, p)[1]
			for _, in := range s.New {
				for _, out := range complement(k, s.Classes) {
					a, b := sign*bruteMean(labels, p.h, in), sign*bruteMean(labels, p.h, out)
					if a < b-1e-12 || math.Abs(a-b) < 1e-12 && in > out {
						t.Fatalf("%s chose %d (%v) over %d (%v)", strategy, in, a, out, b)
					}
				}
			}
		}
	}
}

func bruteMean(labels []int, h []float64, class int) float64 {
	sum, n := 0.0, 0.0
	for i, label := range labels {
		if label == class {
			sum += h[i]
			n++
		}
	}
	return sum / n
}

func TestProbeSeesTrainedClassesAndAllSamplesOfTheOthers(t *testing.T) {
	labels := labelsOf(5, 6, 7, 8)
	p := &fakeProbe{h: make([]float64, len(labels))}
	done := run(t, LGL{Stages: 2, Classes: 4, Select: Similar, Partition: Even}, labels, p)
	if !slices.Equal(p.active, done[0].Classes) {
		t.Errorf("probed with active classes %v; want %v", p.active, done[0].Classes)
	}
	var want []int
	for i, label := range labels {
		if !slices.Contains(done[0].Classes, label) {
			want = append(want, i)
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(p.samples)), want) {
		t.Errorf("probed %v; want %v", p.samples, want)
	}
}

func TestOneTrainedClassMakesTheChoiceRandom(t *testing.T) {
	labels := labelsOf(2, 2, 2, 2)
	random := run(t, LGL{Stages: 4, Classes: 4, Select: Random, Partition: Even, Seed: 9}, labels, nil)
	p := &fakeProbe{h: make([]float64, len(labels))}
	similar := run(t, LGL{Stages: 4, Classes: 4, Select: Similar, Partition: Even, Seed: 9}, labels, p)
	if similar[1].Note == "" || similar[1].Scores != nil || !slices.Equal(similar[1].New, random[1].New) {
		t.Errorf("second stage %+v; want the random choice %v and a note", similar[1], random[1].New)
	}
	if len(similar[2].Scores) != 2 {
		t.Errorf("third stage %+v; want scores of two classes", similar[2])
	}
}

// Table 3 compares strategies that start from the same first group.
func TestStrategiesShareTheFirstGroup(t *testing.T) {
	labels := labelsOf(slices.Repeat([]int{2}, 10)...)
	first := map[Select][]int{}
	for _, s := range []Select{Random, Similar, Dissimilar} {
		stage, err := LGL{Stages: 3, Classes: 10, Select: s, Partition: Even, Seed: 4}.Next(t.Context(), labels, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		first[s] = stage.New
	}
	if !slices.Equal(first[Random], first[Similar]) || !slices.Equal(first[Random], first[Dissimilar]) {
		t.Errorf("first groups %v", first)
	}
}

func TestNextRefuses(t *testing.T) {
	good := LGL{Stages: 2, Classes: 3, Select: Similar, Partition: Even}
	broken := &fakeProbe{h: make([]float64, 6), err: errors.New("no such sample")}
	first := []Stage{{Classes: []int{0, 1}}}
	for want, c := range map[string]struct {
		labels []int
		done   []Stage
		p      Probe
	}{
		"class 1 has no training samples": {labelsOf(2, 0, 2), nil, nil},
		"has label 3":                     {[]int{0, 1, 2, 3}, nil, nil},
		"has label -1":                    {[]int{0, 1, 2, -1}, nil, nil},
		"no such sample":                  {labelsOf(2, 2, 2), first, broken},
	} {
		if s, err := good.Next(t.Context(), c.labels, c.done, c.p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("stage %+v, error %v; want an error with %q", s, err, want)
		}
	}
}

func TestPlain(t *testing.T) {
	stages := run(t, Plain{Classes: 3, Stretch: 2.1, Stop: StopRule{Samples: 63}}, labelsOf(4, 3, 3), nil)
	if len(stages) != 1 || !slices.Equal(stages[0].Classes, []int{0, 1, 2}) || stages[0].Stop.Samples != 63 || stages[0].Stretch != 2.1 {
		t.Errorf("stages %+v", stages)
	}
}

// Section 4.3: m equal groups cost (m+1)/2 baselines.
func TestCostRule(t *testing.T) {
	perClass := slices.Repeat([]int{500}, 100)
	for _, m := range []int{1, 2, 4, 5, 10, 20, 25, 50, 100} {
		got, exact := planned(t, LGL{Stages: m, Classes: 100, Select: Dissimilar, Partition: Even, Stop: StopRule{Epochs: 10}}, perClass)
		if want := int64(50000) * 10 * int64(m+1) / 2; got != want || !exact {
			t.Errorf("m = %d: %d samples (exact %v); want %d", m, got, exact, want)
		}
	}
	c := LGL{Stages: 3, Classes: 3, Select: Dissimilar, Partition: Even, Stop: StopRule{Epochs: 1}}
	perClass = []int{2, 4, 6}
	first := int64(perClass[c.order(nil)[0]])
	if got, exact := planned(t, c, perClass); got != first+(first+(12-first)/2)+12 || exact {
		t.Errorf("unequal classes in unknown order, of %d samples the first: %d, exact %v; want the mean over orders", first, got, exact)
	}
	near := LGL{Stages: 3, Classes: 3, Select: Similar, Partition: Even, Stop: StopRule{Epochs: 1}}
	order := near.order(nil)
	perClass = make([]int, 3)
	perClass[order[0]], perClass[order[1]], perClass[order[2]] = 2, 3, 4 // as seven samples are spread
	if _, exact := planned(t, near, perClass); exact {
		t.Error("classes of nearly equal size in unknown order: exact")
	}
}

// planned returns the samples of a plan.
func planned(t *testing.T, c LGL, perClass []int) (samples int64, exact bool) {
	t.Helper()
	stages, exact, err := c.Plan(perClass)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stages {
		samples += s.Samples
	}
	return samples, exact
}

// Scores that differ by noise alone choose nothing, and the stage says so.
func TestScoresThatTellNothing(t *testing.T) {
	labels := []int{0, 1, 2, 3, 4, 0, 1, 2, 3, 4}
	for spread, noted := range map[float64]bool{0.0004: true, 0.1: false} {
		p := &fakeProbe{h: make([]float64, len(labels))}
		for i, k := range labels {
			p.h[i] = 0.6 + spread*float64(k)/4
		}
		stages := run(t, LGL{Stages: 2, Classes: 5, Select: Similar, Partition: Even, Seed: 9}, labels, p)
		if len(stages) != 2 || stages[1].Note != "" {
			t.Errorf("all that is left enters: %+v", stages[1])
		}
		stages = run(t, LGL{Stages: 3, Classes: 5, Select: Similar, Partition: Even, Seed: 9}, labels, p)
		if got := stages[1].Note != ""; got != noted {
			t.Errorf("a spread of %v: note %q", spread, stages[1].Note)
		}
	}
}
