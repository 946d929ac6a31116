package train

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/mix"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
)

// mixed is a run on toy data with mixup and label smoothing.
func mixed(head string) config.Config {
	c := toyConfig()
	c.Mixup, c.LabelSmoothing, c.Head = 0.5, 0.1, head
	return c
}

// In every step targets add up to 1, and what is above the smoothing belongs to classes of the batch. A
// masked stage spreads labels over its own classes and has nothing of others; a full head spreads them
// over all outputs from the first stage on.
func TestTargetsOfStages(t *testing.T) {
	for _, head := range []string{"full", "masked"} {
		j, spy, _ := newJob(t, mixed(head), 40)
		blends := 0
		var used []int // outputs, step by step
		spy.onStep = func(b data.Batch, h engine.Hyper) error {
			outputs := h.Active
			if head == "full" {
				outputs = []bool{true, true, true}
			}
			used = append(used, count(outputs))
			base := float32(0.1 / float64(count(outputs)))
			for i := range b.Index {
				row, sum, above := b.Targets[3*i:3*i+3], 0.0, 0
				for k, v := range row {
					sum += float64(v)
					least := base
					if !outputs[k] {
						least = 0
					}
					if v > least {
						above++
					}
					if v < least || v > least && !slices.Contains(b.Y, int32(k)) {
						t.Fatalf("%s head: target %v of class %d in a batch of classes %v; want %v", head, v, k, b.Y, least)
					}
				}
				if math.Abs(sum-1) > 1e-6 || above < 1 || above > 2 {
					t.Fatalf("targets %v", row)
				}
				blends += above - 1
			}
			return nil
		}
		mustRun(t, j)
		if want := map[string]int{"full": 3, "masked": 1}[head]; used[0] != want || used[len(used)-1] != 3 || blends < len(used) {
			t.Errorf("%s head: %v outputs, %d samples of two classes", head, used, blends)
		}
	}
}

func count(marks []bool) (n int) {
	for _, m := range marks {
		if m {
			n++
		}
	}
	return n
}

// summing is a model that adds up the weighted losses of its steps.
type summing struct {
	engine.Model
	sum float64
}

func (s *summing) Step(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	stats, err := s.Model.Step(b, h)
	s.sum += mix.WeightedSum(stats.Losses, b.Weight)
	return stats, err
}

// checkLogged holds the training losses of the log to those of the steps.
func (s *summing) checkLogged(t *testing.T, name string, l *log) {
	t.Helper()
	logged, before := 0.0, int64(0)
	for _, e := range eventsOf[record.EpochEnded](l) {
		logged += e.TrainLoss * float64(e.SamplesSeen-before)
		before = e.SamplesSeen
	}
	if math.Abs(logged-s.sum) > 1e-9*s.sum {
		t.Errorf("%s: logged losses add up to %v; those of the steps to %v", name, logged, s.sum)
	}
}

// The logged training loss is that of the targets, and the run is the same with any number of workers.
func TestMixedRun(t *testing.T) {
	var ends []nn.State
	for _, workers := range []int{1, 4} {
		j, spy, l := newJob(t, mixed("masked"), 40)
		model := &summing{Model: spy}
		j.Workers, j.Model = workers, model
		mustRun(t, j)
		s, err := spy.Save()
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, s)
		model.checkLogged(t, fmt.Sprintf("%d workers", workers), l)
	}
	for name, tensor := range ends[0] {
		if !sameBits(tensor.Data, ends[1][name].Data) {
			t.Errorf("%s differs with the number of workers", name)
		}
	}
}

// Off, a step has no targets; on, every step has shares of its own.
func TestMixupDraws(t *testing.T) {
	for _, alpha := range []float64{0, 1} {
		c := toyConfig()
		c.Mixup = alpha
		j, spy, _ := newJob(t, c, 40)
		shares, steps := map[float32]bool{}, 0
		spy.onStep = func(b data.Batch, _ engine.Hyper) error {
			if steps++; (b.Targets != nil) != (alpha > 0) {
				t.Fatalf("mixup %v: targets %v", alpha, b.Targets)
			}
			for _, v := range b.Targets {
				if v > 0 && v < 1 {
					shares[v] = true
				}
			}
			return nil
		}
		mustRun(t, j)
		if alpha > 0 && len(shares) < steps { // the first stage has one class, and two shares stand in a step
			t.Errorf("%d shares in %d steps", len(shares), steps)
		}
	}
}

// Weights of samples are blended with them, and the samples' own stay.
func TestMixupOfWeights(t *testing.T) {
	c := toyConfig()
	c.Method, c.Epochs, c.Weighting, c.Stages = "spl", 4, "linear", 1
	var distinct []int
	for _, c.Mixup = range []float64{0, 1} {
		j, spy, _ := newJob(t, c, 40)
		var seen []float32
		spy.onStep = func(b data.Batch, _ engine.Hyper) error {
			seen = append(seen, b.Weight...)
			return nil
		}
		mustRun(t, j)
		slices.Sort(seen)
		if len(seen) == 0 || seen[0] < 0 || seen[len(seen)-1] > 1 {
			t.Errorf("mixup %v: weights %v", c.Mixup, seen)
		}
		distinct = append(distinct, len(slices.Compact(seen)))
	}
	if distinct[0] < 20 || distinct[1] < 20 {
		t.Errorf("%v distinct weights", distinct)
	}
}
