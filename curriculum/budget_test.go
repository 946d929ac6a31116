package curriculum

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// drawn returns LGL with random settings, its classes' sizes, and labels and a probe for them.
func drawn(r *rand.Rand) (c LGL, perClass, labels []int, p *fakeProbe) {
	k := 2 + r.IntN(12)
	c = LGL{
		Stages: 1 + r.IntN(k), Classes: k, Seed: r.Uint64(), Stop: StopRule{Epochs: 1 + r.IntN(4)},
		Select:    []Select{Random, Similar, Dissimilar, Given, Learnt}[r.IntN(5)],
		Partition: []Partition{Even, Ceil}[r.IntN(2)],
		Reinit:    []Reinit{Untrained, None, All}[r.IntN(3)],
		Branch:    r.IntN(2) == 0,
	}
	if c.Select == Given {
		c.Given = r.Perm(k)
	}
	perClass = make([]int, k)
	same := r.IntN(2) == 0
	for i := range perClass {
		perClass[i] = 5 + r.IntN(20)
		if same {
			perClass[i] = perClass[0]
		}
	}
	labels = labelsOf(perClass...)
	p = &fakeProbe{h: make([]float64, len(labels)), softmax: true}
	for i := range p.h {
		p.h[i] = r.Float64()
	}
	return c, perClass, labels, p
}

// count returns the samples that a stage trains on, by its own words.
func count(s Stage, labels []int) int64 {
	n := int64(0)
	for i, label := range labels {
		if slices.Contains(s.Classes, label) && (s.Weights == nil || s.Weights[i] > 0) {
			n++
		}
	}
	if s.Stop.Samples > 0 {
		return s.Stop.Samples
	}
	return n * int64(s.Stop.Epochs)
}

// What LGL does is what its plan says: the sum always with a budget, and every stage where the
// plan is exact.
func TestPlanIsWhatHappens(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		c, perClass, labels, p := drawn(r)
		if r.IntN(3) > 0 {
			epochs := c.Stop.Epochs
			c.Stop = StopRule{}
			c.Budget = Budget{Samples: int64((0.5 + 2*r.Float64()) * float64(epochs*len(labels))), Epochs: epochs}
			if c.Stages > 1 && r.IntN(2) == 0 {
				c.Budget.LastShare = 0.1 + 0.8*r.Float64()
			}
		}
		plan, exact, err := c.Plan(perClass)
		if err != nil {
			continue // a stage with nothing; TestBudgetRefuses
		}
		done := run(t, c, labels, p)
		if len(done) != len(plan) {
			t.Fatalf("%+v: %d stages; planned %d", c, len(done), len(plan))
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
		if want := c.Budget.Samples; want > 0 && total != want {
			t.Fatalf("%+v: %d samples; the budget is %d", c, total, want)
		}
	}
}

// The split is the rule's: equal epochs but for rounding, each to the whole schedule; the last
// stage has its share to the sample.
func TestBudgetSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 300 {
		c, perClass, labels, p := drawn(r)
		if c.Select != Random && c.Select != Given {
			c.Select = Random
		}
		epochs := 20
		c.Budget = Budget{Samples: int64(epochs * len(labels)), Epochs: epochs}
		if r.IntN(2) == 0 && c.Stages > 1 {
			c.Budget.LastShare = 0.8
		}
		done := run(t, c, labels, p)
		sum, total := 0.0, float64(c.Budget.Samples)
		shared := done
		if c.Budget.LastShare > 0 {
			last := done[len(done)-1]
			if last.Stop.Samples != int64(math.Round(0.8*total)) {
				t.Fatalf("last stage %d of %v", last.Stop.Samples, total)
			}
			shared, total = done[:len(done)-1], total-float64(last.Stop.Samples)
		}
		size := func(s Stage) (n float64) {
			for _, k := range s.Classes {
				n += float64(perClass[k])
			}
			return n
		}
		for _, s := range shared {
			sum += size(s)
		}
		for i, s := range shared {
			want := total * size(s) / sum
			if got := float64(s.Stop.Samples); math.Abs(got-want) > 1 {
				t.Fatalf("stage %d: %v samples; want %v", i+1, got, want)
			}
			if ran := float64(s.Stop.Samples) / size(s) / s.Stretch; math.Abs(ran-float64(epochs)) > 1e-9 {
				t.Fatalf("stage %d runs through %v epochs of the schedule; want %d", i+1, ran, epochs)
			}
		}
	}
}

func TestBudgetRefuses(t *testing.T) {
	c := LGL{Stages: 3, Classes: 3, Select: Random, Partition: Even, Budget: Budget{Samples: 2, Epochs: 1}}
	if _, _, err := c.Plan([]int{10, 10, 10}); err == nil || !strings.Contains(err.Error(), "--budget: stage 1 gets none of the 2 samples") {
		t.Errorf("%v", err)
	}
	if _, err := c.Next(t.Context(), labelsOf(10, 10, 10), nil, nil); err == nil || !strings.Contains(err.Error(), "--budget") {
		t.Errorf("%v", err)
	}
}

// Every control sees the samples of the LGL run beside it, stage by stage; what else it shares is
// what its name leaves.
func TestControls(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for range 300 {
		l, perClass, labels, p := drawn(r)
		l.Warm = Warm{Shrink: 0.5}
		epochs := l.Stop.Epochs
		if r.IntN(2) == 0 {
			l.Budget = Budget{Samples: int64(2 * len(labels) * epochs), Epochs: epochs}
		}
		plan, exact, err := l.Plan(perClass)
		if err != nil {
			t.Fatal(err)
		}
		beside, random := run(t, l, labels, p), l
		if !l.foreknown() {
			random.Select = Random
		}
		redrawn := run(t, random, labels, p)
		for _, kind := range []Kind{RestartsOnly, ReinitOnly, RandomSubset, NoRestart} {
			c := Control{Kind: kind, LGL: l, Epochs: epochs}
			own, _, err := c.Plan(perClass)
			if err != nil {
				t.Fatal(err)
			}
			done := run(t, c, labels, p)
			if len(done) != len(plan) {
				t.Fatalf("%s: %d stages; LGL has %d", kind, len(done), len(plan))
			}
			ran := 0.0 // epochs of the schedule
			for i, s := range done {
				n := count(s, labels)
				if (exact || kind != NoRestart) && (n != plan[i].Samples || own[i].Samples != n) || exact && n != count(beside[i], labels) {
					t.Fatalf("%s, stage %d: %d samples; planned %d, LGL's plan %d", kind, i+1, n, own[i].Samples, plan[i].Samples)
				}
				if (s.Warm == Warm{}) != (i == 0) {
					t.Fatalf("%s, stage %d: %+v", kind, i+1, s.Warm)
				}
				stepped := float64(n) / float64(own[i].Epoch) / s.Stretch
				if restarts := kind == RestartsOnly || kind == RandomSubset; restarts != s.Restart && i > 0 {
					t.Fatalf("%s, stage %d restarts: %v", kind, i+1, s.Restart)
				} else if restarts && math.Abs(stepped-float64(epochs)) > 1e-9 {
					t.Fatalf("%s, stage %d runs through %v epochs of %d", kind, i+1, stepped, epochs)
				}
				ran += stepped
				checkControl(t, c, i, s, done, beside, redrawn)
			}
			if one := kind == ReinitOnly || kind == NoRestart; one && exact && math.Abs(ran-float64(epochs)) > 1e-9 {
				t.Fatalf("%s runs through %v epochs of the schedule; want %d", kind, ran, epochs)
			}
		}
	}
}

// checkControl checks classes, head rows and samples of stage i. redrawn are LGL's stages, in the order of the random
// strategy where its own hangs on the network.
func checkControl(t *testing.T, c Control, i int, s Stage, done, beside, redrawn []Stage) {
	t.Helper()
	all := complement(c.LGL.Classes, nil)
	if c.Kind == NoRestart {
		if !slices.Equal(s.Classes, beside[i].Classes) || !slices.Equal(s.Fresh, beside[i].Fresh) {
			t.Fatalf("no-restart, stage %d: %+v; LGL has %+v", i+1, s, beside[i])
		}
		return
	}
	if !slices.Equal(s.Classes, all) || (i == 0) != (len(s.New) > 0) {
		t.Fatalf("%s, stage %d: classes %v, new %v", c.Kind, i+1, s.Classes, s.New)
	}
	var fresh []int
	switch {
	case i == 0:
	case c.Kind == ReinitOnly:
		fresh = redrawn[i].Fresh
	case c.LGL.Reinit == All:
		fresh = all
	}
	if !slices.Equal(s.Fresh, fresh) {
		t.Fatalf("%s, stage %d redraws %v; want %v", c.Kind, i+1, s.Fresh, fresh)
	}
	if c.Kind != RandomSubset {
		return
	}
	for j, w := range s.Weights {
		if i > 0 && done[i-1].Weights[j] > w {
			t.Fatalf("stage %d leaves out sample %d, which the stage before had", i+1, j)
		}
	}
}

// One class at a time, a thousand of them, in seconds.
func TestThousandStages(t *testing.T) {
	const k = 1000
	perClass := slices.Repeat([]int{3}, k)
	labels := labelsOf(perClass...)
	p := &fakeProbe{h: make([]float64, len(labels)), softmax: true}
	for _, s := range []Select{Random, Similar} {
		c := LGL{Stages: k, Classes: k, Select: s, Partition: Even, Budget: Budget{Samples: 3 * k * 900, Epochs: 900, LastShare: 0.5}}
		plan, exact, err := c.Plan(perClass)
		done := run(t, c, labels, p)
		if err != nil || !exact || len(done) != k || len(plan) != k {
			t.Fatalf("%d stages, planned %d (exact %v), %v", len(done), len(plan), exact, err)
		}
		total := int64(0)
		for i, stage := range done {
			total += stage.Stop.Samples
			if plan[i].Samples != stage.Stop.Samples {
				t.Fatalf("stage %d: %d samples; planned %d", i+1, stage.Stop.Samples, plan[i].Samples)
			}
		}
		if total != 3*k*900 {
			t.Errorf("%d samples; the budget is %d", total, 3*k*900)
		}
	}
}
