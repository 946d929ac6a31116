package train_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/toy"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/train"
)

// stages prints the stages of a run: a sink is told what happens, and cannot change it.
type stages struct{}

func (stages) Emit(e record.Event) error {
	if s, ok := e.(record.StageStarted); ok {
		fmt.Printf("stage %d: classes %v, %d samples an epoch\n", s.Stage, s.Classes, s.Samples)
	}
	return nil
}

// Three classes, learnt one after the other by the settings that lgl train has.
func Example() {
	training, test, err := toy.Generate(toy.Separated, 200, 100, 1) // or any data.Source
	if err != nil {
		log.Fatal(err)
	}
	c := config.Default()
	c.Model, c.Stages, c.Epochs = "mlp", 3, 4
	job, err := newJob(c, training, test)
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(job.Dir)
	defer job.Model.Close()

	ended, err := train.Run(context.Background(), job)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d samples, top-1 %.1f\n", ended.SamplesSeen, *ended.Top1Last)
	// Output:
	// stage 1: classes [2], 200 samples an epoch
	// stage 2: classes [2 1], 400 samples an epoch
	// stage 3: classes [2 1 0], 600 samples an epoch
	// 2400 samples, top-1 1.0
}

// A run that is stopped after 20 steps, and goes on.
func Example_resumed() {
	training, test, err := toy.Generate(toy.Separated, 200, 100, 1)
	if err != nil {
		log.Fatal(err)
	}
	c := config.Default()
	c.Model, c.Stages, c.Epochs = "mlp", 2, 4
	job, err := newJob(c, training, test)
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(job.Dir)
	defer job.Model.Close()
	store := checkpoint.NewStore(filepath.Join(job.Dir, "checkpoints"))
	job.Checkpoints = &train.Checkpoints{
		Store:    store,
		Mark:     func() (record.Mark, error) { return record.Mark{}, nil },                 // that of a record.Log, where there is one
		Identity: func() (checkpoint.Identity, error) { return checkpoint.Identity{}, nil }, // for the caller to compare
	}
	ctx, stop := context.WithCancel(context.Background())
	steps := 0
	job.Step = func(train.Progress) {
		if steps++; steps == 20 {
			stop()
		}
	}
	if _, err := train.Run(ctx, job); !errors.Is(err, train.ErrInterrupted) {
		log.Fatal(err)
	}

	last, _, _, err := store.Newest(false)
	if err != nil {
		log.Fatal(err)
	}
	job.Resume = &last
	ended, err := train.Run(context.Background(), job)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d samples, top-1 %.1f\n", ended.SamplesSeen, *ended.Top1Last)
	// Output:
	// stage 1: classes [2 1], 400 samples an epoch
	// stage 2: classes [2 1 0], 600 samples an epoch
	// 2400 samples, top-1 1.0
}

// newJob brings together what a run needs.
func newJob(c config.Config, training, test data.Source) (j train.Job, err error) {
	if err := c.Check(); err != nil {
		return j, err
	}
	classes, perClass := training.Classes(), data.PerClass(training)
	c = c.Fit(perClass) // the batch
	net, err := zoo.Build(c.Model, zoo.Options{Input: training.Shape(), Classes: len(classes), Width: c.Width, Hidden: c.Hidden})
	if err != nil {
		return j, err
	}
	j = train.Job{
		Config: c, Net: net, Train: training, Test: test, Sink: stages{},
		Meta: checkpoint.Meta{Net: net.Name, Input: net.Input, Classes: classes, Config: c.Map()},
	}
	if j.Plan, err = plan.New(c, perClass, nil); err != nil {
		return j, err
	}
	if j.Curriculum, err = plan.NewCurriculum(c, perClass, nil); err != nil {
		return j, err
	}
	if j.Model, err = reference.New().Compile(net, c.Batch, engine.Options{}); err != nil {
		return j, err
	}
	j.Dir, err = os.MkdirTemp("", "lgl") // gets the weights of every stage
	return j, err
}

// pairs is a curriculum of one's own: first two classes, then all. It has no state: what was done comes in,
// what is next goes out, so that a run can be resumed.
type pairs struct{ classes int }

func (p pairs) Next(_ context.Context, labels []int, done []curriculum.Stage, _ curriculum.Probe) (curriculum.Stage, error) {
	all := make([]int, p.classes)
	for k := range all {
		all[k] = k
	}
	s := curriculum.Stage{Restart: true, Stop: curriculum.StopRule{Epochs: 3}}
	switch len(done) {
	case 0:
		s.Classes, s.New = all[:2], all[:2]
	case 1:
		s.Classes, s.New = all, all[2:]
		s.Fresh = all[2:] // head rows to draw anew
	default:
		return s, io.EOF
	}
	return s, nil
}

// A curriculum of one's own, and then the network at work.
func Example_ownCurriculum() {
	training, test, err := toy.Generate(toy.Separated, 200, 100, 1)
	if err != nil {
		log.Fatal(err)
	}
	c := config.Default()
	c.Model = "mlp"
	job, err := newJob(c, training, test)
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(job.Dir)
	job.Plan, job.Curriculum = plan.Plan{}, pairs{len(training.Classes())} // a plan is for predictions only
	if _, err := train.Run(context.Background(), job); err != nil {
		log.Fatal(err)
	}
	job.Model.Close()

	if err := classify(filepath.Join(job.Dir, "weights", "stage-2.safetensors"), job.Net, test); err != nil {
		log.Fatal(err)
	}
	// Output:
	// stage 1: classes [0 1], 400 samples an epoch
	// stage 2: classes [0 1 2], 600 samples an epoch
	// top-1 1.0
}

// classify reads weights, and says how many samples they tell right.
func classify(path string, net nn.Net, src data.Source) error {
	state, _, err := checkpoint.LoadWeights(path)
	if err != nil {
		return err
	}
	model, err := reference.New().Compile(net, 64, engine.Options{})
	if err != nil {
		return err
	}
	defer model.Close()
	if err := model.Load(state); err != nil {
		return err
	}
	probe, err := evaluate.New(model, src, nil, 64, 0)
	if err != nil {
		return err
	}
	right := 0
	err = probe.Predict(context.Background(), nil, func(i int, softmax []float64) error {
		if softmax[src.Label(i)] == slices.Max(softmax) {
			right++
		}
		return nil
	})
	fmt.Printf("top-1 %.1f\n", float64(right)/float64(src.Len()))
	return err
}
