package run_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/run"
	"github.com/local-to-global/lgl/task"
	"github.com/local-to-global/lgl/train"
)

// A run as lgl train, resume and eval have it: stopped after 30 steps, resumed, and asked.
func Example() {
	temp, err := os.MkdirTemp("", "lgl")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(temp)
	dir := filepath.Join(temp, "points")

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	steps := 0
	o := run.Options{Engine: open, Step: func(train.Progress) {
		if steps++; steps == 30 {
			stop()
		}
	}}
	c := config.Default() // the settings of lgl train
	c.Data, c.Model, c.Stages, c.Epochs = "toy", "mlp", 3, 4
	c.Engine, c.Threads = "reference", 1 // as open has them, for lgl resume
	t, err := task.NewSets(nil).Prepare(ctx, c, nil)
	if err != nil {
		log.Fatal(err)
	}
	r, err := run.Train(ctx, t, dir, o)
	if err != nil && !errors.Is(err, train.ErrInterrupted) { // by ctx
		log.Fatal(err)
	}
	fmt.Printf("%s in stage %d of %d\n", r.Status, r.Stage, r.Stages)

	if r, err = resume(context.Background(), dir); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s in stage %d of %d, top-1 %.1f\n", r.Status, r.Stage, r.Stages, *r.Top1Last)
	top1, err := test(context.Background(), dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("its weights: top-1 %.1f\n", top1)
	// Output:
	// interrupted in stage 2 of 3
	// done in stage 3 of 3, top-1 1.0
	// its weights: top-1 1.0
}

// open gives a run what computes, whatever its settings say of that.
func open(config.Config, nn.Net) (run.Engine, error) {
	return run.Engine{Engine: reference.New(), Info: record.Engine{Name: "reference", Threads: 1}}, nil
}

// resume goes on with the run in dir, to the end that it would have had.
func resume(ctx context.Context, dir string) (run.Result, error) {
	c, err := run.Settings(dir)
	if err != nil {
		return run.Result{}, err
	}
	r, _, err := run.Resume(ctx, c, task.NewSets(nil), run.Resumption{Dir: dir}, run.Options{Engine: open})
	return r, err
}

// test returns the accuracy of the last weights of the run in dir on the test samples of its data.
func test(ctx context.Context, dir string) (top1 float64, err error) {
	s, err := run.LoadSaved(dir, 0)
	if err != nil {
		return 0, err
	}
	set, err := task.NewSets(nil).OpenTested(s.Config, s.Meta, "", "")
	if err != nil {
		return 0, err
	}
	probe, done, err := s.Probe(set.Test, open, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, done()) }()
	a, _, err := probe.Accuracy(ctx, s.Meta.Trained, false)
	return a.Top1, err
}
