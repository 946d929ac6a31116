package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/mutate"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/task"
)

// TestDamagedWeights: no damage to the weights of a stage is overlooked: what the reader would take,
// the SHA-256 in the run's log gives away.
func TestDamagedWeights(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := Train(t.Context(), toy(t), dir, quiet()); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadSaved(dir, 1); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(weightsPath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	mutate.Each(t, 16<<20, [][]byte{good}, func(t *testing.T, b []byte) error {
		if err := os.WriteFile(weightsPath(dir, 1), b, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := LoadSaved(dir, 1)
		if err == nil {
			t.Error("damaged weights were read")
		}
		return err
	})
}

// saved is what a run of a small task left, and the task.
func saved(t *testing.T) (Saved, task.Task) {
	t.Helper()
	dir, made := filepath.Join(t.TempDir(), "run"), toy(t)
	if _, err := Train(t.Context(), made, dir, quiet()); err != nil {
		t.Fatal(err)
	}
	s, err := LoadSaved(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s, made
}

// slow is an engine that takes long to make a model, and so asks whether to stop.
type slow struct{ engine.Engine }

func (s slow) Compile(net nn.Net, batch int, o engine.Options) (engine.Model, error) {
	if err := o.Stop(); err != nil {
		return nil, err
	}
	return s.Engine.Compile(net, batch, o)
}

// Whoever asks what a run left need not wait for a model that takes long to make.
func TestProbeStops(t *testing.T) {
	s, made := saved(t)
	ctx, cancel := context.WithCancel(t.Context())
	open := func(c config.Config, net nn.Net) (Engine, error) {
		e, err := quiet().Engine(c, net)
		e.Engine = slow{e.Engine}
		return e, err
	}
	_, done, err := s.Probe(ctx, made.Set.Test, open, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := done(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, _, err := s.Probe(ctx, made.Set.Test, open, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want that it was cancelled", err)
	}
}

// compiled is an engine that notes what it was asked to make.
type compiled struct {
	engine.Engine
	batches []int
	options []engine.Options
}

func (c *compiled) Compile(net nn.Net, batch int, o engine.Options) (engine.Model, error) {
	c.batches, c.options = append(c.batches, batch), append(c.options, o)
	return c.Engine.Compile(net, batch, o)
}

// What a run left is asked of by a model for evaluation alone, whose batches are small however large the run's were.
func TestProbeEvaluates(t *testing.T) {
	s, made := saved(t)
	for batch, want := range map[int]int{16: 16, 2048: maxProbed} {
		var c compiled
		s.Config.Batch = batch
		p, done, err := s.Probe(t.Context(), made.Set.Test, func(c2 config.Config, net nn.Net) (Engine, error) {
			e, err := quiet().Engine(c2, net)
			c.Engine, e.Engine = e.Engine, &c
			return e, err
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.Accuracy(t.Context(), s.Meta.Trained, false); err != nil {
			t.Error(err)
		}
		if err := done(); err != nil {
			t.Error(err)
		}
		if len(c.batches) != 1 || c.batches[0] != want || !c.options[0].Evaluation {
			t.Errorf("a run with batches of %d: made for batches of %v, %+v; want %d, for evaluation", batch, c.batches, c.options, want)
		}
	}
}

// A run that distils trains one model, and has another for evaluation alone, whose plan is not that of the run.
func TestTeacherEvaluates(t *testing.T) {
	made, o := toy(t), quiet()
	made.Config.Distill = 0.5
	var c compiled
	o.Engine = func(settings config.Config, net nn.Net) (Engine, error) {
		e, err := quiet().Engine(settings, net)
		c.Engine, e.Engine = e.Engine, &c
		return e, err
	}
	if _, err := Train(t.Context(), made, filepath.Join(t.TempDir(), "run"), o); err != nil {
		t.Fatal(err)
	}
	if len(c.options) != 2 || c.options[0].Evaluation || !c.options[1].Evaluation {
		t.Errorf("made %+v; want a model that trains, and one for evaluation", c.options)
	}
}
