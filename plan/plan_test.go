package plan

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
)

// settings are LGL's for the tests: a few epochs of small batches.
func settings() config.Config {
	c := config.Paper()
	c.Method, c.Select, c.Stages, c.Epochs, c.Batch = "lgl", "random", 3, 2, 16
	return c
}

// Equal classes and m dividing K cost (m+1)/2 baselines, section 4.3 of the paper.
func TestPlanCost(t *testing.T) {
	for _, k := range []int{4, 10, 12} {
		perClass := slices.Repeat([]int{20}, k)
		for m := 1; m <= k; m++ {
			if k%m != 0 {
				continue
			}
			for _, choice := range []string{"random", "similar", "dissimilar"} {
				c := settings()
				c.Stages, c.Select, c.Epochs = m, choice, 7
				p, err := New(c, perClass, nil)
				if err != nil {
					t.Fatal(err)
				}
				if !p.Exact || p.Cost != float64(m+1)/2 || p.Samples != int64(20*k*7*(m+1)/2) || len(p.Stages) != m || p.Stretch != 1 {
					t.Errorf("K=%d m=%d: %+v", k, m, p)
				}
				if f := Formula(c, perClass); f == nil || *f != p.Cost {
					t.Errorf("K=%d m=%d: formula %v; want %v", k, m, f, p.Cost)
				}
			}
		}
	}
	uneven, perClass := settings(), slices.Repeat([]int{20}, 10)
	budget := settings()
	budget.Stages, budget.Budget = 2, 1
	for _, c := range []config.Config{uneven, budget} { // 3 stages for 10 classes
		if f := Formula(c, perClass); f != nil {
			t.Errorf("--stages %d --budget %v: formula %v; want none", c.Stages, c.Budget, *f)
		}
	}
}

func TestPlanStages(t *testing.T) {
	c := settings()
	c.Stages, c.Epochs, c.Select = 4, 3, "dissimilar"
	p, err := New(c, slices.Repeat([]int{10}, 10), nil)
	if err != nil {
		t.Fatal(err)
	}
	first := p.Stages[0].Classes // the seed decides it, whatever the strategy
	c.Select = "random"
	if random, _ := New(c, slices.Repeat([]int{10}, 10), nil); len(first) != 3 || !slices.Equal(random.Stages[0].Classes, first) {
		t.Errorf("first group %v; of the random strategy %v", first, random.Stages[0].Classes)
	}
	for i, want := range []Stage{
		{Active: 3, New: 3, Classes: first, Epoch: 30, Samples: 90}, {Active: 6, New: 3, Epoch: 60, Samples: 180},
		{Active: 8, New: 2, Epoch: 80, Samples: 240}, {Active: 10, New: 2, Epoch: 100, Samples: 300},
	} {
		if got := p.Stages[i]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("stage %d: %+v; want %+v", i+1, got, want)
		}
	}
	c.Method = "baseline-equal"
	if p, _ = New(c, slices.Repeat([]int{10}, 10), nil); p.Samples != 810 || p.Stretch != 2.7 || len(p.Stages) != 1 || !p.Exact {
		t.Errorf("baseline-equal: %+v", p)
	}
	c.Method, c.Stages = "baseline", 50 // stages are not the baseline's
	if p, err = New(c, slices.Repeat([]int{10}, 10), nil); err != nil || p.Samples != 300 || p.Cost != 1 || !p.Exact {
		t.Errorf("baseline: %+v, %v", p, err)
	}
	c.Until = "converged"
	if p, _ = New(c, slices.Repeat([]int{10}, 10), nil); p.Exact {
		t.Error("a run until convergence has no exact plan")
	}
}

// A baseline on some of the classes sees their samples and no others.
func TestPlanOnly(t *testing.T) {
	c := settings()
	c.Method, c.OnlyClasses, c.Epochs, c.Batch = "baseline", "3,1", 4, 16
	p, err := New(c, []int{10, 20, 30, 40}, []int{3, 1})
	if want := (Stage{Active: 2, New: 2, Classes: []int{3, 1}, Epoch: 60, Samples: 240}); err != nil || len(p.Stages) != 1 || fmt.Sprint(p.Stages[0]) != fmt.Sprint(want) || p.Samples != 240 || p.Cost != .6 {
		t.Errorf("%+v, %v", p, err)
	}
	for want, only := range map[string][]int{
		"--only-classes 3,1: classes [4]": {4}, "--only-classes 3,1: classes [1 1]": {1, 1}, "--only-classes 3,1: classes [-1]": {-1},
		"0 samples": nil,
	} {
		if _, err := New(c, []int{10, 20, 30, 40}, only); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v; want an error with %q", only, err, want)
		}
	}
}

// Classes of unequal size: known where the order is, an expectation where it is not.
func TestPlanUnequal(t *testing.T) {
	perClass := []int{10, 20, 60}
	c := settings()
	c.Stages, c.Epochs, c.Batch = 3, 1, 4
	p, err := New(c, perClass, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, active := int64(0), 0
	for _, s := range p.Stages {
		active += perClass[s.Classes[0]]
		want += int64(active)
	}
	if !p.Exact || p.Samples != want {
		t.Errorf("random order: %+v; want exactly %d samples", p, want)
	}
	c.Select = "similar"
	first := perClass[p.Stages[0].Classes[0]]
	want = int64(first + first + (90-first)/2 + 90) // of the others half is in the second stage, on average
	if p, _ = New(c, perClass, nil); p.Exact || p.Samples != want {
		t.Errorf("unknown order: %+v; want %d expected samples", p, want)
	}
}

func TestPlanRefuses(t *testing.T) {
	for want, change := range map[string]struct {
		batch, stages int
		perClass      []int
	}{
		"--batch 31":         {31, 2, []int{10, 10, 10}},
		"--stages 4":         {4, 4, []int{10, 10, 10}},
		"at least 2":         {4, 1, []int{10}},
		"larger than the tr": {101, 1, []int{50, 50}},
	} {
		c := settings()
		c.Batch, c.Stages = change.batch, change.stages
		if _, err := New(c, change.perClass, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want an error with %q", change, err, want)
		}
		if _, err := NewCurriculum(c, change.perClass, nil); err == nil {
			t.Errorf("%+v gave a curriculum", change)
		}
	}
}

func TestCheckNorm(t *testing.T) {
	for _, c := range []struct {
		batch, epoch int
		want         string
	}{{3, 2, ""}, {3, 4, ""}, {3, 1, "one sample"}, {2, 4, "--batch 2"}, {1, 4, "--batch 1"}} {
		err := CheckNorm(c.batch, c.epoch)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("batches of %d, %d samples: %v; want an error with %q", c.batch, c.epoch, err, c.want)
		}
	}
}

// Sizes that are not known yet are not held against a plan.
func TestPlanCheck(t *testing.T) {
	c := settings()
	c.Stages, c.Batch = 3, 20
	p, _ := New(c, []int{21, 21, 21}, nil)
	if err := errors.Join(p.Check(20), p.Check(3)); err != nil {
		t.Error(err)
	}
	if err := p.Check(2); err == nil || !strings.Contains(err.Error(), "stage 1: --batch 2") {
		t.Errorf("batches of 2: %v", err)
	}
	p.Stages[1].Epoch = 1
	if err := p.Check(20); err == nil || !strings.Contains(err.Error(), "stage 2: an epoch of one sample") {
		t.Errorf("one sample: %v", err)
	}
	p.sized = false
	if err := p.Check(20); err != nil {
		t.Errorf("the later sizes are not known, yet %v", err)
	}
}

// With a budget the samples of the run are sure where those of its stages are not.
func TestPlanCheckOfUnknownSizes(t *testing.T) {
	c := settings()
	c.Stages, c.Budget, c.Epochs, c.Batch = 3, 1, 1, 4
	for choice, known := range map[string]bool{"random": true, "similar": false} {
		c.Select = choice
		p, err := New(c, []int{9, 13, 5}, nil)
		if err != nil || !p.Exact || p.Samples != 27 {
			t.Fatalf("%s: %+v, %v", choice, p, err)
		}
		p.Stages[1].Epoch = 1 // as it may be
		if err := p.Check(4); (err != nil) != known {
			t.Errorf("%s: %v", choice, err)
		}
	}
}

// Stages that are left open are as many as lgl takes.
func TestPlanOpenStages(t *testing.T) {
	for k, want := range map[int]int{10: config.AutoStages, 3: 3} {
		c := settings()
		c.Stages = 0
		p, err := New(c, slices.Repeat([]int{20}, k), nil)
		if err != nil || len(p.Stages) != want {
			t.Errorf("%d classes: %d stages, %v; want %d", k, len(p.Stages), err, want)
		}
	}
}

// Which classes a strategy would choose changes nothing of a method that chooses none.
func TestPlanOfMethodsThatChooseNone(t *testing.T) {
	for _, method := range []string{"baseline-equal", "restarts-only", "reinit-only", "random-subset"} {
		c := settings()
		c.Method, c.Stages, c.Epochs, c.Batch = method, 3, 2, 4
		perClass := []int{9, 13, 5, 40}
		random, err := New(c, perClass, nil)
		if err != nil || !random.Exact {
			t.Fatalf("%s: %+v, %v", method, random, err)
		}
		c.Select = "similar"
		for _, order := range [][]int{nil, {3, 2, 1, 0}} {
			if p, err := New(c, perClass, order); err != nil || !reflect.DeepEqual(p, random) {
				t.Errorf("%s, order %v: %+v, %v; want %+v", method, order, p, err, random)
			}
		}
	}
}

// A budget leaves baseline-equal its samples, however few they are and whatever the last of LGL's stages would get.
func TestPlanOfEqualBudget(t *testing.T) {
	c := settings()
	c.Method, c.Budget, c.LastShare, c.Stages, c.Epochs, c.Batch = "baseline-equal", 1, 0.8, 3, 1, 1
	p, err := New(c, []int{1, 1, 1}, nil)
	if err != nil || p.Samples != 3 || p.Stretch != 1 || !p.Exact || len(p.Stages) != 1 {
		t.Errorf("%+v, %v; want 3 samples in one stage", p, err)
	}
}

// The epochs of all stages are as many as a run logs, where they are known beforehand.
func TestPlanEpochs(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(c *config.Config)
		want int
	}{
		"stages":     {func(*config.Config) {}, 12},
		"baseline":   {func(c *config.Config) { c.Method = "baseline" }, 4},
		"equal":      {func(c *config.Config) { c.Method = "baseline-equal" }, 8}, // 4 (1 + 2 + 3) / 3
		"restarts":   {func(c *config.Config) { c.Method = "restarts-only" }, 9},  // 1 1/3, 2 2/3, 4, each rounded up
		"self-paced": {func(c *config.Config) { c.Method = "spl" }, 4},
		"converged":  {func(c *config.Config) { c.Until = "converged" }, 0},
		"budget":     {func(c *config.Config) { c.Budget = 1 }, 6}, // 4/3 baselines of 1/3, 2/3 and all samples
	} {
		s := settings()
		s.Stages, s.Epochs, s.Batch = 3, 4, 4
		c.set(&s)
		if p, err := New(s, []int{20, 20, 20}, nil); err != nil || p.Epochs() != c.want {
			t.Errorf("%s: %d epochs, %v, %v; want %d", name, p.Epochs(), p.Stages, err, c.want)
		}
	}
}

// A budget of more samples than can be counted, or trained on, is refused with what was asked for; 1e15 are not.
func TestPlanRefusesBudget(t *testing.T) {
	c := settings()
	c.Budget, c.Epochs, c.Stages = 1e6, 1e6, 2
	if p, err := New(c, []int{500, 500}, nil); err != nil || p.Samples != 1e15 {
		t.Errorf("%d samples, %v; want 1e15", p.Samples, err)
	}
	for _, n := range []int{600, 60_000_000} {
		_, err := New(c, []int{500, n}, nil)
		if want := "--budget 1e+06 with --epochs 1000000: "; err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "want at most 1e+15") {
			t.Errorf("%v; want an error that begins %q", err, want)
		}
	}
}
