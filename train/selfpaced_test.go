package train

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/toy"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
)

// pacedConfig is a self-paced run of 6 epochs, of which the first 4 select by fresh losses, or the
// second to the fourth by running ones.
func pacedConfig(method, losses string) config.Config {
	c := toyConfig()
	c.Method, c.Losses, c.Epochs, c.PaceFull, c.PaceStart, c.PaceWarmup, c.Batch = method, losses, 6, 0.7, 0.4, 0, 8
	if losses == "running" {
		c.PaceWarmup = 1
	}
	return c
}

// A self-paced run is one stage: one start, one end, one weights file, epochs that run on, a
// learning rate and momentum that go on. Its samples are those planned, counted by the model.
func TestSelfPacedIsOneStage(t *testing.T) {
	for _, method := range []string{"spl", "spl-inv", "spld"} {
		for _, losses := range []string{"fresh", "running"} {
			c := pacedConfig(method, losses)
			j, spy, l := newJob(t, c, 20)
			given, loads := int64(0), 0
			spy.onStep = func(b data.Batch, _ engine.Hyper) error { given += int64(b.Len()); return nil }
			spy.onLoad = func(nn.State) { loads++ }
			end := mustRun(t, j)
			if end.SamplesSeen != given || j.Plan.Samples != given || end.SamplesPredicted != given || !j.Plan.Exact || loads != 2 {
				t.Errorf("%s %s: seen %d, planned %d; the model was given %d, and %d states", method, losses, end.SamplesSeen, j.Plan.Samples, given, loads)
			}
			if passes := int64(1+6)*60 + j.Plan.Probed; end.SamplesProbed != passes || (j.Plan.Probed == 4*60) != (losses == "fresh") {
				t.Errorf("%s %s: forwarded %d; want %d", method, losses, end.SamplesProbed, passes)
			}
			started, ended, epochs := eventsOf[record.StageStarted](l), eventsOf[record.StageEnded](l), eventsOf[record.EpochEnded](l)
			if len(started) != 1 || len(ended) != 1 || started[0].Epochs != 6 || started[0].Samples != j.Plan.Paced[0] || ended[0].Epochs != 6 || ended[0].Reason != "epochs" {
				t.Fatalf("%s %s: %+v, %+v", method, losses, started, ended)
			}
			if files, _ := os.ReadDir(filepath.Join(j.Dir, "weights")); len(files) != 1 {
				t.Errorf("%d weights files", len(files))
			}
			seen := int64(0)
			for i, e := range epochs {
				seen += int64(j.Plan.Paced[i])
				if e.Stage != 1 || e.StageEpoch != i+1 || e.Epoch != i+1 || e.SamplesSeen != seen || *e.Selected != float64(j.Plan.Paced[i])/60 {
					t.Errorf("%s %s: epoch %d: %+v", method, losses, i+1, e)
				}
				if want := c.LR * math.Pow(c.LRDecay, float64(i)); math.Abs(e.LR-want) > 1e-12 {
					t.Errorf("epoch %d has learning rate %v; want %v", i+1, e.LR, want)
				}
				selects := i < 4 && (i > 0 || losses == "fresh")
				if (e.Lambda != nil) != selects || (e.Gamma != nil) != (selects && method == "spld") || !(e.SelectSeconds > 0) {
					t.Errorf("%s %s: epoch %d: lambda %v, gamma %v, %v s", method, losses, i+1, e.Lambda, e.Gamma, e.SelectSeconds)
				}
			}
			checkWeights(t, j, spy, ended[0])
		}
	}
}

// The samples of an epoch are those with the smallest losses of the model as it is before the
// epoch; the losses come here from the logits of single samples.
func TestFreshLossesChoose(t *testing.T) {
	c := pacedConfig("spl", "fresh")
	j, spy, _ := newJob(t, c, 20)
	var easiest, trained []int
	epoch := 0
	spy.onStep = func(b data.Batch, _ engine.Hyper) error {
		if len(trained) == 0 {
			easiest = byLoss(t, spy, j.Train)[:j.Plan.Paced[epoch]]
		}
		if trained = append(trained, b.Index...); len(trained) == len(easiest) {
			slices.Sort(trained)
			if want := slices.Sorted(slices.Values(easiest)); !slices.Equal(trained, want) {
				t.Errorf("epoch %d trains on %v; the easiest are %v", epoch+1, trained, want)
			}
			trained = nil
			epoch++
		}
		return nil
	}
	mustRun(t, j)
	if epoch != 6 {
		t.Errorf("saw %d whole epochs", epoch)
	}
}

// byLoss returns the samples of src in ascending order of their losses.
func byLoss(t *testing.T, m engine.Model, src data.Source) []int {
	losses := make([]float64, src.Len())
	x, out := make([]float32, 2), make([]float32, 3)
	for i := range losses {
		if err := src.Sample(i, x); err != nil {
			t.Fatal(err)
		}
		if err := m.Logits(data.Batch{X: x, Y: make([]int32, 1)}, out); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, z := range out {
			sum += math.Exp(float64(z))
		}
		losses[i] = math.Log(sum) - float64(out[src.Label(i)])
	}
	order := data.All(src)
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(losses[a], losses[b]) })
	return order
}

// asking is a curriculum that shows a test what it is asked with.
type asking struct {
	curriculum.Curriculum
	saw func(done []curriculum.Stage, p curriculum.Probe)
}

func (a asking) Next(ctx context.Context, labels []int, done []curriculum.Stage, p curriculum.Probe) (curriculum.Stage, error) {
	a.saw(done, p)
	return a.Curriculum.Next(ctx, labels, done, p)
}

// noting is a model that notes the loss that every sample had when it was last trained on.
type noting struct {
	engine.Model
	last map[int]float32
}

func (n noting) Step(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	stats, err := n.Model.Step(b, h)
	for pos, i := range b.Index {
		n.last[i] = stats.Losses[pos]
	}
	return stats, err
}

// The running losses are those that the steps reported, whichever epoch they were in.
func TestRunningLossesAreThoseOfTheSteps(t *testing.T) {
	c := pacedConfig("spl", "running")
	j, _, _ := newJob(t, c, 20)
	model := noting{j.Model, map[int]float32{}}
	asked := 0
	j.Model = model
	j.Curriculum = asking{j.Curriculum, func(done []curriculum.Stage, p curriculum.Probe) {
		if len(done) != asked {
			t.Errorf("asked with a history of %d; want %d", len(done), asked)
		}
		asked++
		for i, got := range p.LastLosses() {
			want, trained := model.last[i]
			if float32(got) != want && trained || math.IsNaN(got) == trained {
				t.Errorf("before epoch %d sample %d has loss %v; its step gave %v", asked, i, got, want)
			}
		}
		for _, s := range done {
			if s.Weights != nil {
				t.Error("the history keeps the weights of an epoch")
			}
		}
	}}
	mustRun(t, j)
	if asked != 7 { // every epoch, and for a next stage
		t.Errorf("asked %d times", asked)
	}
}

// A sample's weight scales its gradient: the step of a batch is the mean of the steps of its
// samples alone, times their weights.
func TestWeightsScaleTheGradient(t *testing.T) {
	c := pacedConfig("spl", "fresh")
	c.Weighting, c.Momentum, c.WeightDecay, c.Batch = "linear", 0, 0, 40 // of 60 samples: at least a batch is selected
	j, spy, _ := newJob(t, c, 20)
	step := 0
	want := nn.State{}
	spy.onStep = func(b data.Batch, h engine.Hyper) error {
		if step++; step > 1 {
			return nil
		}
		before, err := spy.Model.Save()
		if err != nil {
			return err
		}
		want = before.Clone()
		varied := false
		for i, w := range b.Weight {
			varied = varied || w != b.Weight[0]
			alone := data.Batch{X: b.X[2*i : 2*i+2], Y: b.Y[i : i+1], Index: b.Index[i : i+1]}
			if _, err := spy.Model.Step(alone, h); err != nil {
				return err
			}
			moved, err := spy.Model.Save()
			if err != nil {
				return err
			}
			for name, tensor := range want {
				for k := range tensor.Data {
					tensor.Data[k] += w / float32(b.Len()) * (moved[name].Data[k] - before[name].Data[k])
				}
			}
			if err := spy.Model.Load(before); err != nil {
				return err
			}
		}
		if !varied {
			t.Error("all weights are the same, so this shows nothing")
		}
		return nil
	}
	spy.after = func(m engine.Model) {
		if step != 1 {
			return
		}
		got, err := m.Save()
		if err != nil {
			t.Fatal(err)
		}
		for name, tensor := range want {
			for k, v := range tensor.Data {
				if math.Abs(float64(got[name].Data[k]-v)) > 1e-6 {
					t.Fatalf("%s[%d] is %v after the step; the weighted mean of single steps gives %v", name, k, got[name].Data[k], v)
				}
			}
		}
	}
	mustRun(t, j)
}

// Two runs of one seed are the same, bit for bit, whatever the number of workers.
func TestSelfPacedIsDeterministic(t *testing.T) {
	for _, losses := range []string{"fresh", "running"} {
		run := func(seed uint64, workers int) []record.Event {
			c := pacedConfig("spld", losses)
			c.Seed = seed
			j, _, l := newJob(t, c, 20)
			j.Workers = workers
			mustRun(t, j)
			events := withoutTimes(l.events)
			for i, e := range events {
				if e, ok := e.(record.EpochEnded); ok {
					e.SelectSeconds = 0
					events[i] = e
				}
			}
			return events
		}
		first := run(1, 1)
		if !reflect.DeepEqual(first, run(1, 3)) {
			t.Errorf("%s: two runs of one seed differ", losses)
		}
		if reflect.DeepEqual(first, run(2, 1)) {
			t.Errorf("%s: two seeds gave the same run", losses)
		}
	}
}

// A run stopped in its third epoch, or in the choice before it, keeps the weights and says where
// it was.
func TestSelfPacedInterrupt(t *testing.T) {
	for _, inChoice := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		j, spy, l := newJob(t, pacedConfig("spl", "fresh"), 20)
		left := j.Plan.Paced[0] + j.Plan.Paced[1] + 8
		spy.onStep = func(b data.Batch, _ engine.Hyper) error {
			if left -= b.Len(); left <= 0 && !inChoice {
				cancel()
			}
			return nil
		}
		j.Curriculum = asking{j.Curriculum, func(done []curriculum.Stage, _ curriculum.Probe) {
			if len(done) == 2 && inChoice {
				cancel()
			}
		}}
		end, err := Run(ctx, j)
		if !errors.Is(err, ErrInterrupted) || end.Status != "interrupted" {
			t.Fatalf("%v, %+v", err, end)
		}
		ended := eventsOf[record.StageEnded](l)
		want := 3
		if inChoice {
			want = 2
		}
		if len(ended) != 1 || ended[0].Reason != "interrupted" || ended[0].Epochs != want {
			t.Fatalf("%+v; want %d epochs", ended, want)
		}
		checkWeights(t, j, spy, ended[0])
	}
}

// carry: best picks among all epochs of the stage.
func TestSelfPacedCarry(t *testing.T) {
	c := pacedConfig("spl-inv", "fresh")
	c.Carry, c.LR = "best-test", 1.5 // a rate that makes it jump about
	train, test, err := toy.Generate(toy.Overlap, 40, 40, 1)
	if err != nil {
		t.Fatal(err)
	}
	j, _, l := jobOn(t, c, train, test)
	mustRun(t, j)
	best, at := -1.0, 0
	for _, e := range eventsOf[record.EpochEnded](l) {
		if e.Test.Top1 > best {
			best, at = e.Test.Top1, e.Epoch
		}
	}
	if end := eventsOf[record.StageEnded](l)[0]; end.CarryEpoch != at || at == 6 {
		t.Errorf("carries epoch %d; the best of the test set is %d, which must not be the last", end.CarryEpoch, at)
	}
}

// Under batch norm no selection leaves a batch of one sample, whatever the sizes.
func TestSelfPacedUnderBatchNorm(t *testing.T) {
	for batch := 3; batch <= 12; batch++ {
		c := pacedConfig("spl", "fresh")
		c.Batch, c.Epochs = batch, 12
		j, spy, _ := newJob(t, c, 11)
		withNorm(t, &j, spy)
		spy.onStep = func(b data.Batch, _ engine.Hyper) error {
			if b.Len() == 1 {
				t.Errorf("batches of %d: one of a single sample", batch)
			}
			return nil
		}
		if err := j.Plan.Check(batch); err != nil {
			t.Error(err)
		}
		mustRun(t, j)
	}
}

// Losses that are not finite choose nothing: the run ends, and names the sample.
func TestLossesNotFinite(t *testing.T) {
	j, spy, l := newJob(t, pacedConfig("spl", "fresh"), 20)
	j.Curriculum = asking{j.Curriculum, func(done []curriculum.Stage, _ curriculum.Probe) {
		if len(done) != 1 {
			return
		}
		s, err := spy.Model.Save()
		if err != nil {
			t.Fatal(err)
		}
		s["classifier.bias"].Data[0] = float32(math.NaN())
		if err := spy.Model.Load(s); err != nil {
			t.Fatal(err)
		}
	}}
	_, err := Run(context.Background(), j)
	if err == nil || !strings.Contains(err.Error(), "choosing the samples of epoch 2: loss of sample 0 is NaN") {
		t.Errorf("%v", err)
	}
	if n := len(eventsOf[record.EpochEnded](l)); n != 1 {
		t.Errorf("%d epochs", n)
	}
}

// endless is a stage chosen for each epoch by a curriculum with a fault.
type endless struct{ curriculum.Stage }

func (s endless) Next(_ context.Context, labels []int, done []curriculum.Stage, _ curriculum.Probe) (curriculum.Stage, error) {
	if len(done) == 2 {
		return curriculum.Stage{}, io.EOF
	}
	if len(done) == 1 {
		s.Note = "nothing is selected"
		if s.Masked {
			s.Weights = make([]float32, len(labels))
		}
	}
	return s.Stage, nil
}

// What goes wrong in the choice for a later epoch ends the run, with the weights kept; a note on it
// becomes a warning.
func TestSelfPacedErrors(t *testing.T) {
	s := curriculum.Stage{Classes: []int{0, 1, 2}, EachEpoch: true, Stop: curriculum.StopRule{Epochs: 3}}
	for masked, want := range map[bool]string{false: "epoch 3: the curriculum ends within its stage", true: "epoch 2: its classes have no training samples"} {
		s.Masked = masked
		j, spy, l := newJob(t, toyConfig(), 10)
		j.Curriculum = endless{s}
		if _, err := Run(context.Background(), j); err == nil || !strings.Contains(err.Error(), "stage 1: choosing the samples of "+want) {
			t.Errorf("%v; want %q", err, want)
		}
		ended := eventsOf[record.StageEnded](l)
		if len(ended) != 1 || ended[0].Reason != "error" {
			t.Fatalf("%+v", ended)
		}
		checkWeights(t, j, spy, ended[0])
		if w := eventsOf[record.Warning](l); !masked && (len(w) != 1 || w[0].Text != "epoch 2: nothing is selected") {
			t.Errorf("%+v", w)
		}
	}
}

// The pace of a baseline run: an upper bound is planned, the run stays below it.
func TestBaselineLossPlan(t *testing.T) {
	c := pacedConfig("spl", "fresh")
	c.Pace, c.PaceRun = "baseline-loss", "a run"
	perClass := []int{20, 20, 20}
	if _, err := plan.New(c, perClass, nil); err == nil || !strings.Contains(err.Error(), "--pace-run has 0 epochs") {
		t.Errorf("no losses: %v", err)
	}
	j, _, l := newJob(t, c, 20)
	var err error
	if j.Plan, err = plan.New(c, perClass, nil, 1, 0.6, 0.4, 0.3); err != nil {
		t.Fatal(err)
	}
	if j.Plan.Exact || j.Plan.Samples != 360 || j.Plan.Cost != 1 || j.Plan.Probed != 240 {
		t.Errorf("%+v", j.Plan)
	}
	if j.Curriculum, err = plan.NewCurriculum(c, perClass, nil, 1, 0.6, 0.4, 0.3); err != nil {
		t.Fatal(err)
	}
	end := mustRun(t, j)
	epochs := eventsOf[record.EpochEnded](l)
	if last := epochs[5]; end.SamplesSeen >= 360 || *last.Selected != 1 || last.Lambda != nil {
		t.Errorf("%d samples seen, the last epoch %+v", end.SamplesSeen, last)
	}
}
