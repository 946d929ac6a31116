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
	dir, made := filepath.Join(t.TempDir(), "run"), toy(t)
	if _, err := Train(t.Context(), made, dir, quiet()); err != nil {
		t.Fatal(err)
	}
	s, err := LoadSaved(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
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
