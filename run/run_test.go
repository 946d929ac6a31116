package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/task"
	"github.com/local-to-global/lgl/train"
)

// quiet are options of a run of which nothing is told.
func quiet() Options {
	return Options{Engine: func(config.Config, nn.Net) (Engine, error) {
		return Engine{reference.New(), record.Engine{Name: "reference", Threads: 1}}, nil
	}}
}

// toy is a task of some steps, in two stages.
func toy(t *testing.T) task.Task {
	t.Helper()
	c := config.Default()
	c.Data, c.Model, c.Width, c.TrainSamples, c.Batch, c.Epochs, c.Stages, c.Warm = "toy", "mlp", 0.1, 60, 16, 2, 2, "none"
	made, err := task.NewSets(nil).Prepare(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// A run that is stopped goes on to the end of one that is not, and is done then; its directory is not written over.
func TestStopAndResume(t *testing.T) {
	whole, err := Train(t.Context(), toy(t), filepath.Join(t.TempDir(), "whole"), quiet())
	if err != nil || whole.Status != "done" || whole.Stage != 2 || whole.Stages != 2 {
		t.Fatalf("%+v, %v", whole, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir, o := filepath.Join(t.TempDir(), "stopped"), quiet()
	steps := 0
	o.Step = func(train.Progress) {
		if steps++; steps == 3 {
			cancel()
		}
	}
	if r, err := Train(ctx, toy(t), dir, o); !errors.Is(err, train.ErrInterrupted) || r.Status != "interrupted" {
		t.Fatalf("%+v, %v", r, err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "config.yaml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, other} {
		if _, err := Train(t.Context(), toy(t), dir, quiet()); !errors.Is(err, ErrTaken) {
			t.Errorf("in a directory that has a file or a run: %v; want ErrTaken", err)
		}
	}
	from := 0
	o = quiet()
	o.Resumed = func(_ checkpoint.Position, number int) { from = number }
	r, done, err := resume(t, dir, o)
	if err != nil || done || from == 0 || r.SHA256 != whole.SHA256 || r.SHA256 == "" || r.SamplesSeen != whole.SamplesSeen {
		t.Errorf("from checkpoint %d: %+v, %v, %v; want the end of %+v", from, r, done, err, whole)
	}
	if r, done, err := resume(t, dir, quiet()); err != nil || !done {
		t.Errorf("of a run that is done: %+v, %v, %v", r, done, err)
	}
}

// A run that was killed behind its last step has but to end: its result tells of the stages before, as if it had not been.
func TestResultOfResumed(t *testing.T) {
	full := errors.New("no space left on device")
	dir, o := filepath.Join(t.TempDir(), "run"), quiet()
	o.Sink = failing{full}
	want, err := Train(t.Context(), toy(t), dir, o)
	if !errors.Is(err, full) {
		t.Fatal(err)
	}
	at, _, _, err := checkpoint.NewStore(filepath.Join(dir, checkpointsDir)).Newest(false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := at.Unpack()
	if err == nil {
		err = os.Truncate(filepath.Join(dir, logFile), p.Log.Bytes)
	}
	if err != nil || p.Stage != nil || p.Stages != 2 {
		t.Fatalf("%v; the newest checkpoint is of stage %d, within it: %v", err, p.Stages, p.Stage != nil)
	}
	got, done, err := resume(t, dir, quiet())
	if err != nil || done || got.Weights == "" || got.SHA256 != want.SHA256 || got.Carry != want.Carry || got.Stage != want.Stage || got.Balance != want.Balance {
		t.Errorf("%+v, %v, %v; want the end of %+v", got, done, err, want)
	}
}

// failing is a sink that cannot take the end of a run.
type failing struct{ error }

func (f failing) Emit(e record.Event) error {
	if _, ok := e.(record.RunEnded); ok {
		return f.error
	}
	return nil
}

// A run that was killed while it wrote goes on, by Resume or TrainOrContinue, without what it had begun to write.
func TestSweep(t *testing.T) {
	for name, goOn := range map[string]func(dir string) error{
		"Resume":          func(dir string) error { _, _, err := resume(t, dir, quiet()); return err },
		"TrainOrContinue": func(dir string) error { _, err := TrainOrContinue(t.Context(), toy(t), dir, quiet()); return err },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		dir, o := filepath.Join(t.TempDir(), "run"), quiet()
		o.Step = func(train.Progress) { cancel() }
		if _, err := Train(ctx, toy(t), dir, o); !errors.Is(err, train.ErrInterrupted) {
			t.Fatal(err)
		}
		left := []string{filepath.Join(dir, ".report.html.tmp-123"), filepath.Join(dir, weightsDir, ".stage-1.safetensors.tmp-4")}
		for _, path := range left {
			if err := os.WriteFile(path, []byte("half"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := goOn(dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, path := range left {
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s left %s", name, path)
			}
		}
	}
}

// unread is a source that cannot be read now.
type unread struct{ data.Source }

func (unread) Sample(int, []float32) error { return errors.New("input/output error") }

// A suite trains a run anew that can never go on: not one whose data cannot be read at the moment, nor one that another
// engine could go on with, to other bits.
func TestContinueKeeps(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir, o := filepath.Join(t.TempDir(), "run"), quiet()
	o.Step = func(train.Progress) { cancel() }
	if _, err := Train(ctx, toy(t), dir, o); !errors.Is(err, train.ErrInterrupted) {
		t.Fatal(err)
	}
	broken, other, threads := toy(t), toy(t), quiet()
	broken.Set.Test = unread{broken.Set.Test}
	other.Config.Momentum = 0.5
	threads.Engine = func(config.Config, nn.Net) (Engine, error) {
		return Engine{reference.New(), record.Engine{Name: "reference", Threads: 2}}, nil
	}
	for name, c := range map[string]struct {
		task    task.Task
		options Options
		keep    bool
	}{"threads": {toy(t), threads, true}, "data": {broken, quiet(), true}, "momentum": {other, quiet(), false}} {
		_, err := resumeTask(t.Context(), c.task, Resumption{Dir: dir}, c.options)
		var unfit *unfitError
		if keep := !errors.As(err, &unfit); err == nil || keep != c.keep {
			t.Errorf("%s: %v, keep %v; want an error and %v", name, err, keep, c.keep)
		}
	}
	told := ""
	o = quiet()
	o.Say = func(line string) { told += line + "\n" }
	r, err := TrainOrContinue(t.Context(), other, dir, o)
	if err != nil || r.Status != "done" || !strings.Contains(told, "run is trained anew: ") {
		t.Errorf("%s, %v; told %q", r.Status, err, told)
	}
}

// A run that another version of lgl goes on with says so in its log, since the bits may be others.
func TestResumedByAnotherVersion(t *testing.T) {
	for _, now := range []string{"old", "new"} {
		ctx, cancel := context.WithCancel(t.Context())
		dir, o := filepath.Join(t.TempDir(), "run"), quiet()
		o.Revision, o.Step = "old", func(train.Progress) { cancel() }
		if _, err := Train(ctx, toy(t), dir, o); !errors.Is(err, train.ErrInterrupted) {
			t.Fatal(err)
		}
		o = quiet()
		o.Revision = now
		if _, _, err := resume(t, dir, o); err != nil {
			t.Fatal(err)
		}
		log, err := os.ReadFile(filepath.Join(dir, logFile))
		if said := strings.Contains(string(log), "resumed by lgl new; lgl old began the run"); err != nil || said != (now == "new") {
			t.Errorf("resumed by %s: %v, said %v", now, err, said)
		}
	}
}

// resume goes on with the run in dir, by what that has.
func resume(t *testing.T, dir string, o Options) (Result, bool, error) {
	t.Helper()
	c, err := Settings(dir)
	if err != nil {
		t.Fatal(err)
	}
	return Resume(t.Context(), c, task.NewSets(nil), Resumption{Dir: dir}, o)
}

// What there is to tell of initial weights of other classes is told, or not, where options have no Say.
func TestInitialOfOtherClasses(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), toy(t)
	if _, err := Train(t.Context(), toy(t), first, quiet()); err != nil {
		t.Fatal(err)
	}
	s, err := LoadSaved(first, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Meta.Classes[0], second.Config.Init = "other", filepath.Join(dir, "init.safetensors")
	if _, err := checkpoint.SaveWeights(second.Config.Init, s.State, s.Meta); err != nil {
		t.Fatal(err)
	}
	told, o := "", quiet()
	o.Say = func(line string) { told += line }
	for name, o := range map[string]Options{"told": o, "quiet": quiet()} {
		if _, err := Train(t.Context(), second, filepath.Join(dir, name), o); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(told, "knows 2 of the data's 3 classes") {
		t.Errorf("told %q", told)
	}
}

// A class that is not recognised is called rare where it has a ninth of the samples of the middle one, and is not balanced.
func TestRare(t *testing.T) {
	for name, c := range map[string]struct {
		perClass []int
		balance  string
		entered  []int
		want     []int
	}{
		"one of a ninth":     {[]int{24, 209, 216, 224}, "none", []int{2, 0, 1, 3}, []int{0}},
		"one of a seventh":   {[]int{31, 209, 216, 224}, "none", []int{2, 0, 1, 3}, nil},
		"of two":             {[]int{3, 30}, "none", []int{0, 1}, []int{0}},
		"oversampled":        {[]int{24, 209, 216, 224}, "oversample", []int{0, 1, 2, 3}, nil},
		"beside small ones":  {[]int{24, 30, 216, 224}, "none", []int{0, 1}, nil},
		"before any entered": {[]int{24, 209, 216, 224}, "none", nil, nil},
	} {
		x := execution{task: task.Task{Config: config.Config{Balance: c.balance}, PerClass: c.perClass}}
		if got := x.rare([]int{0, 1}, c.entered); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v; want %v", name, got, c.want)
		}
	}
}
