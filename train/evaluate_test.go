package train

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/record"
)

// softmax returns the probabilities of the logits listed, the plain way.
func softmax(logits []float32, keep []int) []float64 {
	p, sum := make([]float64, len(keep)), 0.0
	for i, k := range keep {
		p[i] = math.Exp(float64(logits[k]))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func entropyOf(p []float64) (h float64) {
	for _, v := range p {
		if v > 0 {
			h -= v * math.Log(v)
		}
	}
	return h
}

// Every number that an Evaluator gives is computed again from the logits of single samples.
func TestEvaluatorByHand(t *testing.T) {
	ctx := context.Background()
	j, spy, _ := newJob(t, toyConfig(), 20)
	mustRun(t, j)
	logits := make([][]float32, j.Train.Len())
	for i := range logits {
		x, out := make([]float32, 2), make([]float32, 3)
		if err := j.Train.Sample(i, x); err != nil {
			t.Fatal(err)
		}
		if err := spy.Logits(data.Batch{X: x, Y: make([]int32, 1)}, out); err != nil {
			t.Fatal(err)
		}
		logits[i] = out
	}
	e, err := NewEvaluator(spy, j.Train, nil, 16, 2)
	if err != nil {
		t.Fatal(err)
	}
	samples, active := []int{59, 3, 3, 17, 0}, []int{2, 0}
	h, err := e.Entropy(ctx, samples, active)
	if err != nil {
		t.Fatal(err)
	}
	losses, err := e.Losses(ctx, samples)
	if err != nil {
		t.Fatal(err)
	}
	for pos, i := range samples {
		if want := entropyOf(softmax(logits[i], active)); math.Abs(h[pos]-want) > 1e-6 {
			t.Errorf("entropy of sample %d: %v; want %v", i, h[pos], want)
		}
		if want := -math.Log(softmax(logits[i], []int{0, 1, 2})[i%3]); math.Abs(losses[pos]-want) > 1e-5 {
			t.Errorf("loss of sample %d: %v; want %v", i, losses[pos], want)
		}
	}
	if e.Forwarded != 10 {
		t.Errorf("%d samples forwarded; want 10", e.Forwarded)
	}
	classes, err := e.ClassEntropies(ctx, active)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		want := 0.0
		for i := k; i < len(logits); i += 3 {
			want += entropyOf(softmax(logits[i], active)) / 20
		}
		if math.Abs(classes[k]-want) > 1e-6 {
			t.Errorf("H(T|X_{%d}) = %v; want %v", k, classes[k], want)
		}
	}
	checkAccuracy(t, e, logits)
}

func checkAccuracy(t *testing.T, e *Evaluator, logits [][]float32) {
	active := []int{0, 1}
	for _, masked := range []bool{false, true} {
		got, seen, err := e.Accuracy(context.Background(), active, masked)
		if err != nil {
			t.Fatal(err)
		}
		var loss, right, rightActive, inUse float64
		for i, row := range logits {
			k, top := i%3, slices.Index(row, slices.Max(row))
			loss += -math.Log(softmax(row, []int{0, 1, 2})[k]) / float64(len(logits))
			if top == k {
				right++
			}
			if k == 2 {
				continue
			}
			inUse++
			if masked {
				top = slices.Index(row, slices.Max(row[:2]))
			}
			if top == k {
				rightActive++
			}
		}
		want := record.Accuracy{Samples: len(logits), Loss: loss, Top1: right / float64(len(logits)), Top1Active: rightActive / inUse}
		if math.Abs(got.Loss-want.Loss) > 1e-5 {
			t.Errorf("loss %v; want %v", got.Loss, want.Loss)
		}
		if got.Loss = want.Loss; got != want || seen.Confusion.Top1() != want.Top1 {
			t.Errorf("masked %v: %+v; want %+v", masked, got, want)
		}
	}
}

// Neither the size of the batches nor the order of the samples shows in what a probe returns.
func TestProbeIsOrderIndependent(t *testing.T) {
	ctx := context.Background()
	j, spy, _ := newJob(t, toyConfig(), 20)
	mustRun(t, j)
	get := func(batch, workers int, samples []int) map[int]float64 {
		e, err := NewEvaluator(spy, j.Train, nil, batch, workers)
		if err != nil {
			t.Fatal(err)
		}
		h, err := e.Entropy(ctx, samples, []int{0, 1, 2})
		if err != nil {
			t.Fatal(err)
		}
		got := map[int]float64{}
		for pos, i := range samples {
			got[i] = h[pos]
		}
		return got
	}
	forward := data.All(j.Train)
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	want := get(16, 1, forward)
	for i, h := range get(16, 3, backward) {
		if math.Abs(h-want[i]) > 1e-6 {
			t.Fatalf("sample %d: %v; in another order %v", i, h, want[i])
		}
	}
	for i, h := range get(1, 2, forward) {
		if math.Abs(h-want[i]) > 1e-6 {
			t.Fatalf("sample %d alone: %v; in a batch %v", i, h, want[i])
		}
	}
}

// The entropies that a run logs are those of its saved weights over the samples of the active
// classes; with a limit, over so many of them, the same ones each time.
func TestLoggedEntropy(t *testing.T) {
	c := toyConfig()
	c.Stages, c.Select = 2, "dissimilar"
	j, spy, l := newJob(t, c, 20)
	mustRun(t, j)
	for i, end := range eventsOf[record.StageEnded](l) {
		s, m, err := checkpoint.LoadWeights(filepath.Join(j.Dir, end.Weights))
		if err != nil {
			t.Fatal(err)
		}
		if err := spy.Load(s); err != nil {
			t.Fatal(err)
		}
		e, _ := NewEvaluator(spy, j.Train, nil, 5, 1)
		h, err := e.ClassEntropies(context.Background(), m.Trained)
		if err != nil {
			t.Fatal(err)
		}
		mean := 0.0
		for _, k := range m.Trained {
			mean += h[k] / float64(len(m.Trained))
		}
		if math.Abs(mean-*end.EntropyActive) > 1e-6 {
			t.Errorf("stage %d ends at %v; its file gives %v", i+1, *end.EntropyActive, mean)
		}
		if i == 0 { // the choice of stage 2 was made on these weights
			for k, score := range eventsOf[record.StageStarted](l)[1].Scores {
				if math.Abs(score-h[k]) > 1e-6 {
					t.Errorf("class %d was scored %v; its file gives %v", k, score, h[k])
				}
			}
		}
	}
}

func TestEntropySamples(t *testing.T) {
	c := toyConfig()
	c.EntropySamples, c.Stages, c.Epochs = 7, 2, 2
	j, _, l := newJob(t, c, 20)
	end := mustRun(t, j)
	for _, s := range eventsOf[record.StageStarted](l) {
		if s.EntropySamples != 7 {
			t.Errorf("stage %d: entropy over %d samples; want 7", s.Stage, s.EntropySamples)
		}
	}
	if want := int64(2 * (1 + 2) * 7); end.SamplesProbed != want { // start of the stage, each epoch
		t.Errorf("%d samples probed; want %d", end.SamplesProbed, want)
	}
	c.Select = "similar" // and 20 of the class to choose, though it is the only one left
	j, _, _ = newJob(t, c, 20)
	if end := mustRun(t, j); end.SamplesProbed != 2*(1+2)*7+20 {
		t.Errorf("%d samples probed", end.SamplesProbed)
	}
}
