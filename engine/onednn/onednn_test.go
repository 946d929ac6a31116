package onednn

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// TestMain keeps the tests' timings out of the user's cache.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lgl-onednn")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_CACHE_HOME", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// open opens the engine, or skips the test where the library is not installed.
func open(t testing.TB) engine.Engine {
	t.Helper()
	e, err := Open(Options{})
	if err != nil {
		if os.Getenv("LGL_REQUIRE_ONEDNN") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() { check(t, e.Close()) })
	return e
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// compile compiles and loads a network; the model is closed with the test.
func compile(t testing.TB, e engine.Engine, net nn.Net, batch int, o engine.Options) engine.Model {
	t.Helper()
	m, err := e.Compile(net, batch, o)
	check(t, err)
	t.Cleanup(func() { check(t, m.Close()) })
	s, err := net.Init(nn.Default, rand.New(rand.NewPCG(1, 2)))
	check(t, err)
	check(t, m.Load(s))
	return m
}

func build(t testing.TB, name string, input []int, classes int, width float64) nn.Net {
	t.Helper()
	net, err := zoo.Build(name, zoo.Options{Input: input, Classes: classes, Width: width})
	check(t, err)
	return net
}

// small is a network with every operation: convolutions with and without what follows, a residual
// addition, all poolings, batch norm over images and vectors, dropout.
func small() nn.Net {
	return nn.Net{Name: "small", Input: []int{3, 9, 9}, Classes: 5, Layers: []nn.Layer{
		{Name: "conv0", Op: nn.Conv2D{Out: 20, Kernel: 3, Stride: 1, Pad: 1}},
		{Name: "norm0", Op: nn.BatchNorm{Eps: 1e-5, Momentum: 0.1}},
		{Name: "relu0", Op: nn.ReLU{}},
		{Name: "pool0", Op: nn.MaxPool{Kernel: 3, Stride: 2, Pad: 1}},
		{Name: "conv1", Op: nn.Conv2D{Out: 20, Kernel: 3, Stride: 1, Pad: 1, Bias: true}},
		{Name: "add", Op: nn.Add{}, Inputs: []int{4, 3}},
		{Name: "relu1", Op: nn.ReLU{}},
		{Name: "mean", Op: nn.AvgPool{Kernel: 2, Stride: 1, Pad: 1}},
		{Name: "norm1", Op: nn.BatchNorm{Eps: 1e-5, Momentum: 0.1}},
		{Name: "global", Op: nn.GlobalAvgPool{}},
		{Name: "flat", Op: nn.Flatten{}},
		{Name: "linear", Op: nn.Linear{Out: 11}},
		{Name: "norm2", Op: nn.BatchNorm{Eps: 1e-3, Momentum: 0.2}},
		{Name: "drop", Op: nn.Dropout{P: 0.3}},
		{Name: "relu2", Op: nn.ReLU{}},
		{Name: "head", Op: nn.Linear{Out: 5, Bias: true}},
	}}
}

// batch draws n samples.
func batch(net nn.Net, n int, seed uint64) data.Batch {
	r := rand.New(rand.NewPCG(seed, 3))
	b := data.Batch{X: make([]float32, n*nn.Size(net.Input)), Y: make([]int32, n)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Y {
		b.Y[i] = int32(r.IntN(net.Classes))
	}
	return b
}

var hyper = engine.Hyper{LR: 0.05, Momentum: 0.9, WeightDecay: 5e-4, Seed: 9}

// train does steps and returns the state after them.
func train(t testing.TB, m engine.Model, net nn.Net, sizes ...int) nn.State {
	t.Helper()
	for i, n := range sizes {
		_, err := m.Step(batch(net, n, uint64(i)), hyper)
		check(t, err)
	}
	s, err := m.Save()
	check(t, err)
	return s
}

// differ returns the largest difference of two states relative to the largest value of a tensor.
func differ(a, b nn.State) float64 {
	worst := 0.0
	for name := range a {
		top, diff := 1e-3, 0.0
		for i, v := range a[name].Data {
			top = max(top, math.Abs(float64(v)))
			diff = max(diff, math.Abs(float64(v-b[name].Data[i])))
		}
		worst = max(worst, diff/top)
	}
	return worst
}

// A batch shorter than the model's is trained on as it is: like a model compiled for its size.
func TestShortBatches(t *testing.T) {
	e, net := open(t), small()
	sizes := []int{3, 8, 5, 2, 7, 3, 8}
	got := train(t, compile(t, e, net, 8, engine.Options{}), net, sizes...)
	s, err := net.Init(nn.Default, rand.New(rand.NewPCG(1, 2)))
	check(t, err)
	for i, n := range sizes {
		m := compile(t, e, net, n, engine.Options{})
		check(t, m.Load(s))
		_, err := m.Step(batch(net, n, uint64(i)), hyper)
		check(t, err)
		s, err = m.Save()
		check(t, err)
	}
	if d := differ(got, s); d > 1e-3 {
		t.Errorf("short batches differ from models of their size by %v", d)
	}
}

// Logits of a short batch are those of the full batch.
func TestShortLogits(t *testing.T) {
	e, net := open(t), small()
	m := compile(t, e, net, 13, engine.Options{})
	train(t, m, net, 13, 13)
	b := batch(net, 13, 5)
	want := make([]float32, 13*5)
	check(t, m.Logits(b, want))
	for n := 1; n <= 13; n++ {
		got := make([]float32, n*5)
		check(t, m.Logits(data.Batch{X: b.X[:n*nn.Size(net.Input)]}, got))
		for i, v := range got {
			if math.Abs(float64(v-want[i])) > 1e-5 {
				t.Fatalf("logit %d of %d samples is %v; among 13 %v", i, n, v, want[i])
			}
		}
	}
}

// Folding batch norm into the weights must follow every Step and Load.
func TestLogitsFollowTheWeights(t *testing.T) {
	e, net := open(t), build(t, "smallcnn", []int{1, 12, 12}, 4, 0.5)
	m := compile(t, e, net, 8, engine.Options{})
	b := batch(net, 8, 1)
	logits := func(m engine.Model) []float32 {
		z := make([]float32, 8*4)
		check(t, m.Logits(b, z))
		return z
	}
	before := logits(m)
	s := train(t, m, net, 8)
	after := logits(m)
	if slices.Equal(before, after) {
		t.Error("a step did not change the logits")
	}
	fresh := compile(t, e, net, 8, engine.Options{})
	check(t, fresh.Load(s))
	if !slices.Equal(after, logits(fresh)) {
		t.Error("logits after a step are not those of the saved state")
	}
}

func TestSameSeedSameBits(t *testing.T) {
	e := open(t)
	for _, net := range []nn.Net{small(), build(t, "vgg11", []int{1, 32, 32}, 10, 0.25)} {
		a := train(t, compile(t, e, net, 16, engine.Options{}), net, 16, 16, 9, 16)
		b := train(t, compile(t, open(t), net, 16, engine.Options{}), net, 16, 16, 9, 16)
		for _, name := range a.Names() {
			if !slices.Equal(a[name].Data, b[name].Data) {
				t.Errorf("%s: %s differs between two runs", net.Name, name)
			}
		}
	}
}

// Models and engines used at once give what they give alone.
func TestParallelUse(t *testing.T) {
	net := small()
	want := train(t, compile(t, open(t), net, 8, engine.Options{}), net, 8, 8, 3, 8)
	var wait sync.WaitGroup
	for range 2 {
		e := open(t)
		for range 2 {
			m := compile(t, e, net, 8, engine.Options{})
			wait.Go(func() {
				for i, n := range []int{8, 8, 3, 8} {
					if _, err := m.Step(batch(net, n, uint64(i)), hyper); err != nil {
						t.Error(err)
					}
				}
				if got, err := m.Save(); err != nil || differ(want, got) != 0 {
					t.Errorf("differs from the model alone (%v)", err)
				}
			})
		}
	}
	wait.Wait()
}

// One thread computes what two do, to rounding.
func TestThreads(t *testing.T) {
	e, net := open(t), build(t, "smallcnn", []int{1, 12, 12}, 4, 1)
	a := train(t, compile(t, e, net, 8, engine.Options{Threads: 1}), net, 8, 8)
	b := train(t, compile(t, e, net, 8, engine.Options{}), net, 8, 8)
	if d := differ(a, b); d > 1e-3 {
		t.Errorf("threads change the result by %v", d)
	}
	if _, err := e.Compile(net, 8, engine.Options{Threads: runtime.NumCPU() + 1}); err == nil {
		t.Error("more threads than cores were accepted")
	} else {
		t.Log(err)
	}
}

// A step that fails must leave no trace.
func TestNotFiniteChangesNothing(t *testing.T) {
	e, net := open(t), small()
	m := compile(t, e, net, 8, engine.Options{})
	before := train(t, m, net, 8)
	infinite := batch(net, 8, 1)
	infinite.X[100] = float32(math.Inf(1))
	heavy := batch(net, 8, 1)
	heavy.Weight = slices.Repeat([]float32{float32(math.Inf(1))}, 8)
	for name, b := range map[string]data.Batch{"infinite input": infinite, "infinite weight": heavy} {
		_, err := m.Step(b, hyper)
		var bad *engine.NotFiniteError
		if !errors.As(err, &bad) {
			t.Errorf("%s: error %v; want NotFiniteError", name, err)
		}
		t.Log(name, err)
		after, err := m.Save()
		check(t, err)
		for _, tensor := range before.Names() {
			if !slices.Equal(before[tensor].Data, after[tensor].Data) {
				t.Errorf("%s changed %s", name, tensor)
			}
		}
	}
	train(t, m, net, 8) // the model still works
}

// What is not finite is reported as what it is, with its value.
func TestNotFiniteIsNamed(t *testing.T) {
	inf := math.Inf(1)
	net := nn.Net{Name: "linear", Input: []int{3}, Classes: 2, Layers: []nn.Layer{{Name: "head", Op: nn.Linear{Out: 2, Bias: true}}}}
	m := compile(t, open(t), net, 4, engine.Options{Reduce: func(grad []float32) error { grad[len(grad)-1] = float32(inf); return nil }})
	_, err := m.Step(batch(net, 4, 1), hyper)
	if err == nil || err.Error() != "gradient is +Inf" {
		t.Errorf("%v; want that a gradient is +Inf", err)
	}
	net.Layers = slices.Insert(net.Layers, 0, nn.Layer{Name: "norm", Op: nn.BatchNorm{Eps: 1e-5, Momentum: 0.1}})
	m = compile(t, open(t), net, 4, engine.Options{})
	b := batch(net, 4, 1)
	for i := range b.X {
		b.X[i] *= 1e30
	}
	if _, err = m.Step(b, hyper); err == nil || err.Error() != "batch variance is +Inf" {
		t.Errorf("%v; want that a batch variance is +Inf", err)
	}
}

// Reduce sees every gradient, row-major in the order of the parameters, and its changes count.
func TestReduce(t *testing.T) {
	e, net := open(t), small()
	plain := compile(t, e, net, 8, engine.Options{})
	before, err := plain.Save()
	check(t, err)
	b := batch(net, 8, 1)
	_, err = plain.Step(b, engine.Hyper{LR: 1, Seed: 4})
	check(t, err)
	after, err := plain.Save()
	check(t, err)
	refuse := false
	m := compile(t, e, net, 8, engine.Options{Reduce: func(grad []float32) error {
		if refuse {
			return errors.New("peer lost")
		}
		rest := grad
		for _, p := range net.Params() {
			if !p.Trainable() {
				continue
			}
			for i := range p.Len() {
				want := before[p.Name].Data[i] - after[p.Name].Data[i]
				if d := math.Abs(float64(rest[i] - want)); d > 1e-5 {
					t.Fatalf("gradient of %s[%d] is %v; want %v", p.Name, i, rest[i], want)
				}
			}
			rest = rest[p.Len():]
		}
		if len(rest) != 0 {
			t.Errorf("%d values more than there are parameters", len(rest))
		}
		clear(grad)
		grad[0] = 1
		return nil
	}})
	_, err = m.Step(b, engine.Hyper{LR: 1, Seed: 4})
	check(t, err)
	reduced, err := m.Save()
	check(t, err)
	for _, p := range net.Params() {
		for i, v := range reduced[p.Name].Data {
			want := before[p.Name].Data[i]
			if p.Name == "conv0.weight" && i == 0 {
				want--
			}
			if p.Trainable() && v != want {
				t.Fatalf("%s[%d] became %v; want %v", p.Name, i, v, want)
			}
		}
	}
	refuse = true
	if _, err := m.Step(b, hyper); err == nil || !strings.Contains(err.Error(), "peer lost") {
		t.Errorf("error of Reduce became %v", err)
	}
	last, err := m.Save()
	check(t, err)
	if differ(reduced, last) != 0 {
		t.Error("a step whose Reduce failed changed the state")
	}
}

func TestRefusals(t *testing.T) {
	e, net := open(t), small()
	m := compile(t, e, net, 8, engine.Options{})
	good := batch(net, 2, 1)
	for name, c := range map[string]struct {
		b data.Batch
		h engine.Hyper
	}{
		"no samples":     {data.Batch{}, hyper},
		"too many":       {batch(net, 9, 1), hyper},
		"short X":        {data.Batch{X: good.X[1:], Y: good.Y}, hyper},
		"short Weight":   {data.Batch{X: good.X, Y: good.Y, Weight: []float32{1}}, hyper},
		"label":          {data.Batch{X: good.X, Y: []int32{0, 5}}, hyper},
		"negative label": {data.Batch{X: good.X, Y: []int32{-1, 0}}, hyper},
		"short mask":     {good, engine.Hyper{Active: []bool{true}}},
		"inactive label": {data.Batch{X: good.X, Y: []int32{0, 1}}, engine.Hyper{Active: []bool{true, false, true, true, true}}},
		"one sample":     {batch(net, 1, 1), hyper},
	} {
		if _, err := m.Step(c.b, c.h); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			t.Log(name+":", err)
		}
	}
	for _, err := range []error{
		m.Logits(data.Batch{}, nil), m.Logits(batch(net, 9, 1), make([]float32, 45)),
		m.Logits(good, make([]float32, 3)), m.Load(nn.State{}),
	} {
		if err == nil {
			t.Error("accepted")
		}
	}
	_, err := e.Compile(net, 1<<40, engine.Options{})
	if err == nil {
		t.Error("a batch of 2^40 was accepted")
	}
	t.Log(err)
	if _, err = e.Compile(net, 0, engine.Options{}); err == nil {
		t.Error("a batch of 0 was accepted")
	}
}

// Memory too large for the machine is refused with its size.
func TestOutOfMemory(t *testing.T) {
	_, err := allocate(1<<50, "the activations of vgg16 at batch 9")
	if err == nil || !strings.Contains(err.Error(), "1073741824 MB for the activations of vgg16 at batch 9") {
		t.Errorf("error %v", err)
	}
}

// A program that finds no memory takes that of the others with it; a model then makes them again, and computes on as if
// nothing had been.
func TestAfterOutOfMemory(t *testing.T) {
	e, net := open(t), small()
	want := train(t, compile(t, e, net, 8, engine.Options{}), net, 8, 3, 8, 3)
	m := compile(t, e, net, 8, engine.Options{}).(*model)
	train(t, m, net, 8, 3)
	err := m.do(func() error {
		p, err := m.build(8, false)
		if err != nil {
			return err
		}
		p.size = 1 << 50
		return errors.Join(m.bind(p), p.close())
	})
	if err == nil || !strings.Contains(err.Error(), "1073741824 MB for the activations of small at batch 8") {
		t.Fatalf("error %v", err)
	}
	for i, n := range []int{8, 3} {
		_, err := m.Step(batch(net, n, uint64(2+i)), hyper)
		check(t, err)
	}
	got, err := m.Save()
	check(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Error("the state is another")
	}
}

// An engine that was closed says so, instead of waiting for a thread that has ended.
func TestClosedEngine(t *testing.T) {
	open(t)
	e, err := Open(Options{})
	check(t, err)
	check(t, errors.Join(e.Close(), e.Close()))
	if _, err := e.Compile(small(), 8, engine.Options{}); !errors.Is(err, errClosed) {
		t.Errorf("%v", err)
	}
}

// A model that was closed says so, instead of computing in memory that was freed.
func TestClosedModel(t *testing.T) {
	e, net := open(t), small()
	m := compile(t, e, net, 8, engine.Options{})
	s := train(t, m, net, 8)
	check(t, errors.Join(m.Close(), m.Close()))
	b := batch(net, 8, 1)
	_, saved := m.Save()
	_, stepped := m.Step(b, hyper)
	for what, err := range map[string]error{"Load": m.Load(s), "Save": saved, "Step": stepped, "Logits": m.Logits(b, make([]float32, 8*5))} {
		if !errors.Is(err, errModelClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Opening, training and closing again and again keeps memory and threads flat.
func TestCloseFreesEverything(t *testing.T) {
	open(t)
	net := build(t, "smallcnn", []int{3, 32, 32}, 10, 1)
	cycle := func() {
		e, err := Open(Options{})
		check(t, err)
		m, err := e.Compile(net, 64, engine.Options{})
		check(t, err)
		s, err := net.Init(nn.Default, rand.New(rand.NewPCG(1, 2)))
		check(t, err)
		check(t, m.Load(s))
		train(t, m, net, 64, 10)
		check(t, m.Logits(batch(net, 3, 1), make([]float32, 30)))
		check(t, errors.Join(m.Close(), e.Close()))
	}
	for range 5 {
		cycle()
	}
	debug.FreeOSMemory()
	memory, threads := resident(t), tasks(t)
	for range 20 {
		cycle()
	}
	debug.FreeOSMemory()
	t.Logf("resident %d MB, then %d MB; %d threads, then %d", memory>>20, resident(t)>>20, threads, tasks(t))
	if resident(t) > memory+30<<20 || tasks(t) > threads+4 {
		t.Error("memory or threads leak")
	}
}

func resident(t *testing.T) int {
	text, err := os.ReadFile("/proc/self/statm")
	check(t, err)
	var size, pages int
	_, err = fmt.Sscan(string(text), &size, &pages)
	check(t, err)
	return pages * os.Getpagesize()
}

func tasks(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/task")
	check(t, err)
	return len(entries)
}

// The file of timings: written once, read again, and no obstacle when it cannot be.
func TestTimings(t *testing.T) {
	e := open(t)
	net := build(t, "smallcnn", []int{1, 12, 12}, 4, 1)
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	choices := func() (map[string]string, []string) {
		clear(tuned.files) // as a new process
		var lines []string
		m := compile(t, e, net, 9, engine.Options{Log: func(line string) { lines = append(lines, line) }})
		return m.(interface{ Plan() map[string]string }).Plan(), lines
	}
	plan, lines := choices()
	files, err := filepath.Glob(filepath.Join(dir, "lgl", "onednn-*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v (%v); want one of timings", files, err)
	}
	stat, err := os.Stat(files[0])
	check(t, err)
	again, _ := choices()
	later, err := os.Stat(files[0])
	check(t, err)
	if fmt.Sprint(plan) != fmt.Sprint(again) || stat.ModTime() != later.ModTime() {
		t.Error("timings on disk were not used")
	}
	if len(lines) > 1 {
		t.Errorf("log %q; want at most one line", lines)
	}
	check(t, os.WriteFile(files[0], []byte(`{"forward":{"choice":"fft"}}`), 0o644))
	if _, lines = choices(); len(lines) == 0 || !strings.Contains(lines[0], "fft") {
		t.Errorf("log %q about a broken file", lines)
	}
	if _, lines = choices(); len(lines) != 0 {
		t.Errorf("log %q; the broken file was not replaced", lines)
	}
	check(t, os.WriteFile(files[0], []byte(`null`), 0o644))
	if _, lines = choices(); len(lines) == 0 || !strings.Contains(lines[0], "null") {
		t.Errorf("log %q about a file that holds null", lines)
	}
	check(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "file"))
	if _, lines = choices(); len(lines) == 0 || !strings.Contains(lines[len(lines)-1], "not kept") {
		t.Errorf("log %q about a directory that cannot be written", lines)
	}
}

// A model for evaluation alone times nothing of training, and holds neither its program nor gradients and momentum.
func TestEvaluationAlone(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	e, net := open(t), build(t, "vgg11", []int{1, 32, 32}, 10, 0.2)
	m := compile(t, e, net, 5, engine.Options{Evaluation: true}).(*model)
	check(t, m.Logits(batch(net, 5, 1), make([]float32, 50)))
	for key := range m.tuner.used {
		if !strings.HasPrefix(key, inference) {
			t.Errorf("timed %q", key)
		}
	}
	for _, p := range m.plans {
		if p.training {
			t.Error("there is a training program")
		}
	}
	if len(m.tuner.used) == 0 || len(m.plans) != 1 || m.store.slabs[weights] == nil || m.store.slabs[gradients] != nil || m.store.slabs[momenta] != nil {
		t.Errorf("%d timings, %d programs; want one program, and no slab but the weights", len(m.tuner.used), len(m.plans))
	}
}

// Every step of a plan is known by what computes it, and convolutions are not reference code.
func TestPlan(t *testing.T) {
	m := compile(t, open(t), build(t, "vgg11", []int{3, 32, 32}, 10, 0.25), 8, engine.Options{})
	plan := m.(interface{ Plan() map[string]string }).Plan()
	for _, name := range []string{"features.0 forward", "features.4 backward data", "features.4 backward weights", "classifier forward"} {
		if plan[name] == "" || strings.HasPrefix(plan[name], "ref") {
			t.Errorf("%s is computed by %q", name, plan[name])
		}
	}
}

// A model that is given another one's timings takes its algorithms, whatever is in the file.
func TestTimingsOfAnotherModel(t *testing.T) {
	e, net := open(t), build(t, "vgg11", []int{3, 32, 32}, 10, 0.5)
	first := compile(t, e, net, 16, engine.Options{}).(*model)
	entries := map[string]timing{}
	check(t, json.Unmarshal(first.Timings(), &entries))
	turned := 0
	for key, e := range entries {
		if e.Choice == direct && e.Winograd > 0 {
			e.Choice = winograd
			turned++
		} else {
			e.Choice = direct
		}
		entries[key] = e
	}
	text, err := json.Marshal(entries)
	check(t, err)
	other := compile(t, e, net, 16, engine.Options{Timings: text}).(*model)
	if len(entries) == 0 || maps.Equal(first.Plan(), other.Plan()) {
		t.Errorf("%d timings, %d turned to Winograd's: the plan is the same, %v", len(entries), turned, other.Plan())
	}
	got := map[string]timing{}
	check(t, json.Unmarshal(other.Timings(), &got))
	if !reflect.DeepEqual(got, entries) {
		t.Errorf("timings %v; want those given, %v", got, entries)
	}
	if _, err := e.Compile(net, 16, engine.Options{Timings: []byte(`{"x": {"choice": "fast"}}`)}); err == nil {
		t.Error("timings of no algorithm were accepted")
	}
}

// A Compile that has to time what it never timed ends with the error of Stop, and so does not wait for the rest; what was timed
// before is kept. So does a Logits, which then can be asked again.
func TestCompileStops(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // in which nothing was timed
	e, net, stopped := open(t), build(t, "vgg11", []int{3, 40, 40}, 7, 0.1), errors.New("stopped")
	asked := 0
	stop := func() error {
		if asked++; asked > 20 {
			return stopped
		}
		return nil
	}
	if _, err := e.Compile(net, 3, engine.Options{Threads: 1, Stop: stop}); !errors.Is(err, stopped) || asked != 21 {
		t.Fatalf("asked %d times; %v", asked, err)
	}
	var now error
	m := compile(t, e, net, 3, engine.Options{Threads: 1, Stop: func() error { asked++; return now }})
	if asked < 30 {
		t.Errorf("asked %d times", asked)
	}
	now = stopped
	for range 2 {
		if err := m.Logits(batch(net, 2, 1), make([]float32, 2*7)); !errors.Is(err, stopped) {
			t.Errorf("%v; want that the timing of evaluation was stopped", err)
		}
	}
	if _, err := m.Step(batch(net, 3, 1), engine.Hyper{}); err != nil {
		t.Errorf("a step whose program is there: %v", err)
	}
	now = nil
	check(t, m.Logits(batch(net, 2, 1), make([]float32, 2*7)))
}

// Algorithms of another machine's timings that are not to be had here are not taken: they are timed
// once, as if nothing had been given. Here Winograd's is not, nor are taps over large maps.
func TestTimingsOfAnotherMachine(t *testing.T) {
	if !withLess(t, "AVX2") {
		return
	}
	e, net := open(t), build(t, "vgg11", []int{1, 32, 32}, 10, 0.25)
	ref := compile(t, reference.New(), net, 8, one)
	train(t, ref, net, 8, 3, 8)
	known := compile(t, e, net, 8, engine.Options{}).(engine.Timed).Timings()
	for _, choice := range []string{winograd, byTaps} {
		entries := map[string]timing{}
		check(t, json.Unmarshal(known, &entries))
		for key := range entries {
			entries[key] = timing{Choice: choice, Direct: 1, Winograd: 1, Taps: 1}
		}
		text, err := json.Marshal(entries)
		check(t, err)
		m := compile(t, e, net, 8, engine.Options{Timings: text}).(*model)
		first := maps.Clone(m.tuner.used)
		train(t, m, net, 8, 3, 8)
		if reflect.DeepEqual(first, entries) || !reflect.DeepEqual(first, m.tuner.used) {
			t.Errorf("all by %s: %d timings, of which none or some twice were measured anew", choice, len(entries))
		}
		agreeLogits(t, net, m, ref, 8)
	}
}
