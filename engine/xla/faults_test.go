package xla

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/xla/interpret"
	"github.com/local-to-global/lgl/internal/pjrt"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// loaded is a model on an interpreter, with a state.
func loaded(t *testing.T) (*model, *interpreter, nn.State) {
	t.Helper()
	return loadedWith(t, engine.Options{})
}

func loadedWith(t *testing.T, o engine.Options) (*model, *interpreter, nn.State) {
	t.Helper()
	net, s := network(t, "mlp", []int{2}, 3, 0.1)
	e, d := onInterpreter(t, "f32")
	m, err := e.Compile(net, 4, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := m.Load(s); err != nil {
		t.Fatal(err)
	}
	return m.(*model), d, s
}

// Steps under way, each with other hyperparameters, weights and seed, give what steps that are waited for give; a step begins
// with the next one, or when it is waited for.
func TestStepsUnderWay(t *testing.T) {
	var ends []nn.State
	for _, under := range []int{0, 3} {
		m, d, _ := loaded(t)
		r := rand.New(rand.NewPCG(1, 2))
		var waits []func() (engine.StepStats, error)
		wait := func() {
			if _, err := waits[0](); err != nil {
				t.Fatal(err)
			}
			waits = waits[1:]
		}
		for i := range 6 {
			b := random(r, m.net, 4)
			b.Weight = []float32{1, 2, float32(i), 1}
			w, err := m.Enqueue(b, engine.Hyper{LR: 0.1 / float32(1+i), Momentum: 0.9, Seed: uint64(i)})
			if err != nil {
				t.Fatal(err)
			}
			if waits = append(waits, w); m.ahead == nil || int(d.ran.Load()) != i {
				t.Errorf("with step %d enqueued %d were begun", i, d.ran.Load())
			}
			if len(waits) > under {
				wait()
			}
		}
		for len(waits) > 0 {
			wait()
		}
		ends = append(ends, saved(t, m))
	}
	if !reflect.DeepEqual(ends[0], ends[1]) {
		t.Error("the states are not the same")
	}
}

// A step that is not begun keeps its program, though others are compiled.
func TestStepsOfManySizesUnderWay(t *testing.T) {
	m, _, _ := loaded(t)
	r := rand.New(rand.NewPCG(1, 2))
	p := engine.Pipeline{Model: m}
	for _, n := range []int{1, 2, 3, 4, 1, 2} {
		if err := p.Step(random(r, m.net, n), engine.Hyper{}, func(_ engine.StepStats, err error) error { return err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Drain(); err != nil {
		t.Error(err)
	}
}

// Passes under way give the logits of passes that are waited for, also of short batches; a pass begins with the next one, or
// when it is waited for. Behind one that fails the others are made.
func TestPassesUnderWay(t *testing.T) {
	m, d, _ := loaded(t)
	r, broken := rand.New(rand.NewPCG(1, 2)), errors.New("it broke")
	var want, got [][]float32
	var waits []func() error
	var batches []data.Batch
	for i, n := range []int{4, 4, 1, 4, 3} {
		batches = append(batches, random(r, m.net, n))
		want, got = append(want, make([]float32, n*m.net.Classes)), append(got, make([]float32, n*m.net.Classes))
		if err := m.Logits(batches[i], want[i]); err != nil {
			t.Fatal(err)
		}
	}
	d.ran.Store(0)
	for i, b := range batches {
		if i == 2 {
			d.run = broken // of the one before
		}
		wait, err := m.EnqueueLogits(b, got[i])
		if err != nil {
			t.Fatal(err)
		}
		d.run = nil
		waits = append(waits, wait)
	}
	if ran := d.ran.Load(); ran != 3 {
		t.Errorf("with 5 batches enqueued, of which one failed, %d passes were begun", ran)
	}
	for i, wait := range waits {
		err := wait()
		if i == 1 && errors.Is(err, broken) {
			continue
		}
		if err != nil || !slices.Equal(got[i], want[i]) {
			t.Errorf("batch %d: %v, %v; want %v", i, err, got[i], want[i])
		}
	}
	if _, err := m.EnqueueLogits(batches[0], got[0]); err != nil { // it is closed so
		t.Fatal(err)
	}
}

// A model that is closed with a step not begun frees the step's inputs.
func TestClosedWithStepAhead(t *testing.T) {
	m, _, _ := loaded(t)
	if _, err := m.Enqueue(random(rand.New(rand.NewPCG(1, 2)), m.net, 4), engine.Hyper{}); err != nil {
		t.Fatal(err)
	}
}

// A step that memory does not suffice for names the algorithms that need less, where others were taken.
func TestStepShortOfMemory(t *testing.T) {
	for name, untunable := range map[string]bool{"tuned": false, "not to be tuned": true} {
		t.Run(name, func(t *testing.T) {
			m, d, _ := loaded(t)
			tuneAll(t, m.engine)
			if untunable {
				m.engine.tuning.err = errors.New("no folder")
			}
			d.run = &pjrt.Error{Code: pjrt.ResourceExhausted, Message: "12 GiB were asked for"}
			if _, err := m.Step(random(rand.New(rand.NewPCG(1, 2)), m.net, 4), engine.Hyper{}); err == nil || strings.Contains(err.Error(), excludeOption) == untunable {
				t.Errorf("%v", err)
			}
		})
	}
}

// Steps queued behind one that is not finite change nothing, and say so; once all are waited for,
// steps are made again.
func TestQueueBehindNotFinite(t *testing.T) {
	t.Run("one program", func(t *testing.T) { queueBehindNotFinite(t, engine.Options{}) })
	t.Run("divided", func(t *testing.T) {
		reduced := 0
		queueBehindNotFinite(t, engine.Options{Reduce: func([]float32) error { reduced++; return nil }})
		if reduced != 2 { // the first step and the last
			t.Errorf("%d gradients were reduced; want 2", reduced)
		}
	})
}

func queueBehindNotFinite(t *testing.T, o engine.Options) {
	m, _, _ := loadedWith(t, o)
	r, h := rand.New(rand.NewPCG(1, 2)), engine.Hyper{LR: 0.1, Momentum: 0.9}
	if _, err := m.Step(random(r, m.net, 4), h); err != nil {
		t.Fatal(err)
	}
	before := saved(t, m)
	var waits []func() (engine.StepStats, error)
	for i := range 3 {
		b := random(r, m.net, 4)
		if i == 0 {
			b.X[5] = float32(math.NaN()) // of sample 2
		}
		wait, err := m.Enqueue(b, h)
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, wait)
	}
	var bad *engine.NotFiniteError
	if _, err := waits[0](); !errors.As(err, &bad) || bad.What != "loss" || bad.Index != 2 {
		t.Errorf("the step that is not finite: %v", err)
	}
	for _, wait := range waits[1:] {
		if _, err := wait(); !errors.Is(err, errBehind) {
			t.Errorf("a step behind it: %v", err)
		}
	}
	if !reflect.DeepEqual(saved(t, m), before) {
		t.Error("the state changed")
	}
	if _, err := m.Step(random(r, m.net, 4), h); err != nil {
		t.Errorf("after them: %v", err)
	}
	if reflect.DeepEqual(saved(t, m), before) {
		t.Error("the step after them changed nothing")
	}
}

// A device that fails when a result is fetched, or when the flag is put back, leaves a model that
// wants a state, and works with one.
func TestFaultsBetweenSteps(t *testing.T) {
	short := &pjrt.Error{Code: pjrt.ResourceExhausted, Message: "12 GiB were asked for"}
	for name, c := range map[string]struct {
		set func(d *interpreter, err error)
		nan bool
	}{
		"fetch":  {func(d *interpreter, err error) { d.fetch = err }, false},
		"resume": {func(d *interpreter, err error) { d.flag = err }, true},
	} {
		t.Run(name, func(t *testing.T) {
			m, d, s := loaded(t)
			r, h := rand.New(rand.NewPCG(1, 2)), engine.Hyper{LR: 0.1}
			b := random(r, m.net, 4)
			if _, err := m.Step(b, h); err != nil {
				t.Fatal(err)
			}
			if c.nan {
				b.X[0] = float32(math.NaN())
			}
			c.set(d, short)
			if _, err := m.Step(b, h); err == nil || !strings.Contains(err.Error(), "12 GiB were asked for") {
				t.Errorf("the step: %v", err)
			}
			c.set(d, nil)
			if _, err := m.Step(random(r, m.net, 4), h); err == nil || !strings.Contains(err.Error(), "no state") {
				t.Errorf("the next one: %v", err)
			}
			if err := m.Load(s); err != nil {
				t.Fatal(err)
			}
			b.X[0] = float32(math.NaN())
			var bad *engine.NotFiniteError
			if _, err := m.Step(b, h); !errors.As(err, &bad) {
				t.Errorf("not finite after Load: %v", err)
			}
			if _, err := m.Step(random(r, m.net, 4), h); err != nil {
				t.Errorf("after it: %v", err)
			}
		})
	}
}

// A model that was closed says so, and takes no state that nothing would free.
func TestClosedModel(t *testing.T) {
	m, _, s := loaded(t)
	if err := errors.Join(m.Close(), m.Close()); err != nil {
		t.Fatal(err)
	}
	b := random(rand.New(rand.NewPCG(1, 2)), m.net, 4)
	_, saveErr := m.Save()
	_, stepErr := m.Step(b, engine.Hyper{})
	for what, err := range map[string]error{"Load": m.Load(s), "Save": saveErr, "Step": stepErr, "Logits": m.Logits(b, make([]float32, 12))} {
		if !errors.Is(err, errClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The programs of large networks have the shapes that StableHLO demands; nothing is run.
func TestProgramsOfLargeNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: the interpreter takes a minute under the race detector, and nothing runs at once")
	}
	for _, name := range []string{"vgg16", "resnet50"} {
		net, err := zoo.Build(name, zoo.Options{Input: []int{3, 224, 224}, Classes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, precision := range Precisions() {
			for what, write := range map[string]func() (string, error){
				"training":              func() (string, error) { return training(net, kind{n: 3}, precision) },
				"tuned training":        func() (string, error) { return training(net, kind{n: 3, tuned: true}, precision) },
				"training by targets":   func() (string, error) { return training(net, kind{n: 3, targets: true}, precision) },
				"evaluation":            func() (string, error) { return evaluation(net, 3, precision) },
				"gradients":             func() (string, error) { return gradientsProgram(net, kind{n: 3}, precision) },
				"gradients, by targets": func() (string, error) { return gradientsProgram(net, kind{n: 3, targets: true}, precision) },
			} {
				text, err := write()
				if err == nil {
					_, err = interpret.Parse(text)
				}
				if err != nil {
					t.Errorf("%s, %s, %s: %v", name, precision, what, err)
				}
			}
		}
	}
}

func TestOpenRefusesPrecision(t *testing.T) {
	if _, err := Open(Options{Plugin: "/nowhere/plugin.so", Precision: "fp8"}); err == nil || !strings.Contains(err.Error(), `precision "fp8"; want one of f32, tf32, bf16`) {
		t.Errorf("%v", err)
	}
}

// Of the programs for short batches only the last few are kept; the full batch's always is.
func TestProgramsKept(t *testing.T) {
	m, d, _ := loaded(t)
	r, h := rand.New(rand.NewPCG(1, 2)), engine.Hyper{LR: 0.1}
	for i, want := range [][]int{4: {4, 1, 2}, 6: {2, 3, 4}} {
		n := []int{4, 3, 2, 1, 4, 3, 2}[i]
		before := d.live.Load()
		if _, err := m.Step(random(r, m.net, n), h); err != nil {
			t.Fatal(err)
		}
		var sizes []int
		for _, c := range m.steps {
			sizes = append(sizes, c.kind.n)
		}
		if want != nil && !reflect.DeepEqual(sizes, want) {
			t.Errorf("after step %d programs for %v; want %v", i, sizes, want)
		}
		if i > 3 && d.live.Load() > before {
			t.Errorf("step %d: what is not closed grew from %d to %d", i, before, d.live.Load())
		}
	}
}

func saved(t *testing.T, m *model) nn.State {
	t.Helper()
	s, err := m.Save()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
