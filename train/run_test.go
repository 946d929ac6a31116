package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/toy"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
)

// The network must come close to the best classifier, which is known for Gaussians: the nearest
// mean. Both are counted on the same test set.
func TestComesNearBayes(t *testing.T) {
	for _, layout := range []toy.Layout{toy.Separated, toy.Overlap} {
		for _, method := range []string{"baseline", "lgl"} {
			train, test, err := toy.Generate(layout, 1000, 1000, 1)
			if err != nil {
				t.Fatal(err)
			}
			c := toyConfig()
			c.Method, c.Stages, c.Epochs, c.EntropySamples, c.LRDecay = method, 2, 5, 30, 0.6
			j, _, _ := jobOn(t, c, train, test)
			end := mustRun(t, j)
			if best := nearestMean(t, layout, test); math.Abs(*end.Top1Last-best) > 0.01 {
				t.Errorf("%s, %s: top-1 %.4f; nearest mean %.4f", layout, method, *end.Top1Last, best)
			}
		}
	}
}

// nearestMean returns the accuracy of the Bayes classifier.
func nearestMean(t *testing.T, layout toy.Layout, src data.Source) float64 {
	right, x := 0, make([]float32, 2)
	for i := range src.Len() {
		if err := src.Sample(i, x); err != nil {
			t.Fatal(err)
		}
		best, at := math.Inf(1), 0
		for k, m := range layout.Means() {
			if d := math.Hypot(float64(x[0])-m[0], float64(x[1])-m[1]); d < best {
				best, at = d, k
			}
		}
		if at == src.Label(i) {
			right++
		}
	}
	return float64(right) / float64(src.Len())
}

// withoutTimes sets what a clock gave to zero.
func withoutTimes(events []record.Event) []record.Event {
	events = slices.Clone(events)
	for i, e := range events {
		switch e := e.(type) {
		case record.EpochEnded:
			e.TrainSeconds, e.Seconds = 0, 0
			events[i] = e
		case record.RunEnded:
			e.TrainSeconds, e.Seconds = 0, 0
			events[i] = e
		}
	}
	return events
}

// TestSameSeedSameBits compares whole runs, the files' SHA-256 included, also with other numbers
// of loader workers; another seed must differ.
func TestSameSeedSameBits(t *testing.T) {
	run := func(seed uint64, workers int) []record.Event {
		c := toyConfig()
		c.Select, c.Seed = "dissimilar", seed
		j, _, l := newJob(t, c, 40)
		j.Workers = workers
		mustRun(t, j)
		return withoutTimes(l.events)
	}
	first := run(1, 1)
	if second := run(1, 3); !reflect.DeepEqual(first, second) {
		t.Errorf("two runs of one seed differ:\n%+v\n%+v", first, second)
	}
	if reflect.DeepEqual(first, run(2, 1)) {
		t.Error("two seeds gave the same run")
	}
}

// Each of the three seeds changes its own stream and no other.
func TestSeedsAreSeparate(t *testing.T) {
	type seen struct {
		order  string
		init   float32
		groups []int
	}
	run := func(change func(*config.Config)) (s seen) {
		c := toyConfig()
		change(&c)
		j, spy, _ := newJob(t, c, 20)
		spy.onLoad = func(state nn.State) {
			if s.init == 0 {
				s.init = state["classifier.weight"].Data[0]
			}
		}
		spy.onStep = func(b data.Batch, _ engine.Hyper) error {
			s.order += fmt.Sprint(b.Index)
			return nil
		}
		s.groups = mustRun(t, j).ClassesOrder
		return s
	}
	base := run(func(*config.Config) {})
	initial := run(func(c *config.Config) { c.SeedInit = 5 })
	if initial.init == base.init || initial.order != base.order {
		t.Error("--seed-init must change the weights and nothing else")
	}
	order := run(func(c *config.Config) { c.SeedOrder = 5 })
	if order.init != base.init || order.order == base.order || !slices.Equal(order.groups, base.groups) {
		t.Error("--seed-order must change the order of samples and nothing else")
	}
	classes := run(func(c *config.Config) { c.SeedClasses = 4 })
	if classes.init != base.init || slices.Equal(classes.groups, base.groups) {
		t.Errorf("--seed-classes must change the groups %v and not the weights", base.groups)
	}
}

// What a run trains on is what its plan says, and what the model is given.
func TestSamplesAreThosePredicted(t *testing.T) {
	for _, method := range []string{"baseline", "baseline-equal", "lgl"} {
		for m := 1; m <= 3; m++ {
			c := toyConfig()
			c.Method, c.Stages = method, m
			j, spy, l := newJob(t, c, 21)
			given := int64(0)
			spy.onStep = func(b data.Batch, _ engine.Hyper) error { given += int64(b.Len()); return nil }
			end := mustRun(t, j)
			if end.SamplesSeen != given || end.SamplesPredicted != given || j.Plan.Samples != given {
				t.Errorf("%s, m=%d: seen %d, predicted %d; the model was given %d", method, m, end.SamplesSeen, end.SamplesPredicted, given)
			}
			if epochs := eventsOf[record.EpochEnded](l); epochs[len(epochs)-1].SamplesSeen != given {
				t.Errorf("the last epoch says %d", epochs[len(epochs)-1].SamplesSeen)
			}
			stages := eventsOf[record.StageStarted](l)
			if len(stages) != len(j.Plan.Stages) {
				t.Fatalf("%d stages; the plan has %d", len(stages), len(j.Plan.Stages))
			}
			for i, s := range stages {
				if s.Samples != j.Plan.Stages[i].Epoch || len(s.Classes) != j.Plan.Stages[i].Active {
					t.Errorf("%s, m=%d: stage %d has %d samples of %v; planned %+v", method, m, i+1, s.Samples, s.Classes, j.Plan.Stages[i])
				}
			}
		}
	}
}

// A baseline on some of the classes trains these and no others.
func TestRunOnly(t *testing.T) {
	c := toyConfig()
	c.Method, c.OnlyClasses = "baseline", "2,0"
	j, _, sink := newJob(t, c, 20)
	perClass, only := data.PerClass(j.Train), []int{2, 0}
	j.Plan, _ = plan.New(c, perClass, only)
	j.Curriculum, _ = plan.NewCurriculum(c, perClass, only)
	mustRun(t, j)
	starts := eventsOf[record.StageStarted](sink)
	if len(starts) != 1 || !slices.Equal(starts[0].Classes, []int{2, 0}) || starts[0].Samples != 40 {
		t.Errorf("%+v", starts)
	}
}

// An epoch gives every sample of the active classes once, in an order of its own.
func TestEpochIsAPermutation(t *testing.T) {
	c := toyConfig()
	j, spy, l := newJob(t, c, 20)
	var order []int
	spy.onStep = func(b data.Batch, h engine.Hyper) error {
		for i, index := range b.Index {
			if int(b.Y[i]) != index%3 { // toy's labels
				t.Errorf("sample %d has label %d", index, b.Y[i])
			}
		}
		order = append(order, b.Index...)
		return nil
	}
	mustRun(t, j)
	var epochs [][]int
	for _, s := range eventsOf[record.StageStarted](l) {
		for range c.Epochs {
			epoch := order[:s.Samples]
			order = order[s.Samples:]
			epochs = append(epochs, epoch)
			sorted := slices.Sorted(slices.Values(epoch))
			if len(slices.Compact(sorted)) != s.Samples || slices.IsSorted(epoch) {
				t.Errorf("stage %d: epoch %v", s.Stage, epoch)
			}
			for _, i := range epoch {
				if !slices.Contains(s.Classes, i%3) {
					t.Fatalf("stage %d trains sample %d of a class that is not active", s.Stage, i)
				}
			}
		}
	}
	if len(order) != 0 || slices.Equal(epochs[len(epochs)-1], epochs[len(epochs)-2]) {
		t.Error("two epochs in one order, or samples left over")
	}
}

// stages is a curriculum that is written down.
type stages []curriculum.Stage

func (s stages) Next(_ context.Context, _ []int, done []curriculum.Stage, _ curriculum.Probe) (curriculum.Stage, error) {
	if len(done) == len(s) {
		return curriculum.Stage{}, io.EOF
	}
	return s[len(done)], nil
}

// Samples without weight are dropped, not given with weight 0; the others keep theirs.
func TestWeights(t *testing.T) {
	j, spy, l := newJob(t, toyConfig(), 10)
	w := make([]float32, 30)
	for i := range w {
		w[i] = float32(i%4) / 2
	}
	j.Curriculum = stages{{Classes: []int{0, 1}, Weights: w, Stop: curriculum.StopRule{Epochs: 2}}}
	spy.onStep = func(b data.Batch, _ engine.Hyper) error {
		for i, index := range b.Index {
			if b.Weight[i] != w[index] || w[index] == 0 || index%3 == 2 {
				t.Errorf("sample %d has weight %v", index, b.Weight[i])
			}
		}
		return nil
	}
	mustRun(t, j)
	if s := eventsOf[record.StageStarted](l)[0]; s.Samples != 14 { // of 20, 6 have weight 0
		t.Errorf("%d samples; want 14", s.Samples)
	}
	j.Curriculum = stages{{Classes: []int{0}, Weights: w[:29], Stop: curriculum.StopRule{Epochs: 2}}}
	if _, err := Run(context.Background(), j); err == nil || !strings.Contains(err.Error(), "29 weights") {
		t.Errorf("a weight too few: %v", err)
	}
}

// The learning rate is the schedule's closed form and starts again in every stage.
func TestLearningRate(t *testing.T) {
	c := toyConfig()
	c.Epochs, c.LR, c.LRDecay, c.LRStep, c.Stages = 5, 0.04, 0.5, 2, 2
	rates := func(c config.Config, cur curriculum.Curriculum) (got []float64) {
		j, spy, l := newJob(t, c, 8)
		if cur != nil {
			j.Curriculum = cur
		}
		given := map[float32]bool{}
		spy.onStep = func(_ data.Batch, h engine.Hyper) error { given[h.LR] = true; return nil }
		mustRun(t, j)
		for _, e := range eventsOf[record.EpochEnded](l) {
			got = append(got, e.LR)
			if !given[float32(e.LR)] {
				t.Errorf("the event says learning rate %v; the model got %v", e.LR, given)
			}
		}
		return got
	}
	schedule := []float64{0.04, 0.04, 0.02, 0.02, 0.01}
	if got := rates(c, nil); !slices.Equal(got, slices.Concat(schedule, schedule)) {
		t.Errorf("two stages: %v; want %v twice", got, schedule)
	}
	all := []int{0, 1, 2}
	going := stages{
		{Classes: all, Restart: true, Stop: curriculum.StopRule{Epochs: 3}},
		{Classes: all, Stop: curriculum.StopRule{Epochs: 2}},
	}
	if got := rates(c, going); !slices.Equal(got, schedule) {
		t.Errorf("a stage without restart: %v; want %v", got, schedule)
	}
	c.LRStep = 1
	for _, stretch := range []float64{1.9, 1.5, 2, 2.7} {
		got := rates(c, stages{{Classes: all, Restart: true, Stretch: stretch, Stop: curriculum.StopRule{Epochs: 20}}})
		for e, lr := range got {
			steps := 0
			for float64(steps+1)*stretch <= float64(e)+1e-6 {
				steps++
			}
			if want := 0.04 * math.Pow(0.5, float64(steps)); lr != want {
				t.Errorf("stretch %v, epoch %d: rate %v; want %v", stretch, e+1, lr, want)
			}
		}
	}
}

// Section 4.2: before a group enters, the rows of the classes trained keep their bits and the
// others are new; momentum starts at zero unless it is kept.
func TestRedraw(t *testing.T) {
	for _, reinit := range []string{"untrained", "none", "all"} {
		for _, keep := range []bool{false, true} {
			c := toyConfig()
			c.Reinit, c.KeepMomentum, c.Stages = reinit, keep, 3
			j, spy, l := newJob(t, c, 16)
			loads := 0
			spy.onLoad = func(loaded nn.State) {
				loads++
				if loads <= 2 { // initial weights; stage 1
					return
				}
				held, err := spy.Model.Save()
				if err != nil {
					t.Fatal(err)
				}
				trained := eventsOf[record.StageStarted](l)[loads-3].Classes
				for name, tensor := range held {
					after, ok := loaded[name]
					if strings.HasPrefix(name, nn.MomentumPrefix) {
						if ok != keep {
							t.Fatalf("keep-momentum %v: %s is there: %v", keep, name, ok)
						}
						continue
					}
					if !strings.HasPrefix(name, "classifier.") {
						if !sameBits(tensor.Data, after.Data) {
							t.Fatalf("%s changed", name)
						}
						continue
					}
					width := len(tensor.Data) / 3
					for k := range 3 {
						same := sameBits(tensor.Data[k*width:(k+1)*width], after.Data[k*width:(k+1)*width])
						fresh := reinit == "all" || reinit == "untrained" && !slices.Contains(trained, k)
						if same == fresh {
							t.Errorf("reinit %s, classes %v trained: row %d of %s is as it was: %v", reinit, trained, k, name, same)
						}
					}
				}
			}
			mustRun(t, j)
			if loads != 4 {
				t.Errorf("%d loads; want one at first and one for each of 3 stages", loads)
			}
		}
	}
}

// carry: best hands on, and saves, the epoch with the highest validation accuracy: the file must
// evaluate to just that epoch's numbers.
func TestCarry(t *testing.T) {
	for _, carry := range []string{"last", "best", "best-test"} {
		c := toyConfig()
		c.Carry, c.ValFraction, c.Epochs, c.LR, c.Stages = carry, 0.2, 6, 1.5, 2 // a rate that makes it jump about
		train, test, err := toy.Generate(toy.Overlap, 40, 40, 1)
		if err != nil {
			t.Fatal(err)
		}
		j, spy, l := jobOn(t, c, train, test)
		mustRun(t, j)
		epochs := eventsOf[record.EpochEnded](l)
		jumped := false
		for i, end := range eventsOf[record.StageEnded](l) {
			mine := epochs[i*c.Epochs : (i+1)*c.Epochs]
			want := len(mine)
			score := func(e record.EpochEnded) float64 { return e.Validation.Top1Active }
			if carry == "best-test" {
				score = func(e record.EpochEnded) float64 { return e.Test.Top1Active }
			}
			for e := len(mine); e > 0 && carry != "last"; e-- {
				if score(mine[e-1]) >= score(mine[want-1]) {
					want = e
				}
			}
			jumped = jumped || want != len(mine)
			if end.Carry != carry || end.CarryEpoch != want {
				t.Errorf("stage %d carries %s, epoch %d; want %s, epoch %d", i+1, end.Carry, end.CarryEpoch, carry, want)
			}
			s, _, err := checkpoint.LoadWeights(filepath.Join(j.Dir, end.Weights))
			if err != nil {
				t.Fatal(err)
			}
			if err := spy.Model.Load(s); err != nil {
				t.Fatal(err)
			}
			stage := eventsOf[record.StageStarted](l)[i]
			e, _ := evaluate.New(spy, j.Test, nil, 7, 1)
			got, seen, err := e.Accuracy(context.Background(), stage.Classes, stage.Masked)
			was := *mine[want-1].Test
			if got.Top1New, got.Top1Old = was.Top1New, was.Top1Old; err != nil || got != was {
				t.Errorf("%s, stage %d: the file gives %+v, %v; its epoch had %+v", carry, i+1, got, err, *mine[want-1].Test)
			}
			if cells := seen.Confusion.Cells(); !reflect.DeepEqual(end.Confusion, cells) {
				t.Errorf("%s, stage %d: confusions %v; the file gives %v", carry, i+1, end.Confusion, cells)
			}
			top1 := 0.0
			for _, share := range end.Top1ByClass { // classes of one size
				top1 += share / float64(len(stage.Classes))
			}
			if math.Abs(top1-was.Top1Active) > 1e-9 {
				t.Errorf("accuracies %v by class at the end; its epoch had %v", end.Top1ByClass, was.Top1Active)
			}
			if *end.EntropyActive != *mine[want-1].EntropyActive {
				t.Errorf("entropy %v at the end; its epoch had %v", *end.EntropyActive, *mine[want-1].EntropyActive)
			}
		}
		if carry != "last" && !jumped {
			t.Errorf("%s: the last epoch was the best in every stage, so this shows nothing; change the settings", carry)
		}
	}
}

// A trainer whose optimiser misses a parameter must notice; one that the masked softmax gives no
// gradient may stay.
func TestMoved(t *testing.T) {
	for _, c := range []struct {
		tensor string
		row    int // -1: all of it
		masked bool
		want   string
	}{
		{"features.0.weight", -1, false, "parameter features.0.weight did not move"},
		{"features.0.bias", -1, true, "parameter features.0.bias did not move"},
		{"classifier.weight", -1, false, "row 0 of parameter classifier.weight"},
		{"classifier.bias", 2, false, "row 2 of parameter classifier.bias"},
		{"classifier.bias", 2, true, ""}, // class 2 is not active
		{"classifier.bias", 1, true, "row 1 of parameter classifier.bias"},
	} {
		j, spy, l := newJob(t, toyConfig(), 10)
		var first nn.State
		spy.onLoad = func(s nn.State) { first = s.Clone() }
		spy.after = func(m engine.Model) {
			s, err := m.Save()
			if err != nil {
				t.Fatal(err)
			}
			frozen, held := first[c.tensor].Data, s[c.tensor].Data
			if width := len(held) / 3; c.row >= 0 {
				frozen, held = frozen[c.row*width:(c.row+1)*width], held[c.row*width:(c.row+1)*width]
			}
			copy(held, frozen)
			if err := m.Load(s); err != nil {
				t.Fatal(err)
			}
		}
		j.Curriculum = stages{{Classes: []int{0, 1}, Masked: c.masked, Stop: curriculum.StopRule{Epochs: 1}}}
		_, err := Run(context.Background(), j)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.tensor, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "stage 1") != 1):
			t.Errorf("%s, row %d: %v; want an error with %q, and the stage once", c.tensor, c.row, err, c.want)
		case c.want != "" && eventsOf[record.StageEnded](l)[0].Reason != "error":
			t.Errorf("%+v", l.events)
		}
	}
}

// One class at a time, m = K: with the masked softmax the first stage has no gradient at all.
func TestOneClassAtATime(t *testing.T) {
	for _, head := range []string{"full", "masked"} {
		c := toyConfig()
		c.Head, c.Stages, c.WeightDecay, c.Select = head, 3, 0, "similar"
		j, _, l := newJob(t, c, 20)
		mustRun(t, j)
		s := eventsOf[record.StageStarted](l)
		if h := *s[0].EntropyActive; h != 0 {
			t.Errorf("%s: entropy of one class is %v; want 0", head, h)
		}
		if !strings.Contains(s[1].Note, "random") || s[2].Scores == nil || len(s[2].Scores) != 1 {
			t.Errorf("%s: note %q, scores %v", head, s[1].Note, s[2].Scores)
		}
	}
}

// A run that is interrupted at any step leaves loadable weights of that step and says so.
func TestInterrupt(t *testing.T) {
	for at := range 8 { // 0: before the first step
		ctx, cancel := context.WithCancel(context.Background())
		c := toyConfig()
		c.Stages, c.Carry = 2, "best-test"
		j, spy, l := newJob(t, c, 24) // 2 classes: 3 steps an epoch
		steps := 0
		spy.after = func(engine.Model) {
			if steps++; steps == at {
				cancel()
			}
		}
		if at == 0 {
			cancel()
		}
		end, err := Run(ctx, j)
		cancel()
		if !errors.Is(err, ErrInterrupted) || !errors.Is(err, context.Canceled) || end.Status != "interrupted" || !strings.HasPrefix(end.Reason, "interrupted: ") || strings.Contains(end.Reason, "context") {
			t.Errorf("at step %d: %v, %+v", at, err, end)
		}
		if steps != at {
			t.Errorf("cancelled in step %d; %d steps were made", at, steps)
		}
		stopped := eventsOf[record.StageEnded](l)
		last := stopped[len(stopped)-1]
		if last.Reason != "interrupted" || last.Carry != "last" {
			t.Errorf("at step %d: %+v", at, last)
		}
		wantEpochs := (at + 2) / 3
		if at > 6 {
			wantEpochs = 1
		}
		if last.Epochs != wantEpochs {
			t.Errorf("at step %d: %d epochs; want %d", at, last.Epochs, wantEpochs)
		}
		if last.EntropyActive != nil || last.EntropyByClass != nil || last.Top1ByClass != nil || last.Confusion != nil {
			t.Errorf("at step %d: measures of weights that have moved since: %+v", at, last)
		}
		if at == 0 { // nothing was trained, and nothing is saved
			if files, _ := os.ReadDir(filepath.Join(j.Dir, "weights")); last.Weights != "" || len(files) != 0 || end.Top1Last != nil {
				t.Errorf("saved %q of %v without a step; top-1 %v", last.Weights, files, end.Top1Last)
			}
		} else {
			checkWeights(t, j, spy, last)
		}
		if got := l.events[len(l.events)-1]; !reflect.DeepEqual(got, end) {
			t.Errorf("the last event is %+v; Run returned %+v", got, end)
		}
	}
}

// checkWeights compares the file of a stage with what the model holds.
func checkWeights(t *testing.T, j Job, m engine.Model, end record.StageEnded) {
	t.Helper()
	got, meta, err := checkpoint.LoadWeights(filepath.Join(j.Dir, end.Weights))
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Save()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want.Weights()) {
		t.Errorf("%s does not hold the model's weights", end.Weights)
	}
	if meta.Stage != end.Stage || len(meta.Trained) == 0 || !slices.Equal(meta.Classes, j.Train.Classes()) {
		t.Errorf("%s: %+v", end.Weights, meta)
	}
	if err := j.Net.Check(got); err != nil {
		t.Error(err)
	}
}

// A learning rate that makes the loss infinite stops the run before the update, in a step or, if
// the epoch ends before that, in its evaluation.
func TestDiverges(t *testing.T) {
	for batch, words := range map[int][]string{
		4:  {"stage 1: epoch 1: step ", "training samples [", "smaller --lr"},
		24: {"test data: loss is", "smaller --lr"},
	} {
		c := toyConfig()
		c.LR, c.Batch = 1e15, batch
		j, spy, l := newJob(t, c, 24)
		var kept nn.State
		spy.onStep = func(data.Batch, engine.Hyper) (err error) { kept, err = spy.Model.Save(); return err }
		end, err := Run(context.Background(), j)
		var bad *engine.NotFiniteError
		if !errors.As(err, &bad) || end.Status != "failed" {
			t.Fatalf("error %v, status %s", err, end.Status)
		}
		for _, want := range words {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error %q; want %q in it", err, want)
			}
		}
		stopped := eventsOf[record.StageEnded](l)
		if len(stopped) != 1 || stopped[0].Reason != "not-finite" {
			t.Fatalf("%+v", stopped)
		}
		checkWeights(t, j, spy, stopped[0])
		if now, _ := spy.Save(); batch == 4 && !reflect.DeepEqual(now, kept) {
			t.Error("the failed step changed the model")
		}
	}
}

// stepError names samples by their index in the training data.
func TestStepErrorNamesSamples(t *testing.T) {
	b := data.Batch{Index: []int{7, 42, 99, 3, 1, 0, 5, 8, 11, 12}, Y: make([]int32, 10)}
	err := stepError(4, b, 0.05, &engine.NotFiniteError{What: "loss", Index: 1, Value: float32(math.NaN())})
	for _, want := range []string{"step 4", "(training sample 42)", "[7 42 99 3 1 0 5 8] and 2 more", "it is 0.05 now"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q; want %q in it", err, want)
		}
	}
}

// A model that goes bad without saying so is not saved, and its stage ends without weights:
// what --on-nan rollback goes back for, whatever else has failed.
func TestSpoiltWeightsAreNotSaved(t *testing.T) {
	j, spy, l := newJob(t, toyConfig(), 10)
	steps := 0
	spy.onStep = func(data.Batch, engine.Hyper) error {
		if steps++; steps == 1 {
			return nil
		}
		s, err := spy.Model.Save()
		if err == nil {
			s["features.0.bias"].Data[1] = float32(math.NaN())
			err = spy.Model.Load(s)
		}
		return errors.Join(err, errors.New("device lost"))
	}
	_, err := Run(context.Background(), j)
	if err == nil || !strings.Contains(err.Error(), "device lost") || !strings.Contains(err.Error(), "features.0.bias") {
		t.Errorf("%v", err)
	}
	var bad *engine.NotFiniteError
	if !errors.As(err, &bad) || bad.What != "tensor features.0.bias" || !math.IsNaN(float64(bad.Value)) {
		t.Errorf("%v is %+v", err, bad)
	}
	if files, _ := os.ReadDir(filepath.Join(j.Dir, "weights")); len(files) != 0 {
		t.Errorf("saved %v", files)
	}
	if ends := eventsOf[record.StageEnded](l); len(ends) != 1 || ends[0].Reason != "not-finite" || ends[0].Weights != "" || ends[0].SHA256 != "" {
		t.Errorf("the stage's end: %+v", ends)
	}
}

func TestBadJobs(t *testing.T) {
	for want, change := range map[string]func(*Job){
		"--batch 100 is larger":                             func(j *Job) { j.Config.Batch = 100 },
		"config.Config.Fit gives it both":                   func(j *Job) { j.Config.Batch = 0 },
		"has no Validation data":                            func(j *Job) { j.Config.Carry = "best" },
		`test data: the weights know all but "other"`:       func(j *Job) { j.Test = renamed{j.Test} },
		`training data: the weights know all but "other"`:   func(j *Job) { j.Train = renamed{j.Train} },
		`validation data: the weights know all but "other"`: func(j *Job) { j.Validation = renamed{j.Train} },
		"3 outputs for 2 classes":                           func(j *Job) { j.Meta.Classes = j.Meta.Classes[:2] },
		"samples of shape [1]":                              func(j *Job) { j.Test = points{labels: []int{0}, classes: j.Train.Classes()} },
		"test data: the data has no":                        func(j *Job) { j.Test = data.Subset(j.Test, nil) },
		"class 2 has no training":                           func(j *Job) { j.Train = data.Subset(j.Train, without(j.Train, 2)) },
		"initialiser":                                       func(j *Job) { j.Config.Init = "magic" },
		"not a directory":                                   func(j *Job) { j.Dir = os.Args[0] },
		"stop rule":                                         func(j *Job) { j.Curriculum = stages{{Classes: []int{1}}} },
		"no training samples": func(j *Job) {
			j.Curriculum = stages{{Classes: []int{1}, Weights: make([]float32, 30), Stop: curriculum.StopRule{Epochs: 1}}}
		},
	} {
		j, _, l := newJob(t, toyConfig(), 10)
		change(&j)
		end, err := Run(context.Background(), j)
		if err == nil || !strings.Contains(err.Error(), want) || end.Status != "failed" {
			t.Errorf("error %v, status %s; want an error with %q", err, end.Status, want)
		}
		if got := l.events[len(l.events)-1]; !reflect.DeepEqual(got, end) || end.Reason != err.Error() {
			t.Errorf("%q: the last event is %+v", want, got)
		}
	}
}

// renamed calls class 1 by another name.
type renamed struct{ data.Source }

func (r renamed) Classes() []string {
	names := slices.Clone(r.Source.Classes())
	names[1] = "other"
	return names
}

// without returns the samples that are not of class k.
func without(src data.Source, k int) (kept []int) {
	for i := range src.Len() {
		if src.Label(i) != k {
			kept = append(kept, i)
		}
	}
	return kept
}

// No batch is of one sample, over which batch norm has no variance, and none is left out.
func TestNoBatchOfOne(t *testing.T) {
	for _, budget := range []float64{0, 1} {
		c := toyConfig()
		c.Batch, c.Stages, c.Select, c.Budget = 8, 2, "random", budget
		j, spy, _ := newJob(t, c, 11) // stage 1: 22 samples; stage 2: 33
		withNorm(t, &j, spy)
		seen := int64(0)
		spy.onStep = func(b data.Batch, _ engine.Hyper) error {
			if seen += int64(b.Len()); b.Len() == 1 {
				t.Error("a batch of one sample")
			}
			return nil
		}
		if mustRun(t, j); seen != j.Plan.Samples {
			t.Errorf("budget %v: %d samples; the plan has %d", budget, seen, j.Plan.Samples)
		}
	}
}

// Reading fails in the middle of a run: the error names the sample, the weights are kept.
func TestReadError(t *testing.T) {
	train := labelled(30, 30, 30) // 6 steps an epoch
	c := toyConfig()
	c.Stages, c.Epochs, c.EntropySamples = 1, 3, 1
	j, spy, l := jobOn(t, c, train, train)
	steps := 0
	broken := &breaking{points: train}
	spy.onStep = func(data.Batch, engine.Hyper) error {
		if steps++; steps == 8 {
			broken.now.Store(true)
		}
		return nil
	}
	j.Train = broken
	end, err := Run(context.Background(), j)
	if err == nil || !strings.Contains(err.Error(), "input/output error") || !strings.Contains(err.Error(), "epoch 2: sample ") {
		t.Fatalf("%v", err)
	}
	stopped := eventsOf[record.StageEnded](l)
	if end.Status != "failed" || len(stopped) != 1 || stopped[0].Reason != "error" {
		t.Fatalf("%+v, %+v", end, stopped)
	}
	checkWeights(t, j, spy, stopped[0])
}

// The disk fills up at any event: the run ends with that error and writes no event after it.
func TestSinkFails(t *testing.T) {
	c := toyConfig()
	c.Epochs, c.Stages = 1, 2
	j, _, whole := newJob(t, c, 10)
	mustRun(t, j)
	for fail := 1; fail < len(whole.events); fail++ {
		j, _, l := newJob(t, c, 10)
		l.fail = fail
		end, err := Run(context.Background(), j)
		if !errors.Is(err, errDiskFull) || end.Status != "failed" || len(l.events) != fail {
			t.Errorf("event %d: %v, status %s, %d events", fail, err, end.Status, len(l.events))
		}
	}
}

// The weights cannot be written: the run ends with that error.
func TestWeightsFail(t *testing.T) {
	j, spy, l := newJob(t, toyConfig(), 10)
	spy.after = func(engine.Model) { // a directory in the way
		if err := os.MkdirAll(filepath.Join(j.Dir, "weights", "stage-1.safetensors", "x"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	end, err := Run(context.Background(), j)
	if err == nil || !strings.Contains(err.Error(), "stage-1.safetensors") || end.Status != "failed" {
		t.Errorf("%v, %+v", err, end)
	}
	if ends := eventsOf[record.StageEnded](l); len(ends) != 1 || ends[0].Reason != "error" || ends[0].Weights != "" {
		t.Errorf("the stage's end: %+v", ends)
	}
	ctx, cancel := context.WithCancel(context.Background())
	spy.onStep = func(data.Batch, engine.Hyper) error { cancel(); return nil }
	if end, err := Run(ctx, j); err == nil || errors.Is(err, ErrInterrupted) || end.Status != "failed" {
		t.Errorf("interrupted, and not saved: %v, status %s; it has failed", err, end.Status)
	}
}

func TestProgress(t *testing.T) {
	c := toyConfig()
	c.Method = "baseline-equal" // 3 stages: (3+1)/2 times 2 epochs
	j, _, _ := newJob(t, c, 10)
	var got []Progress
	j.Step = func(p Progress) { got = append(got, p) }
	var passes []string
	j.Forwarded = func(of string, done, all int) { passes = append(passes, fmt.Sprintf("%s %d/%d", of, done, all)) }
	mustRun(t, j)
	if n := j.Test.Len(); !slices.Contains(passes, fmt.Sprintf("test 16/%d", n)) || !slices.Contains(passes, fmt.Sprintf("test %d/%d", n, n)) {
		t.Errorf("%q; want those over %d test samples in batches of 16", passes, n)
	}
	last := got[len(got)-1]
	if last.Stage != 1 || last.Stages != 1 || last.Epoch != 4 || last.Epochs != 4 || last.Done != 30 || last.Total != 30 || !(last.Loss > 0) || !(last.ImagesPerSecond > 0) {
		t.Errorf("%+v", last)
	}
	if first := got[0]; len(got) != 8 || first.Epoch != 1 || first.Done != 16 {
		t.Errorf("%d calls, the first %+v", len(got), first)
	}
}

// A run that was stopped, by hand or by its deadline, and could not be saved has failed: it is no interruption.
func TestStoppedAndNotSaved(t *testing.T) {
	for _, why := range []error{context.Canceled, context.DeadlineExceeded} {
		full := errors.New("no space left on device")
		if err := after(fmt.Errorf("step 3: %w", why), full); errors.Is(err, why) || !errors.Is(err, full) || !strings.Contains(err.Error(), why.Error()) {
			t.Errorf("%v: %v", why, err)
		}
		if err := after(why, nil); !errors.Is(err, why) {
			t.Errorf("%v, saved: %v", why, err)
		}
	}
}
