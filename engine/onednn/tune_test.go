package onednn

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/dnnl"
)

// shortAfter lets n regions be allocated, and says that there is no memory for more, until the test ends.
func shortAfter(t *testing.T, n int) {
	all := available
	t.Cleanup(func() { available = all })
	available = func() int64 {
		if n--; n >= 0 {
			return 0 // not known
		}
		return 1
	}
}

// A candidate that memory has no room for is passed over, and timed by the next process; all models of this one choose alike.
func TestShortOfMemoryWhileTiming(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	e := open(t).(*Engine)
	path := cachePath(e.info, 1)
	var lines []string
	tune := func() *tuner {
		return &tuner{engine: e.engine, stream: e.stream, threads: 1, timings: openTimings(path, func(line string) { lines = append(lines, line) })}
	}
	g := conv{n: 256, in: []int{64, 3, 3}, out: []int{64, 3, 3}, window: square(3, 1, 1)}
	shortAfter(t, 1)
	for range 2 {
		check(t, e.do(func() error {
			u := tune()
			alg, err := u.choose(forward, g)
			if e := u.used[forward+" "+g.String()]; err != nil || alg != dnnl.Direct || !e.Short {
				t.Errorf("%v, %+v, %v; want direct, for want of memory", alg, e, err)
			}
			u.save()
			return nil
		}))
	}
	if len(lines) == 0 || !strings.Contains(lines[0], "memory is short") || !strings.Contains(lines[0], errShort.Error()) {
		t.Errorf("said %q", lines)
	}
	if file, err := readTimings(path); err != nil || len(file) > 0 {
		t.Errorf("the file has %v (%v)", file, err)
	}
	clear(tuned.files) // as a new process
	shortAfter(t, 1000)
	check(t, e.do(func() error {
		u := tune()
		_, err := u.choose(forward, g)
		u.save()
		return err
	}))
	if file, err := readTimings(path); err != nil || len(file) != 1 || file[forward+" "+g.String()].Taps == 0 {
		t.Errorf("the file has %v (%v); want the timing of taps", file, err)
	}
}

// What is half built when something fails is destroyed with the rest, and what was noted twice is once.
func TestDescriptorsOfWhatFails(t *testing.T) {
	e := open(t).(*Engine)
	g := conv{n: 2, in: []int{16, 5, 5}, out: []int{16, 5, 5}, window: square(3, 1, 1)}
	other, err := dnnl.NewDesc([]int{2, 16, 4, 4}, dnnl.ACDB)
	check(t, err)
	check(t, e.do(func() error {
		c := trial{newProgram(e.engine, new(region))}
		if err := c.library(forward, g, dnnl.Direct, c.tensor(other), nil, nil); err == nil {
			t.Error("an input of another shape was taken")
		}
		for range 2 {
			if len(c.hints) != 1 {
				t.Errorf("%d descriptors are to be destroyed; want that of the convolution", len(c.hints))
			}
			for _, pd := range c.hints {
				c.hint(pd)
			}
		}
		return c.free()
	}))
}

// An error of a candidate that is neither a lack of code nor of memory ends the timing.
func TestErrorsOfCandidates(t *testing.T) {
	for err, want := range map[error][2]bool{
		dnnl.NotImplemented: {true, false}, dnnl.NoImplementations: {true, false},
		dnnl.OutOfMemory: {false, true}, errShort: {false, true},
		dnnl.Status(2): {}, dnnl.Status(5): {}, errors.New("another"): {},
	} {
		wrapped := fmt.Errorf("onednn: making the primitive: %w", err)
		if got := [2]bool{lacking(wrapped), short(wrapped)}; got != want {
			t.Errorf("%v: %v; want %v", err, got, want)
		}
	}
}

// Timings given by a model that was short of memory are taken, too: with them a run goes on as it began.
func TestShortTimingsAreTaken(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	e, net := open(t), tiny(2, 2, false)
	text := `{"forward n9 3x2x2 to 5x2x2 k3 s1 p1 bias=true": {"choice": "direct", "direct_ms": 1, "winograd_ms": 0, "short": true}}`
	m := compile(t, e, net, 9, engine.Options{Threads: 1, Timings: []byte(text)}).(*model)
	want := timing{Choice: direct, Direct: 1, Short: true}
	if got := m.tuner.used["forward n9 3x2x2 to 5x2x2 k3 s1 p1 bias=true"]; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v; want %+v", got, want)
	}
}

// What another process timed stays in the file, though this one had no memory for a candidate.
func TestShortTimingsLeaveOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "timings.json")
	ours := openTimings(path, func(line string) { t.Error(line) })
	ours.learn("a", timing{Choice: direct, Direct: 1, Short: true})
	good := timing{Choice: winograd, Direct: 1, Winograd: .5}
	text, err := json.Marshal(map[string]timing{"a": good})
	check(t, errors.Join(err, os.WriteFile(path, text, 0o644)))
	ours.learn("b", timing{Choice: direct, Direct: 2, Winograd: 3})
	ours.save()
	if file, err := readTimings(path); err != nil || len(file) != 2 || !reflect.DeepEqual(file["a"], good) {
		t.Errorf("the file has %v (%v)", file, err)
	}
}
