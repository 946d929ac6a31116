package run_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
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
	set, err := task.NewSets(nil).OpenTested(ctx, s.Config, s.Meta, "", "")
	if err != nil {
		return 0, err
	}
	probe, done, err := s.Probe(ctx, set.Test, open, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, done()) }()
	a, _, err := probe.Accuracy(ctx, s.Meta.Trained, false)
	return a.Top1, err
}

// A run as lgl extend has it: two colours are learnt, then a third.
func Example_extend() {
	temp, err := os.MkdirTemp("", "lgl")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(temp)
	two, three := filepath.Join(temp, "two"), filepath.Join(temp, "three")
	paint(two, "blue", "red")
	paint(three, "green")

	c := config.Default()
	c.Data, c.Model, c.ImageSize, c.Epochs, c.Stages, c.LastShare = two, "mlp", 8, 20, 2, 0
	c.Engine, c.Threads = "reference", 1
	t, err := task.NewSets(nil).Prepare(context.Background(), c, nil)
	if err != nil {
		log.Fatal(err)
	}
	dir := filepath.Join(temp, "first")
	if _, err := run.Train(context.Background(), t, dir, run.Options{Engine: open}); err != nil {
		log.Fatal(err)
	}
	r, err := extend(context.Background(), dir, three, filepath.Join(temp, "second"))
	if err != nil {
		log.Fatal(err)
	}
	e := r.Extension
	fmt.Printf("%d classes and %d new: top-1 of all %.1f before, %.1f after\n", e.Old.Classes, e.New.Classes, *e.All.Before, *e.All.After)
	// Output:
	// 2 classes and 1 new: top-1 of all 0.7 before, 1.0 after
}

// extend teaches the network of the run in dir the classes that it does not know of the data, in a run of its own in out.
func extend(ctx context.Context, dir, data, out string) (run.Result, error) {
	b, err := run.LoadBase(dir)
	if err != nil {
		return run.Result{}, err
	}
	c := b.Settings()
	c.Data = data
	t, _, err := task.NewSets(nil).Extend(ctx, c, b)
	if err != nil {
		return run.Result{}, err
	}
	return run.Train(ctx, t, out, run.Options{Engine: open})
}

// paint makes a folder of pictures, 15 of each of the colours.
func paint(dir string, names ...string) {
	rgb := map[string]color.RGBA{"blue": {B: 255, A: 255}, "green": {G: 255, A: 255}, "red": {R: 255, A: 255}}
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			log.Fatal(err)
		}
		m := image.NewRGBA(image.Rect(0, 0, 8, 8))
		draw.Draw(m, m.Rect, image.NewUniform(rgb[name]), image.Point{}, draw.Src)
		for i := range 15 {
			var b bytes.Buffer
			if err := png.Encode(&b, m); err != nil {
				log.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name, fmt.Sprintf("%d.png", i)), b.Bytes(), 0o644); err != nil {
				log.Fatal(err)
			}
		}
	}
}
