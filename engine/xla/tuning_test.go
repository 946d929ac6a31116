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
	m := model{engine: e, doubted: map[program]bool{}, options: engine.Options{Log: func(line string) { told += line }}}
	var p program
	if tuned {
		p = m.tuned("add")
	} else {
		p, err = e.compile("add", nil)
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
	t.Setenv("PJRT_WANTS", excludeOption)
	if made, _, err := compiles(t, e, false); !made || err != nil {
		t.Errorf("untuned: %v, %v", made, err)
	}
	t.Setenv("PJRT_WANTS", "")
	ended := make(chan error)
	_ = e.tuning.locked(t.FailNow, func() error {
		go func() {
			_, told, err := compiles(t, e, true)
			if !strings.Contains(told, "waits for another lgl") {
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

// A plugin that cannot tune, since it does not know an option, say, leaves the step to be compiled without. A run that goes on
// where it could be tuned has the same bits all the same.
func TestCannotTune(t *testing.T) {
	for fault, want := range map[string]string{"compile 1 3": "No such compile option", "compile 1 13": "the device was lost"} {
		cache := t.TempDir()
		e := tunable(t, cache, fault)
		if made, told, err := compiles(t, e, true); !made || err != nil || !strings.Contains(told, want) || !strings.Contains(told, e.tuning.dir) {
			t.Errorf("%s: %v, %q, %v", fault, made, told, err)
		}
		if made, told, err := compiles(t, tunable(t, cache, ""), true); !made || err != nil || !strings.Contains(told, "it failed before") {
			t.Errorf("%s, the next run: %v, %q, %v", fault, made, told, err)
		}
	}
}

// A plugin that compiles nothing has not shown that the step cannot be tuned.
func TestCompilesNothing(t *testing.T) {
	cache := t.TempDir()
	e := tunable(t, cache, "")
	t.Setenv("PJRT_WANTS", "what is no option")
	if made, told, err := compiles(t, e, true); made || err != nil || strings.Contains(told, "delete") {
		t.Errorf("%v, %q, %v", made, told, err)
	}
	t.Setenv("PJRT_WANTS", "")
	if made, told, err := compiles(t, e, true); !made || err != nil || !strings.Contains(told, "algorithms are timed") {
		t.Errorf("then: %v, %q, %v", made, told, err)
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

// A program that is tuned is tried before its first step. One that gives other bits each time is replaced, and the next run
// knows which it is.
func TestTunedIsProved(t *testing.T) {
	for _, restive := range []bool{false, true} {
		dir, want := t.TempDir(), map[bool]string{false: repeats, true: differs}[restive]
		for run := range 2 {
			m, d, _ := loaded(t)
			d.restive, m.engine.tuning = restive, &tuning{dir: dir}
			b, k := random(rand.New(rand.NewPCG(1, 2)), m.net, 4), kind{4, false, true}
			before := saved(t, m)
			p, err := m.program(k, training)
			if err != nil {
				t.Fatal(err)
			}
			if doubted := m.doubted[p]; doubted != (run == 0) {
				t.Errorf("%s, run %d: doubted: %v", want, run, doubted)
			}
			if run == 0 {
				p = prove(t, m, k, b)
			}
			if p.(interpreted).restive || len(m.doubted) > 0 || !reflect.DeepEqual(saved(t, m), before) {
				t.Errorf("%s, run %d: the program is restive, or doubted still, or the state moved", want, run)
			}
			if text, _ := training(m.net, k, "f32"); found(t, m, text) != want {
				t.Errorf("run %d: it is not kept that it gives %s", run, want)
			}
			if tuned := map[bool]int{false: 1, true: 1 - run}[restive]; d.tuned != tuned || m.steps.find(k) != p {
				t.Errorf("%s, run %d: %d programs were tuned; want %d", want, run, d.tuned, tuned)
			}
		}
	}
}

// found is what is kept of a program.
func found(t *testing.T, m *model, text string) string {
	t.Helper()
	text, err := m.engine.tuning.read(m.engine.tuning.verdict(text))
	if err != nil {
		t.Error(err)
	}
	return text
}

// A step that is not finite proves nothing.
func TestNotFiniteProvesNothing(t *testing.T) {
	m, d, _ := loaded(t)
	d.restive, m.engine.tuning = true, &tuning{dir: t.TempDir()}
	b, k := random(rand.New(rand.NewPCG(1, 2)), m.net, 4), kind{4, false, true}
	if _, err := m.program(k, training); err != nil {
		t.Fatal(err)
	}
	good := b.X[3]
	if b.X[3] = float32(math.NaN()); !prove(t, m, k, b).(interpreted).restive || len(m.doubted) != 1 {
		t.Error("it is not doubted any more")
	}
	if b.X[3] = good; prove(t, m, k, b).(interpreted).restive {
		t.Error("the next step does not try it")
	}
}

// A step of another kind, tuned before the first could be tried, does not end the doubt of it.
func TestEachStepIsProved(t *testing.T) {
	m, d, _ := loaded(t)
	d.restive, m.engine.tuning = true, &tuning{dir: t.TempDir()}
	kinds := []kind{{4, false, true}, {4, true, true}}
	for _, k := range kinds {
		if _, err := m.program(k, training); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range kinds {
		if !m.doubted[m.steps.find(k)] {
			t.Errorf("%+v is not doubted", k)
		}
	}
}

// Where the program that is taken instead cannot be compiled, it is said once, and nothing is left behind.
func TestNoneInstead(t *testing.T) {
	m, d, _ := loaded(t)
	d.restive, m.engine.tuning = true, &tuning{dir: t.TempDir()}
	b := random(rand.New(rand.NewPCG(1, 2)), m.net, 4)
	if _, err := m.program(kind{4, false, true}, training); err != nil {
		t.Fatal(err)
	}
	in, x, err := m.arguments(b, engine.Hyper{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	d.compile = &pjrt.Error{Code: pjrt.ResourceExhausted, Message: "12 GiB were asked for"}
	p := m.steps.find(kind{4, false, true})
	if _, err := m.proved(p, kind{4, false, true}, in); err == nil || strings.Count(m.explain(err).Error(), "out of device memory") != 1 {
		t.Errorf("%v", m.explain(err))
	}
}

// prove tries the doubted program on a batch.
func prove(t *testing.T, m *model, k kind, b data.Batch) program {
	t.Helper()
	in, x, err := m.arguments(b, engine.Hyper{LR: 0.1, Momentum: 0.9})
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	p, err := m.proved(m.steps.find(k), k, in)
	if err != nil {
		t.Fatal(err)
	}
	return p
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
