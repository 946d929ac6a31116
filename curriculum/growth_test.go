package curriculum

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// growing returns LGL with random settings that adds classes to some that are known.
func growing(r *rand.Rand) (c LGL, perClass, labels []int, p *fakeProbe) {
	for c.Classes < 3 {
		c, perClass, labels, p = drawn(r)
	}
	c.Known = 2 + r.IntN(c.Classes-2)
	c.Stages = 1 + r.IntN(c.Classes-c.Known)
	c.Reinit, c.Warm = Untrained, Warm{Shrink: 0.7, Noise: 0.1}
	if r.IntN(2) == 0 {
		c.Stop, c.Budget = StopRule{}, Budget{Samples: int64(len(labels)) * 3, Epochs: 5}
	}
	return c, perClass, labels, p
}

// Classes enter behind the known ones as if those were the first stage of the run: the stages of a run that
// extends another are those that follow such a stage, for every strategy.
func TestKnownIsAStageBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 300 {
		c, _, labels, p := growing(r)
		c.Budget, c.Stop = Budget{}, StopRule{Epochs: 2} // a budget counts the samples of the run alone
		done := run(t, c, labels, p)
		if len(done) > c.Stages {
			t.Fatalf("%d stages; want %d at most", len(done), c.Stages)
		}
		before := Stage{Classes: complement(c.Known, nil)}
		for i, s := range done {
			if !reflect.DeepEqual(s.Fresh, complement(c.Classes, before.Classes)) || s.Warm != c.Warm || !s.Restart {
				t.Fatalf("stage %d: %+v", i+1, s)
			}
			if !slices.Equal(s.Classes[:len(before.Classes)], before.Classes) || !slices.Equal(s.Old(), before.Classes) {
				t.Fatalf("stage %d has classes %v behind %v", i+1, s.Classes, before.Classes)
			}
			before = s
		}
		if got := slices.Sorted(slices.Values(before.Classes)); !slices.Equal(got, complement(c.Classes, nil)) {
			t.Fatalf("the last stage has classes %v", got)
		}
		checkSameChoice(t, c, labels, p, done)
	}
}

// checkSameChoice compares the first choice of c with that of LGL whose first stage had the known classes.
func checkSameChoice(t *testing.T, c LGL, labels []int, p *fakeProbe, done []Stage) {
	t.Helper()
	size := len(done[0].New)
	other := c
	other.Known, other.Stages = 0, 2
	var want []int
	switch byClass, _ := members(labels, c.Classes); c.Select {
	case Learnt:
		var err error
		if want, err = other.learnt(t.Context(), byClass, other.order(complement(c.Known, nil)), complement(c.Known, nil), size, p); err != nil {
			t.Fatal(err)
		}
	case Random, Given:
		want = other.order(complement(c.Known, nil))[:size]
	default:
		s := Stage{}
		if err := other.choose(t.Context(), &s, byClass, complement(c.Known, nil), size, p); err != nil {
			t.Fatal(err)
		}
		want = s.New
	}
	if !slices.Equal(done[0].New, want) {
		t.Fatalf("%s: %v enter; want %v", c.Select, done[0].New, want)
	}
}

// What a run that extends another does is what its plan says.
func TestPlanOfGrowth(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for range 300 {
		c, perClass, labels, p := growing(r)
		plan, exact, err := c.Plan(perClass)
		if err != nil {
			t.Fatal(err)
		}
		done := run(t, c, labels, p)
		if len(plan) != len(done) {
			t.Fatalf("%d stages; planned %d", len(done), len(plan))
		}
		total := int64(0)
		for i, s := range done {
			total += count(s, labels)
			if plan[i].Active != len(s.Classes) || plan[i].New != len(s.New) || plan[i].Classes != nil && !slices.Equal(plan[i].Classes, s.New) {
				t.Fatalf("%+v: stage %d is %+v; planned %+v", c, i+1, s, plan[i])
			}
			if exact && plan[i].Samples != count(s, labels) {
				t.Fatalf("%+v: stage %d sees %d; planned %+v", c, i+1, count(s, labels), plan[i])
			}
		}
		if c.Budget.Samples > 0 && total != c.Budget.Samples {
			t.Fatalf("%+v: %d samples; the budget is %d", c, total, c.Budget.Samples)
		}
		if last := plan[len(plan)-1]; last.Epoch != len(labels) {
			t.Fatalf("an epoch of the last stage has %d samples; want %d", last.Epoch, len(labels))
		}
	}
}

func TestGrowthRefuses(t *testing.T) {
	for want, c := range map[string]LGL{
		"none is left to enter":                       {Classes: 3, Known: 3, Stages: 1, Partition: Even},
		"--stages 3: want 1 to 2, the number of new":  {Classes: 5, Known: 3, Stages: 3, Partition: Even},
		"--stages 0: want 1 to 2, the number of new ": {Classes: 5, Known: 3, Stages: 0, Partition: Even},
	} {
		if _, err := c.Next(t.Context(), labelsOf(1, 1, 1, 1, 1)[:c.Classes], nil, &fakeProbe{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q", err, want)
		}
		if _, _, err := c.Plan([]int{1, 1, 1, 1, 1}[:c.Classes]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("plan: error %v; want %q", err, want)
		}
	}
}
