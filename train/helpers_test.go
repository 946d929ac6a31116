package train

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/toy"
	"github.com/local-to-global/lgl/distill"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
)

// log is a Sink in memory that fails at the event with index fail, unless that is 0.
type log struct {
	events []record.Event
	fail   int
}

var errDiskFull = errors.New("no space left on device")

func (l *log) Emit(e record.Event) error {
	if l.fail > 0 && len(l.events) >= l.fail {
		return errDiskFull
	}
	l.events = append(l.events, e)
	return nil
}

// eventsOf returns the events of one type, in order.
func eventsOf[E record.Event](l *log) (found []E) {
	for _, e := range l.events {
		if e, ok := e.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// spy is a model that lets a test see, and meddle with, what the trainer does.
type spy struct {
	engine.Model
	onStep func(b data.Batch, h engine.Hyper) error // before the step
	after  func(m engine.Model)                     // after the step
	onLoad func(s nn.State)
}

func (s *spy) Step(b data.Batch, h engine.Hyper) (engine.StepStats, error) {
	if s.onStep != nil {
		if err := s.onStep(b, h); err != nil {
			return engine.StepStats{}, err
		}
	}
	stats, err := s.Model.Step(b, h)
	if s.after != nil && err == nil {
		s.after(s.Model)
	}
	return stats, err
}

func (s *spy) Load(state nn.State) error {
	if s.onLoad != nil {
		s.onLoad(state)
	}
	return s.Model.Load(state)
}

// toyConfig is a run of a few epochs on toy data.
func toyConfig() config.Config {
	c := config.Paper()
	c.Data, c.Model, c.Width, c.Method, c.Select = "toy", "mlp", 0.25, "lgl", "random"
	c.Stages, c.Epochs, c.Batch, c.LR, c.LRDecay, c.EntropySamples = 3, 2, 16, 0.05, 0.9, 0
	return c
}

// newJob prepares a run of c on toy data of so many training samples a class.
func newJob(t *testing.T, c config.Config, perClass int) (Job, *spy, *log) {
	t.Helper()
	train, test, err := toy.Generate(toy.Separated, perClass, 30, 1)
	if err != nil {
		t.Fatal(err)
	}
	return jobOn(t, c, train, test)
}

// jobOn prepares a run of c on the given data.
func jobOn(t *testing.T, c config.Config, train, test data.Source) (Job, *spy, *log) {
	t.Helper()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	_, order, _ := c.Seeds()
	train, validation, err := data.HoldOut(train, c.ValFraction, order)
	if err != nil {
		t.Fatal(err)
	}
	k := len(train.Classes())
	net, err := zoo.Build(c.Model, zoo.Options{Input: train.Shape(), Classes: k, Width: c.Width, Hidden: c.Hidden})
	if err != nil {
		t.Fatal(err)
	}
	model, err := referenceModel(net, c.Batch)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { model.Close() })
	s, l := &spy{Model: model}, &log{}
	j := Job{
		Config: c, Net: net, Model: s, Train: train, Validation: validation, Test: test, Workers: 1, Dir: t.TempDir(), Sink: l,
		Meta: checkpoint.Meta{Net: net.Name, Input: net.Input, Classes: train.Classes()},
	}
	if c.Distill > 0 {
		beside, err := referenceModel(net, c.Batch)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { beside.Close() })
		j.Teacher = &distill.Teacher{Model: beside, Weight: c.Distill}
	}
	perClass := data.PerClass(train)
	// Bad data is Run's to report, so these errors are left to it.
	j.Plan, _ = plan.New(c, perClass, nil)
	j.Curriculum, _ = plan.NewCurriculum(c, perClass, nil)
	return j, s, l
}

// mustRun runs a job that has to succeed.
func mustRun(t *testing.T, j Job) record.RunEnded {
	t.Helper()
	end, err := Run(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	if end.Status != "done" || end.Reason != "" {
		t.Fatalf("status %q, reason %q", end.Status, end.Reason)
	}
	return end
}

// points is a Source of vectors of one value, 0, 1, 2 ..., with the given labels.
type points struct {
	labels  []int
	classes []string
}

func (p points) Len() int          { return len(p.labels) }
func (p points) Classes() []string { return p.classes }
func (p points) Shape() []int      { return []int{1} }
func (p points) Label(i int) int   { return p.labels[i] }
func (p points) Sample(i int, dst []float32) error {
	dst[0] = float32(i) / float32(len(p.labels))
	return nil
}

// labelled returns points with so many samples of each class, classes mixed.
func labelled(perClass ...int) points {
	p := points{}
	left := slices.Clone(perClass)
	for range slices.Max(perClass) {
		for k := range left {
			if left[k] > 0 {
				p.labels = append(p.labels, k)
				left[k]--
			}
		}
	}
	for k := range perClass {
		p.classes = append(p.classes, string(rune('a'+k)))
	}
	return p
}

// all returns 0..n-1.
func all(n int) (indices []int) {
	for i := range n {
		indices = append(indices, i)
	}
	return indices
}

// sameBits reports whether two slices hold the same floats.
func sameBits(a, b []float32) bool { return slices.Equal(a, b) }

// referenceModel compiles net for one thread.
func referenceModel(net nn.Net, batch int) (engine.Model, error) {
	return reference.New().Compile(net, batch, engine.Options{Threads: 1})
}

// breaking is points on a disk that breaks down.
type breaking struct {
	points
	now atomic.Bool
}

func (b *breaking) Sample(i int, dst []float32) error {
	if b.now.Load() {
		return errors.New("read /data/x: input/output error")
	}
	return b.points.Sample(i, dst)
}

// withNorm puts a batch norm behind the first layer of a job's network, and compiles it anew.
func withNorm(t *testing.T, j *Job, spy *spy) {
	t.Helper()
	j.Net.Layers = slices.Insert(slices.Clone(j.Net.Layers), 1, nn.Layer{Name: "norm", Op: nn.BatchNorm{Eps: 1e-5, Momentum: 0.1}})
	compiled, err := referenceModel(j.Net, j.Config.Batch)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := compiled.Close(); err != nil {
			t.Error(err)
		}
	})
	spy.Model = compiled
}
