package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
)

// Over random settings and unequal classes: the samples planned, predicted, given to the model and
// counted are the same number; with a budget they are the budget; and a control's are LGL's.
func TestSamplesOfVariants(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for range 25 {
		perClass := make([]int, 2+r.IntN(4))
		for k := range perClass {
			perClass[k] = 5 + r.IntN(20)
		}
		c := toyConfig()
		c.Stages, c.Epochs, c.Batch, c.EntropySamples = 1+r.IntN(len(perClass)), 1+r.IntN(3), 5, 3
		c.Partition, c.Head = []string{"even", "ceil"}[r.IntN(2)], []string{"full", "masked"}[r.IntN(2)]
		c.Warm = []string{"none", "shrink-perturb", "redraw"}[r.IntN(3)]
		if c.Stages == 1 {
			c.Warm = "none"
		}
		if r.IntN(2) == 0 {
			c.Budget = 0.5 + 2*r.Float64()
			if c.Stages > 1 && r.IntN(2) == 0 {
				c.LastShare = 0.5
			}
		}
		src := labelled(perClass...)
		var beside []int64
		for _, c.Method = range []string{"lgl", "restarts-only", "reinit-only", "random-subset", "no-restart", "baseline", "baseline-equal"} {
			j, spy, l := jobOn(t, c, src, src)
			given, byStage := int64(0), make([]int64, len(j.Plan.Stages))
			spy.onStep = func(b data.Batch, _ engine.Hyper) error {
				given += int64(b.Len())
				byStage[len(eventsOf[record.StageStarted](l))-1] += int64(b.Len())
				return nil
			}
			end := mustRun(t, j)
			what := fmt.Sprintf("%s of %v, %d epochs", c.Label(), perClass, c.Epochs)
			if end.SamplesSeen != given || end.SamplesPredicted != given || j.Plan.Samples != given || !j.Plan.Exact {
				t.Fatalf("%s: seen %d, predicted %d, planned %d; the model was given %d", what, end.SamplesSeen, end.SamplesPredicted, j.Plan.Samples, given)
			}
			if want := int64(math.Round(c.Budget * float64(src.Len()*c.Epochs))); c.Budget > 0 && given != want {
				t.Fatalf("%s: %d samples; the budget is %d", what, given, want)
			}
			for i, s := range eventsOf[record.StageStarted](l) {
				if byStage[i] != j.Plan.Stages[i].Samples || s.Samples != j.Plan.Stages[i].Epoch {
					t.Fatalf("%s, stage %d: %d samples, %d an epoch; planned %+v", what, i+1, byStage[i], s.Samples, j.Plan.Stages[i])
				}
			}
			if c.Method == "lgl" {
				beside = byStage
			} else if c.Control() && !slices.Equal(byStage, beside) {
				t.Fatalf("%s: %v samples; LGL had %v", what, byStage, beside)
			}
		}
	}
}

// With an order that hangs on the network and classes of any size, a budget is still kept to the
// sample.
func TestBudgetOfUnknownOrder(t *testing.T) {
	for _, choice := range []string{"similar", "dissimilar", "hierarchy"} {
		c := toyConfig()
		c.Select, c.Stages, c.Budget, c.Epochs, c.Batch = choice, 3, 1.3, 4, 8
		src := labelled(11, 23, 35, 17, 9)
		j, _, l := jobOn(t, c, src, src)
		end := mustRun(t, j)
		if want := int64(math.Round(1.3 * 4 * 95)); end.SamplesSeen != want || end.SamplesPredicted != want || !j.Plan.Exact {
			t.Errorf("%s: seen %d, predicted %d; want %d", choice, end.SamplesSeen, end.SamplesPredicted, want)
		}
		if stages := eventsOf[record.StageStarted](l); len(stages[2].Classes) != 5 {
			t.Errorf("%s: ends with classes %v", choice, stages[2].Classes)
		}
	}
}

// A stage runs through the whole schedule, with a share of a budget or without one, and so does a baseline of as many
// samples: the rate of every step is the closed form, whatever the length of the stage.
func TestSchedule(t *testing.T) {
	for _, method := range []string{"lgl", "restarts-only", "random-subset", "no-restart", "reinit-only", "baseline", "baseline-equal"} {
		holdSchedule(t, method, 0.5)
		holdSchedule(t, method, 0)
	}
}

// holdSchedule holds the rates of a method under a budget to the closed form.
func holdSchedule(t *testing.T, method string, budget float64) {
	t.Helper()
	c := toyConfig()
	c.Stages, c.Epochs, c.Batch, c.Budget, c.LRDecay, c.LR, c.Select, c.Method = 3, 8, 5, budget, 0.5, 0.08, "random", method
	j, spy, l := newJob(t, c, 20)
	seen, stage := int64(0), 0
	whole := c.Method == "no-restart" || c.Method == "reinit-only" // one schedule for the run
	passed, epochs := 0.0, 0.0
	for _, s := range j.Plan.Stages {
		epochs += float64(s.Samples) / float64(s.Epoch)
	}
	spy.onStep = func(b data.Batch, h engine.Hyper) error {
		if n := len(eventsOf[record.StageStarted](l)) - 1; n > stage {
			passed += float64(seen) / float64(j.Plan.Stages[stage].Epoch)
			stage, seen = n, 0
		}
		s := j.Plan.Stages[stage]
		at := float64(seen) / float64(s.Samples)
		if whole {
			at = (passed + float64(seen)/float64(s.Epoch)) / epochs
		}
		if want := float32(0.08 * math.Pow(0.5, math.Floor(8*at+1e-6))); h.LR != want {
			t.Errorf("%s, budget %v, stage %d, after %d of %d samples: rate %v; want %v", c.Method, c.Budget, stage+1, seen, s.Samples, h.LR, want)
		}
		seen += int64(b.Len())
		return nil
	}
	mustRun(t, j)
}

// Before every stage but the first the weights are shrunk and perturbed, or the last layers drawn,
// from the run's named stream; after that the fresh head rows are drawn as ever.
func TestWarm(t *testing.T) {
	for _, warm := range []string{"shrink-perturb", "redraw"} {
		c := toyConfig()
		c.Warm = warm
		j, spy, l := newJob(t, c, 16)
		loads := 0
		spy.onLoad = func(loaded nn.State) {
			loads++
			number := loads - 1 // of the stage
			if number < 2 {
				return
			}
			want, err := spy.Model.Save()
			if err != nil {
				t.Fatal(err)
			}
			r := seed.Stream(c.Seed, "warm", uint64(number))
			if warm == "redraw" {
				err = j.Net.RedrawLast(want, 1, nn.Default, r)
			} else {
				j.Net.ShrinkPerturb(want, c.Shrink, c.Noise, r)
			}
			if err != nil {
				t.Fatal(err)
			}
			fresh := complementOf(eventsOf[record.StageStarted](l)[number-2].Classes, 3)
			j.Net.RedrawHead(want, fresh, nn.Default, seed.Stream(c.Seed, "head", uint64(number)))
			if !reflect.DeepEqual(want.Weights(), loaded.Weights()) {
				t.Errorf("%s: stage %d begins with other weights", warm, number)
			}
		}
		mustRun(t, j)
		if loads != 4 {
			t.Errorf("%d loads; want one at first and one for each of 3 stages", loads)
		}
	}
	c := toyConfig()
	c.Warm, c.RedrawLayers = "redraw", 2
	j, _, _ := newJob(t, c, 16)
	if _, err := Run(context.Background(), j); err == nil || !strings.Contains(err.Error(), "1 layers with weights before its head") {
		t.Errorf("%v", err)
	}
}

// complementOf returns the classes of k that are not listed.
func complementOf(classes []int, k int) []int {
	return slices.DeleteFunc(all(k), func(c int) bool { return slices.Contains(classes, c) })
}

// A hundred classes, one at a time, with all settings that touch the stages at once.
func TestHundredStages(t *testing.T) {
	src := labelled(slices.Repeat([]int{6}, 100)...)
	for _, change := range []func(*config.Config){
		func(*config.Config) {},
		func(c *config.Config) {
			c.Head, c.Carry, c.ValFraction, c.Warm = "masked", "best", 0.2, "shrink-perturb"
		},
		func(c *config.Config) {
			c.Until, c.Epochs, c.Patience, c.Reinit, c.KeepMomentum = "converged", 3, 1, "all", true
		},
		func(c *config.Config) { c.Budget, c.LastShare, c.Epochs, c.Warm = 1, 0.7, 20, "redraw" },
		func(c *config.Config) { c.Select, c.Partition, c.Reinit = "hierarchy", "ceil", "none" },
		func(c *config.Config) { c.Method, c.Budget, c.Epochs = "no-restart", 1, 20 },
		func(c *config.Config) { c.Method, c.Budget, c.Epochs = "random-subset", 1, 20 },
	} {
		c := toyConfig()
		c.Stages, c.Epochs, c.Batch, c.Width, c.EntropySamples = 100, 1, 100, 0.1, 10
		change(&c)
		j, _, l := jobOn(t, c, src, labelled(slices.Repeat([]int{1}, 100)...))
		end := mustRun(t, j)
		stages := eventsOf[record.StageStarted](l)
		if sorted := slices.Sorted(slices.Values(end.ClassesOrder)); len(stages) != 100 || !slices.Equal(sorted, all(100)) {
			t.Errorf("%s: %d stages; order %v", c.Label(), len(stages), end.ClassesOrder)
		}
		if j.Plan.Exact && end.SamplesSeen != end.SamplesPredicted {
			t.Errorf("%s: %d samples; predicted %d", c.Label(), end.SamplesSeen, end.SamplesPredicted)
		}
	}
}

// Accuracy on new and old classes adds up to that on the active ones; entropies by class to that
// of all; and the ledger counts by the network's size.
func TestStageMeasures(t *testing.T) {
	c := toyConfig()
	c.Stages, c.EntropySamples = 3, 0
	j, _, l := newJob(t, c, 20)
	end := mustRun(t, j)
	for _, e := range eventsOf[record.EpochEnded](l) {
		a, old := *e.Test, 0.0
		if (a.Top1Old == nil) != (e.Stage == 1) {
			t.Fatalf("stage %d: accuracy %v on old classes", e.Stage, a.Top1Old)
		}
		if a.Top1Old != nil {
			old = *a.Top1Old
		}
		if got, k := *a.Top1New+old*float64(e.Stage-1), float64(e.Stage); math.Abs(got-k*a.Top1Active) > 1e-9 {
			t.Errorf("stage %d: new %v, old %v, active %v", e.Stage, *a.Top1New, old, a.Top1Active)
		}
	}
	for _, e := range eventsOf[record.StageEnded](l) {
		mean := 0.0
		for _, h := range e.EntropyByClass {
			mean += h / float64(e.Stage)
		}
		top1, last := 0.0, eventsOf[record.EpochEnded](l)[c.Epochs*e.Stage-1].Test
		for _, share := range e.Top1ByClass {
			top1 += share / float64(e.Stage)
		}
		if len(e.Top1ByClass) != e.Stage || math.Abs(top1-last.Top1Active) > 1e-9 {
			t.Errorf("stage %d: accuracies %v by class, %v of all", e.Stage, e.Top1ByClass, last.Top1Active)
		}
		right, all := 0.0, 0
		for _, cell := range e.Confusion {
			if all += cell[2]; cell[0] == cell[1] {
				right += float64(cell[2])
			}
		}
		if all != last.Samples || math.Abs(right/float64(all)-last.Top1) > 1e-9 {
			t.Errorf("stage %d: confusions %v; top-1 was %v of %d samples", e.Stage, e.Confusion, last.Top1, last.Samples)
		}
		if len(e.EntropyByClass) != e.Stage || math.Abs(mean-*e.EntropyActive) > 1e-9 {
			t.Errorf("stage %d: entropies %v by class, %v of all", e.Stage, e.EntropyByClass, *e.EntropyActive)
		}
	}
	macs := 2*16 + 16*3.0 // mlp of width .25: 2-16-3
	if end.FLOPsTrained != 6*macs*float64(end.SamplesSeen) || end.FLOPsForwarded != 2*macs*float64(end.SamplesProbed) {
		t.Errorf("%v and %v operations for %d and %d samples", end.FLOPsTrained, end.FLOPsForwarded, end.SamplesSeen, end.SamplesProbed)
	}
}

// A confusion matrix that is too large for the log is left out, and that is said.
func TestConfusionTooLarge(t *testing.T) {
	for n, kept := range map[int]bool{record.MostCells: true, record.MostCells + 1: false} {
		l := &log{}
		r := &trainer{Job: Job{Sink: l}}
		if err := r.emitEnd(record.StageEnded{Stage: 2, Reason: "epochs", Confusion: make([][3]int, n)}); err != nil {
			t.Fatal(err)
		}
		end, warned := eventsOf[record.StageEnded](l)[0], eventsOf[record.Warning](l)
		if (end.Confusion != nil) != kept || end.Reason != "epochs" || (len(warned) == 0) != kept {
			t.Errorf("%d cells: %d are kept; %v", n, len(end.Confusion), warned)
		}
		if !kept && !strings.Contains(warned[0].Text, "stage 2: the confusion matrix has 100001 cells") {
			t.Errorf("it says %q", warned[0].Text)
		}
	}
}
