package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/compat"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/record"
)

// counted is a model that calls stop before its n-th call of Step or Logits, from 1. Where n is even that call is not made, as of a
// model that was stopped while it made a program for it.
type counted struct {
	engine.Model
	n, calls, steps int
	stop            func()
}

func (c *counted) tick() error {
	if c.calls++; c.calls != c.n {
		return nil
	}
	c.stop()
	if c.n%2 == 0 {
		return context.Canceled
	}
	return nil
}

func (c *counted) Step(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	if err := c.tick(); err != nil {
		return engine.StepStats{}, err
	}
	c.steps++
	return c.Model.Step(b, h)
}

func (c *counted) Logits(b data.Batch, dst []float32) error {
	if err := c.tick(); err != nil {
		return err
	}
	return c.Model.Logits(b, dst)
}

// freeze gives a job of compat: authors its head, and the spy a model that holds it.
func freeze(t *testing.T, j *Job, s *spy) {
	if !j.Config.Authors() {
		return
	}
	j.Frozen = compat.NewFrozenHead(j.Net, j.Config.WeightDecay)
	m, err := reference.New().Compile(j.Net, j.Config.Batch, engine.Options{Threads: 1, Reduce: j.Frozen.Reduce})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	s.Model = m
}

// attempt is one process of a run: it goes on from the store's newest checkpoint, if there is one,
// with the events up to it, and is stopped before call n of the model.
func attempt(t *testing.T, c config.Config, store *checkpoint.Store, l *log, every, n int) (calls, steps int, err error) {
	t.Helper()
	j, spy, _ := newJob(t, c, 24)
	freeze(t, &j, spy)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	model := &counted{Model: spy.Model, n: n, stop: cancel}
	j.Model, j.Sink, j.Dir = model, l, filepath.Dir(store.Path(1))
	j.Checkpoints = &Checkpoints{
		Store: store, Steps: every, Identity: func() (checkpoint.Identity, error) { return checkpoint.Identity{Config: c.Map()}, nil },
		Mark: func() (record.Mark, error) { return record.Mark{Bytes: int64(len(l.events))}, nil },
	}
	if s, _, _, err := store.Newest(false); err == nil {
		p, err := s.Unpack()
		if err != nil {
			t.Fatal(err)
		}
		l.events = l.events[:p.Log.Bytes]
		j.Resume = &s
	} else if !errors.Is(err, checkpoint.ErrNone) {
		t.Fatal(err)
	} else {
		l.events = nil
		j.Initial = elsewhere(t, j.Net, c)
	}
	_, err = Run(ctx, j)
	return model.calls, model.steps, err
}

// timeless returns the events without what tells the time.
func timeless(events []record.Event) (all []record.Event) {
	for _, e := range events {
		switch v := e.(type) {
		case record.EpochEnded:
			v.Seconds, v.TrainSeconds, v.SelectSeconds = 0, 0, 0
			e = v
		case record.RunEnded:
			v.Seconds, v.TrainSeconds, v.Resumed = 0, 0, 0
			e = v
		}
		all = append(all, e)
	}
	return all
}

// resumable are settings that between them keep everything that a checkpoint can hold.
func resumable() map[string]config.Config {
	all := map[string]config.Config{}
	add := func(name string, set func(c *config.Config)) {
		c := toyConfig()
		c.EntropySamples = 20
		set(&c)
		all[name] = c
	}
	add("lgl", func(c *config.Config) { c.Select = "dissimilar"; c.KeepMomentum = true })
	add("hierarchy, shrink-perturb", func(c *config.Config) {
		c.Select, c.Hierarchy, c.Warm, c.Budget = "hierarchy", "learnt", "shrink-perturb", 1.3
	})
	add("best", func(c *config.Config) { c.Carry, c.ValFraction, c.Epochs, c.LR = "best", 0.2, 3, 0.3 })
	add("converged", func(c *config.Config) { c.Until, c.Epochs, c.Patience, c.MinDelta = "converged", 4, 1, 0.05 })
	add("authors", func(c *config.Config) { c.Compat = "authors"; *c = c.Replayed(func(string) bool { return false }) })
	add("initial weights", func(c *config.Config) { c.Init = "some/where.safetensors" })
	add("extended", func(c *config.Config) {
		c.Extend, c.KnownClasses, c.Stages, c.Warm, c.Budget, c.Select = "some/where", 1, 2, "shrink-perturb", 1.5, "dissimilar"
	})
	add("masked", func(c *config.Config) { c.Head = "masked" })
	add("mixup", func(c *config.Config) { c.Head, c.Mixup, c.LabelSmoothing = "masked", 0.5, 0.1 })
	add("mixup of weighted samples", func(c *config.Config) { c.Method, c.Epochs, c.Weighting, c.Mixup = "spl", 5, "linear", 1 })
	add("class weights", func(c *config.Config) { c.Balance, c.LabelSmoothing = "weights", 0.1 })
	add("oversample", func(c *config.Config) { c.Balance = "oversample" })
	add("distill", func(c *config.Config) { c.Distill, c.Mixup, c.Warm = 0.5, 0.5, "shrink-perturb" })
	add("random-subset", func(c *config.Config) { c.Method = "random-subset" })
	add("baseline-equal", func(c *config.Config) { c.Method = "baseline-equal" })
	add("spl", func(c *config.Config) { c.Method, c.Epochs, c.Losses = "spl", 5, "running" })
	add("spl-inv", func(c *config.Config) { c.Method, c.Epochs, c.Weighting = "spl-inv", 5, "log" })
	add("spld", func(c *config.Config) { c.Method, c.Epochs = "spld", 5 })
	return all
}

// ending is how a run ends that was not stopped.
type ending struct {
	config       config.Config
	events       log
	calls, steps int
}

// endingOf runs c.
func endingOf(t *testing.T, c config.Config) *ending {
	t.Helper()
	e := &ending{config: c}
	var err error
	if e.calls, e.steps, err = attempt(t, c, newStore(t), &e.events, 0, 0); err != nil {
		t.Fatal(err)
	}
	return e
}

func newStore(t *testing.T) *checkpoint.Store {
	return checkpoint.NewStore(filepath.Join(t.TempDir(), "checkpoints"))
}

// stopped stops the run before call n of its model, lets it go on from the newest checkpoint, which it
// returns, and holds it to e: the same events, but for the time, with the same weights, no step made twice.
func (e *ending) stopped(t *testing.T, every, n int) checkpoint.Position {
	t.Helper()
	var l log
	store := newStore(t)
	_, first, err := attempt(t, e.config, store, &l, every, n)
	if !errors.Is(err, ErrInterrupted) {
		t.Fatalf("stopped before call %d of %d: %v", n, e.calls, err)
	}
	at, _, _, err := store.Newest(false)
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := attempt(t, e.config, store, &l, every, 0)
	if err != nil {
		t.Fatalf("resumed after call %d: %v", n, err)
	}
	if first+second != e.steps {
		t.Fatalf("stopped before call %d of %d: %d and %d steps were made; want %d in all", n, e.calls, first, second, e.steps)
	}
	if got, want := timeless(l.events), timeless(e.events.events); !reflect.DeepEqual(got, want) {
		t.Fatalf("stopped before call %d of %d: %s", n, e.calls, difference(got, want))
	}
	p, err := at.Unpack()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A run that is stopped before any call of its model, and goes on from its newest checkpoint, ends
// as one that was not stopped.
func TestResumeAnywhere(t *testing.T) {
	for name, c := range resumable() {
		t.Run(name, func(t *testing.T) {
			whole := endingOf(t, c)
			every := 11
			if os.Getenv("LGL_TORTURE") != "" {
				every = 1
			}
			for n := 1; n < whole.calls; n += every { // who stops before the last call stops after it
				whole.stopped(t, n%3, n) // 0: only where it is stopped
			}
			t.Logf("stopped before each of %d calls of the model (every %d): the same end", whole.calls, every)
		})
	}
}

// So does one that is stopped between epochs: while samples are chosen, or the best weights measured.
func TestResumeBetweenEpochs(t *testing.T) {
	for name, n := range map[string]int{"spl-inv": 15, "best": 36} {
		t.Run(name, func(t *testing.T) {
			p := endingOf(t, resumable()[name]).stopped(t, 0, n)
			if p.Stage == nil || p.Stage.Within != nil || p.Stage.Select != (name == "spl-inv") {
				t.Errorf("call %d of the model is not made between epochs: stage %+v", n, p.Stage)
			}
		})
	}
}

// A run that is resumed within an epoch knows how long the choice of its samples took, which it does not make again.
func TestResumedSelectSeconds(t *testing.T) {
	var l log
	c, store := resumable()["spl-inv"], newStore(t)
	if _, _, err := attempt(t, c, store, &l, 0, 21); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	s, _, _, err := store.Newest(false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Unpack()
	if err != nil || p.Stage == nil || p.Stage.Within == nil || p.Stage.Within.SelectSeconds <= 0 {
		t.Fatalf("call 21 of the model is not made within an epoch, or its choice took no time: %+v, %v", p.Stage, err)
	}
	if _, _, err := attempt(t, c, store, &l, 0, 0); err != nil {
		t.Fatal(err)
	}
	for _, e := range l.events {
		if v, ok := e.(record.EpochEnded); ok && v.Epoch == p.Epoch && v.SelectSeconds != p.Stage.Within.SelectSeconds {
			t.Errorf("epoch %d: choosing took %v s; want %v", v.Epoch, v.SelectSeconds, p.Stage.Within.SelectSeconds)
		}
	}
}

// The time that the checkpoint of an interrupted run takes is none of its training.
func TestSecondsOfAnInterruptedRun(t *testing.T) {
	const slow = 300 * time.Millisecond
	j, spy, _ := newJob(t, toyConfig(), 24)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	store := newStore(t)
	j.Model, j.Dir = &counted{Model: spy.Model, n: 3, stop: cancel}, filepath.Dir(store.Path(1))
	j.Checkpoints = &Checkpoints{
		Store: store, Identity: func() (checkpoint.Identity, error) { return checkpoint.Identity{}, nil },
		Mark: func() (record.Mark, error) { time.Sleep(slow); return record.Mark{}, nil },
	}
	end, err := Run(ctx, j)
	if !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	s, _, _, err := store.Newest(false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Unpack()
	if err != nil || p.Stage == nil || p.Stage.Within == nil || p.Stage.Within.Steps != 1 { // of two
		t.Fatalf("the run was not stopped within an epoch: %+v, %v", p, err)
	}
	if took := end.TrainSeconds - p.Result.TrainSeconds - p.Stage.Within.Seconds; took > slow.Seconds()/2 {
		t.Errorf("%v s of training, of which %v s were the checkpoint's", end.TrainSeconds, took)
	}
}

// A run that goes on has no use for its checkpoint, which may have a gigabyte, once it stands where that stands: before a stage or in one.
func TestResumeLetsGo(t *testing.T) {
	dir := t.TempDir()
	store := checkpoint.NewStore(filepath.Join(dir, "checkpoints"))
	var l log
	if _, _, err := attempt(t, toyConfig(), store, &l, 0, 8); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	for number, within := range map[int]bool{1: false, 2: true} {
		s, err := store.Load(number)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := s.Unpack(); err != nil || (p.Stage != nil) != within {
			t.Fatalf("checkpoint %d stands in stage %+v, %v", number, p.Stage, err)
		}
		resumed := new(checkpoint.Snapshot)
		*resumed = s
		var gone atomic.Bool
		runtime.AddCleanup(resumed, func(gone *atomic.Bool) { gone.Store(true) }, &gone)
		j, spy, _ := newJob(t, toyConfig(), 24)
		j.Dir, j.Resume = dir, resumed
		resumed = nil
		spy.onStep = func(data.Batch, engine.Hyper) error { runtime.GC(); return nil }
		if _, err := Run(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		if !gone.Load() {
			t.Errorf("checkpoint %d was kept to the end of the run", number)
		}
	}
}

// difference shows the first event that is not the same.
func difference(got, want []record.Event) string {
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			return fmt.Sprintf("event %d is\n%T %+v; want\n%T %+v", i, got[i], got[i], want[i], want[i])
		}
	}
	return fmt.Sprintf("%d events; want %d", len(got), len(want))
}

// A run that is stopped over and over, at every step, comes to the same end.
func TestResumeOverAndOver(t *testing.T) {
	c := resumable()["spld"]
	var whole, l log
	dir := t.TempDir()
	calls, _, err := attempt(t, c, checkpoint.NewStore(filepath.Join(dir, "a", "checkpoints")), &whole, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	store := checkpoint.NewStore(filepath.Join(dir, "b", "checkpoints"))
	times := 0
	for {
		_, _, err := attempt(t, c, store, &l, 1, 12+times%9)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
		if times++; times > 10*calls {
			t.Fatalf("%d attempts at a run of %d calls", times, calls)
		}
	}
	if got, want := timeless(l.events), timeless(whole.events); !reflect.DeepEqual(got, want) {
		t.Fatal(difference(got, want))
	}
	if end := eventsOf[record.RunEnded](&l); end[0].Resumed == 0 {
		t.Error("the last event does not say that the run was resumed")
	}
	t.Logf("resumed %d times", times)
}
