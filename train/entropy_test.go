package train

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/record"
)

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
		e, _ := evaluate.New(spy, j.Train, nil, 5, 1)
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
