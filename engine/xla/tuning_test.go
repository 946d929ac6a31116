package xla

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/pjrt"
)

// tunable opens the plugin of internal/pjrt's tests, with a fault, from where its algorithms' times are kept below cache.
func tunable(t *testing.T, cache, fault string) *Engine {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc here to build a plugin with")
	}
	path := filepath.Join(t.TempDir(), "plugin.so") // a copy of its own, to which the fault is another library's
	if text, err := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-o", path, "../../internal/pjrt/testdata/plugin.c", "-lpthread").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, text)
	}
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("PJRT_FAULT", fault)
	e, err := Open(Options{Plugin: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// compiles compiles a program of the plugin's as one that is tuned, or not, and frees it. It returns whether there was one,
// and what the user was told.
func compiles(t *testing.T, e *Engine, tuned bool) (made bool, told string, err error) {
	t.Helper()
	m := model{engine: e, step: "add", options: engine.Options{Log: func(line string) { told += line }}}
	var p program
	if tuned {
		p, _, err = m.tuned("add", "add")
	} else {
		p, err = e.compile("add", m.wayOut(), nil)
	}
	if p != nil {
		err = errors.Join(err, p.Close())
	}
	return p != nil, told, err
}

// What algorithms take is kept in one folder for each plugin and device, of which it is known since when it is there.
func TestTuningIsKept(t *testing.T) {
	cache := t.TempDir()
	first, second := tunable(t, cache, ""), tunable(t, cache, "")
	if _, err := time.Parse(time.RFC3339Nano, first.tuning.since); err != nil || first.tuning.since != second.tuning.since {
		t.Errorf("since %q and %q: %v", first.tuning.since, second.tuning.since, err)
	}
	dirs, _ := filepath.Glob(filepath.Join(cache, "lgl", "xla-*"))
	if len(dirs) != 1 {
		t.Fatalf("folders %v; want one", dirs)
	}
	if err := os.RemoveAll(dirs[0]); err != nil {
		t.Fatal(err)
	}
	if again := tunable(t, cache, "").tuning.since; again == first.tuning.since || again == "" {
		t.Errorf("after it was lost: since %q, as before", again)
	}
}

// Programs that are worth it are compiled with the folder, one process at a time, all others with what needs none.
func TestTunedOptions(t *testing.T) {
	e := tunable(t, t.TempDir(), "")
	t.Setenv("PJRT_WANTS", "xla_gpu_per_fusion_autotune_cache_dir")
	if made, told, err := compiles(t, e, true); !made || err != nil || !strings.Contains(told, "algorithms are timed") {
		t.Errorf("tuned: %v, %q, %v", made, told, err)
	}
	if _, _, err := compiles(t, e, false); err == nil {
		t.Error("a program that is not worth it is tuned")
	}
	t.Setenv("PJRT_WANTS", shortGraphs.Name)
	if made, _, err := compiles(t, e, true); !made || err != nil {
		t.Errorf("a small step: %v, %v", made, err)
	}
	t.Setenv("PJRT_WANTS", excludeOption)
	if made, _, err := compiles(t, e, false); !made || err != nil {
		t.Errorf("untuned: %v, %v", made, err)
	}
	t.Setenv("PJRT_WANTS", "")
	ended := make(chan error)
	_ = e.tuning.locked(t.FailNow, func() error {
		go func() {
			_, told, err := compiles(t, e, true)
			if !strings.Contains(told, "waits for another run") {
				err = errors.Join(err, fmt.Errorf("it said %q", told))
			}
			ended <- err
		}()
		select {
		case <-ended:
			t.Error("two tune at once")
		case <-time.After(100 * time.Millisecond):
		}
		return nil
	})
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A plugin that does not know an option leaves the step to be compiled without. Any other failure is one of the step.
func TestCannotTune(t *testing.T) {
	if made, told, err := compiles(t, tunable(t, t.TempDir(), "compile 1 3"), true); made || err != nil || !strings.Contains(told, "No such compile option") {
		t.Errorf("an unknown option: %v, %q, %v", made, told, err)
	}
	if made, told, err := compiles(t, tunable(t, t.TempDir(), "compile 1 13"), true); made || err == nil || strings.Contains(told, "slower") || !strings.Contains(err.Error(), "the device was lost") {
		t.Errorf("a lost device: %v, %q, %v", made, told, err)
	}
	if made, _, err := compiles(t, tunable(t, t.TempDir(), "compile 1 8"), true); made || err == nil || !strings.Contains(err.Error(), "use a smaller --batch") || !strings.HasSuffix(err.Error(), excludeOption+"=true, which neither times algorithms nor takes those that need much memory") {
		t.Errorf("too little memory to time algorithms: %v, %v", made, err)
	}
	t.Setenv(WaitVariable, "50ms")
	if made, told, err := compiles(t, tunable(t, t.TempDir(), "compile 1 hang"), true); made || !errors.Is(err, pjrt.ErrSilent) || strings.Contains(told, "slower") {
		t.Errorf("a silent device: %v, %q, %v", made, told, err)
	}
}

// Whoever waits for algorithms of a step to be timed is told so, by labels or by targets, where it is not known that they repeat.
func TestTimingIsTold(t *testing.T) {
	m, _, _ := tuningIn(t, false, t.TempDir())
	var told int
	m.options.Log = func(line string) { told += strings.Count(line, "algorithms are timed") }
	for i, c := range []struct {
		kind kind
		want int
	}{{kind{4, true, true}, 1}, {kind{4, false, true}, 2}} {
		if begun(t, m, c.kind); told != c.want {
			t.Errorf("step %d: told %d times; want %d", i, told, c.want)
		}
	}
	text, err := evaluation(m.net, 4, "f32")
	p, _, err := m.compile(text, m.step, err, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil || told != 2 {
		t.Errorf("an evaluation: %v; told %d times", err, told)
	}
}

// Whoever only opens the device does not wait for one who compiles, who may take minutes.
func TestOpensWhileTuned(t *testing.T) {
	cache := t.TempDir()
	first, opened := tunable(t, cache, ""), make(chan string)
	_ = first.tuning.locked(t.FailNow, func() error {
		go func() { opened <- newTuning(first.info.SHA256, first.info.Device, "").since }()
		select {
		case since := <-opened:
			if since != first.tuning.since {
				t.Errorf("since %q; want %q", since, first.tuning.since)
			}
		case <-time.After(10 * time.Second):
			t.Error("it waits")
			go func() { <-opened }()
		}
		return nil
	})
}

// Where it cannot be noted since when the folder is there, or no lock be had, nothing is tuned, and no run is said to be.
func TestCannotBegin(t *testing.T) {
	for name, instead := range map[string]func(path string) error{
		"since": func(path string) error { return os.Symlink("nowhere", path) },
		"lock":  func(path string) error { return os.Mkdir(path, 0o755) },
	} {
		cache := t.TempDir()
		path := filepath.Join(tunable(t, cache, "").tuning.dir, name)
		if err := errors.Join(os.Remove(path), instead(path)); err != nil {
			t.Fatal(err)
		}
		e := tunable(t, cache, "")
		if made, told, err := compiles(t, e, true); made || err != nil || e.tuning.since != "" || !strings.Contains(told, path) {
			t.Errorf("%s: %v, %q, %v, %+v", name, made, told, err, e.Info())
		}
	}
}

// What is known of a step is known of it with the options that it was compiled with.
func TestVerdictGoesByOptions(t *testing.T) {
	a, b, c := tuning{dir: "a"}, tuning{dir: "a", asked: "xla_gpu_autotune_level=2"}, tuning{dir: "a"}
	if a.verdict("add") == b.verdict("add") || a.verdict("add") == a.verdict("mul") || a.verdict("add") != c.verdict("add") {
		t.Error("the name of a verdict does not tell options, or programs, apart")
	}
}

// Who sets XLA's option has it, and where nothing can be kept it is said.
func TestNotTuned(t *testing.T) {
	t.Setenv(OptionsVariable, excludeOption+"=true")
	if e := tunable(t, t.TempDir(), ""); e.tuning != nil {
		t.Errorf("%+v", e.Info())
	}
	t.Setenv(OptionsVariable, "")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	e := tunable(t, file, "")
	if made, told, err := compiles(t, e, true); made || err != nil || e.tuning.since != "" || !strings.Contains(told, file) {
		t.Errorf("%v, %q, %v, %+v", made, told, err, e.Info())
	}
}

// A program that is tuned is tried before its first step, and the next process knows what was found.
func TestTunedIsProved(t *testing.T) {
	m, _, dir := tuningIn(t, false, t.TempDir())
	b, k := random(rand.New(rand.NewPCG(1, 2)), m.net, 4), kind{4, false, true}
	before, p := saved(t, m), begun(t, m, k)
	if m.doubted[p] == "" {
		t.Error("it is not doubted")
	}
	if err := prove(t, m, k, b); err != nil || len(m.doubted) > 0 || !reflect.DeepEqual(saved(t, m), before) || found(t, m) != repeats {
		t.Errorf("%v; it is doubted still, or the state moved, or it is not kept that it repeats", err)
	}
	m, d, _ := tuningIn(t, false, dir)
	if p := begun(t, m, k); m.doubted[p] != "" || d.tuned != 1 {
		t.Error("the next process does not know that it repeats")
	}
}

// One that gives other bits each time ends its process, which cannot be rid of its algorithms. The next process takes others, for
// all programs on whole batches.
func TestRestive(t *testing.T) {
	dir := t.TempDir()
	m, _, _ := tuningIn(t, true, dir)
	b, k := random(rand.New(rand.NewPCG(1, 2)), m.net, 4), kind{4, false, true}
	before := saved(t, m)
	begun(t, m, k)
	if err := prove(t, m, k, b); !errors.Is(err, errRestive) || !reflect.DeepEqual(saved(t, m), before) || found(t, m) != differs {
		t.Errorf("%v; or the state moved, or it is not kept", err)
	}
	for _, also := range []kind{k, {4, true, true}} {
		if _, err := m.program(also, training); !errors.Is(err, errRestive) {
			t.Errorf("%+v in the same process: %v", also, err)
		}
	}
	timed.Clear() // as in a new process
	m, d, _ := tuningIn(t, true, dir)
	for _, also := range []kind{k, {4, true, true}} {
		if p := begun(t, m, also); p.(interpreted).restive || m.doubted[p] != "" || d.tuned > 0 {
			t.Errorf("%+v in the next process is tuned, or doubted", also)
		}
	}
}

// Of two processes that try a step at once, the one that finds that it differs is believed, by the other one too.
func TestDiffersStands(t *testing.T) {
	m, _, _ := tuningIn(t, false, t.TempDir())
	begun(t, m, m.whole())
	m.keep(m.step, differs) // by the other
	b := random(rand.New(rand.NewPCG(1, 2)), m.net, 4)
	if err := prove(t, m, m.whole(), b); !errors.Is(err, errRestive) || found(t, m) != differs {
		t.Errorf("%v, and it is kept: %s", err, found(t, m))
	}
}

// tuningIn is loaded, with a folder of times in dir.
func tuningIn(t *testing.T, restive bool, dir string) (*model, *interpreter, string) {
	m, d, _ := loaded(t)
	d.restive, m.engine.tuning = restive, &tuning{dir: dir}
	return m, d, dir
}

// begun is the program of steps of a kind.
func begun(t *testing.T, m *model, k kind) program {
	t.Helper()
	p, err := m.program(k, training)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// found is what is kept of the model's step.
func found(t *testing.T, m *model) string {
	t.Helper()
	text, err := m.engine.tuning.read(m.engine.tuning.verdict(m.step))
	if err != nil {
		t.Error(err)
	}
	return text
}

// A step that is not finite proves nothing.
func TestNotFiniteProvesNothing(t *testing.T) {
	m, _, _ := tuningIn(t, true, t.TempDir())
	b, k := random(rand.New(rand.NewPCG(1, 2)), m.net, 4), kind{4, false, true}
	begun(t, m, k)
	good := b.X[3]
	b.X[3] = float32(math.NaN())
	if err := prove(t, m, k, b); err != nil || len(m.doubted) != 1 {
		t.Errorf("%v; or it is not doubted any more", err)
	}
	b.X[3] = good
	if err := prove(t, m, k, b); !errors.Is(err, errRestive) {
		t.Errorf("the next step does not try it: %v", err)
	}
}

// Behind a step that could not be tried, or does not repeat its bits, no other is made.
func TestNoneBehindTrialThatFailed(t *testing.T) {
	short := &pjrt.Error{Code: pjrt.ResourceExhausted, Message: "12 GiB were asked for"}
	for _, c := range []struct {
		run, want error
	}{{nil, errRestive}, {short, short}} {
		m, d, _ := tuningIn(t, true, t.TempDir())
		p, r := begun(t, m, kind{4, false, true}), rand.New(rand.NewPCG(1, 2))
		m.steps = programs{{kind{4, false, false}, p}} // as if such small steps were tuned
		var waits []func() (engine.StepStats, error)
		for range 2 {
			wait, err := m.Enqueue(random(r, m.net, 4), engine.Hyper{})
			if err != nil {
				t.Fatal(err)
			}
			waits, d.run = append(waits, wait), c.run
		}
		d.run = nil
		if _, err := waits[0](); !errors.Is(err, c.want) {
			t.Errorf("%v; want %v", err, c.want)
		}
		if _, err := waits[1](); err == nil || !strings.Contains(err.Error(), "no state") {
			t.Errorf("the step behind: %v", err)
		}
	}
}

// A step of another kind, tuned before the first could be tried, does not end the doubt of it.
func TestEachStepIsProved(t *testing.T) {
	m, _, _ := tuningIn(t, true, t.TempDir())
	kinds := []kind{{4, false, true}, {4, true, true}}
	for _, k := range kinds {
		begun(t, m, k)
	}
	for _, k := range kinds {
		if m.doubted[m.steps.find(k)] == "" {
			t.Errorf("%+v is not doubted", k)
		}
	}
}

// prove tries the doubted program on a batch.
func prove(t *testing.T, m *model, k kind, b data.Batch) error {
	t.Helper()
	in, x, err := m.arguments(b, engine.Hyper{LR: 0.1, Momentum: 0.9})
	defer x.close()
	if err != nil {
		t.Fatal(err)
	}
	return m.proved(m.steps.find(k), in, k.n)
}

// The plugin reads the environment that Open sets, and what the user sets there stays.
func TestEnvironment(t *testing.T) {
	os.Unsetenv(deterministicVariable)
	t.Setenv("PJRT_NEEDS", deterministicVariable)
	t.Setenv(logVariable, "0")
	tunable(t, t.TempDir(), "")
	if level := os.Getenv(logVariable); level != "0" {
		t.Errorf("%s=%s", logVariable, level)
	}
}

// A run is held to the program of its step and, where that is tuned, to the folder of its algorithms.
func TestPlan(t *testing.T) {
	plan := func(cache string, batch int, precision string) string {
		e := tunable(t, cache, "")
		e.precision = precision
		net, _ := network(t, "vgg16", []int{3, 32, 32}, 10, 1)
		m, err := e.Compile(net, batch, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		return m.(interface{ Plan() map[string]string }).Plan()["the training step"]
	}
	one, other := t.TempDir(), t.TempDir()
	large, small := plan(one, 128, "f32"), plan(one, 8, "f32")
	if large != plan(one, 128, "f32") || !strings.Contains(large, ", tuned since 20") || plan(other, 128, "f32") == large {
		t.Errorf("of 128: %s; want the same from the same folder alone", large)
	}
	if strings.Contains(small, "tuned") || small != plan(other, 8, "f32") || small == plan(one, 8, "bf16") || small == plan(one, 9, "f32") {
		t.Errorf("of 8: %s; want the same for the same program, wherever", small)
	}
}

// Steps on large batches are tuned; those of small networks, of the last batches of epochs, and divided ones are not.
func TestWorthTuning(t *testing.T) {
	divided := engine.Options{Reduce: func([]float32) error { return nil }}
	for name, c := range map[string]struct {
		batch, n int
		options  engine.Options
		want     bool
	}{"large": {128, 128, engine.Options{}, true}, "a last batch": {128, 100, engine.Options{}, false}, "small": {8, 8, engine.Options{}, false}, "divided": {128, 128, divided, false}} {
		net, _ := network(t, "vgg16", []int{3, 32, 32}, 10, 1)
		m := model{engine: &Engine{tuning: &tuning{}}, net: net, batch: c.batch, options: c.options}
		if m.tunes(c.n) != c.want {
			t.Errorf("%s: tuned: %v", name, !c.want)
		}
	}
}
