package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/record"
)

// Targets come from the weights that the stage before saved, though the stage begins with others
// (shrunk, with fresh rows), on the samples of its classes; those of new classes have their labels. The
// forward passes are counted.
func TestDistill(t *testing.T) {
	c := toyConfig()
	c.Distill, c.Warm = 0.5, "shrink-perturb"
	j, spy, l := newJob(t, c, 40)
	other, err := referenceModel(j.Net, c.Batch)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	taught, loaded := int64(0), 0
	spy.onStep = func(b data.Batch, _ engine.Hyper) error {
		ended := len(eventsOf[record.StageEnded](l))
		if ended == 0 {
			if b.Targets != nil {
				t.Fatal("the first stage has a teacher")
			}
			return nil
		}
		if loaded < ended {
			s, _, err := checkpoint.LoadWeights(filepath.Join(j.Dir, "weights", fmt.Sprintf("stage-%d.safetensors", ended)))
			if err != nil {
				t.Fatal(err)
			}
			if err := other.Load(s); err != nil {
				t.Fatal(err)
			}
			loaded = ended
		}
		taught += int64(b.Len())
		started := eventsOf[record.StageStarted](l)[ended]
		z := make([]float32, 3*b.Len())
		if err := other.Logits(b, z); err != nil {
			t.Fatal(err)
		}
		for i, y := range b.Y {
			want, sum := make([]float64, 3), 0.0
			want[y] = 1
			if !slices.Contains(started.New, int(y)) {
				want[y] = 0.5
				for k := range want {
					if slices.Contains(started.Classes, k) && !slices.Contains(started.New, k) {
						sum += math.Exp(float64(z[3*i+k]))
					}
				}
				for k := range want {
					if slices.Contains(started.Classes, k) && !slices.Contains(started.New, k) {
						want[k] += 0.5 * math.Exp(float64(z[3*i+k])) / sum
					}
				}
			}
			for k := range want {
				if math.Abs(float64(b.Targets[3*i+k])-want[k]) > 1e-6 {
					t.Fatalf("stage %d, sample of class %d: targets %v; want %v", ended+1, y, b.Targets[3*i:3*i+3], want)
				}
			}
		}
		return nil
	}
	end := mustRun(t, j)
	c.Distill = 0
	without, _, _ := newJob(t, c, 40)
	if plain := mustRun(t, without); loaded != 2 || taught == 0 || end.SamplesProbed != plain.SamplesProbed+taught || end.SamplesSeen != plain.SamplesSeen {
		t.Errorf("%d stages taught, %d samples; %d forwarded, %d without", loaded, taught, end.SamplesProbed, plain.SamplesProbed)
	}
}

// broken is a model whose Logits fail.
type broken struct{ engine.Model }

var errUnplugged = errors.New("the device is gone")

func (broken) Logits(data.Batch, []float32) error { return errUnplugged }

// A teacher that fails ends the run, after the steps under way.
func TestTeacherFails(t *testing.T) {
	c := toyConfig()
	c.Distill = 0.5
	j, spy, _ := newJob(t, c, 40)
	q := &queuing{Model: spy.Model, t: t}
	j.Model, j.Teacher.Model = q, broken{j.Teacher.Model}
	_, err := Run(context.Background(), j)
	if !errors.Is(err, errUnplugged) || q.begun != q.waited {
		t.Errorf("%v; %d of %d steps waited for", err, q.waited, q.begun)
	}
}

// timed is a model that tells what its algorithms were chosen by.
type timed struct {
	engine.Model
	key string
}

func (t timed) Timings() []byte { return fmt.Appendf(nil, "{%q:1}", t.key) }

// A checkpoint has what the algorithms of the teacher were chosen by, too, so that a run that goes on where
// they would be timed anew teaches with the same bits.
func TestTeacherTimingsAreKept(t *testing.T) {
	c := toyConfig()
	c.Distill = 0.5
	j, _, _ := newJob(t, c, 40)
	j.Model, j.Teacher.Model = timed{j.Model, "step"}, timed{j.Teacher.Model, "taught"}
	j.Checkpoints = &Checkpoints{
		Store:    checkpoint.NewStore(filepath.Join(j.Dir, "checkpoints")),
		Identity: func() (checkpoint.Identity, error) { return checkpoint.Identity{}, nil },
		Mark:     func() (record.Mark, error) { return record.Mark{}, nil },
	}
	mustRun(t, j)
	s, _, _, err := j.Checkpoints.Store.Newest(false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Unpack()
	kept := map[string]int{}
	if err := errors.Join(err, json.Unmarshal(p.Timings, &kept)); err != nil || !maps.Equal(kept, map[string]int{"step": 1, "taught": 1}) {
		t.Errorf("timings %s of the checkpoint, %v", p.Timings, err)
	}
}
