package onednn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/dnnl"
)

// margin is how much faster than direct Winograd must be to be chosen: timings on a busy machine
// vary by less, so that the choice is stable.
const margin = 0.9

// timing is what the tuner measured for one convolution in one direction, in milliseconds, and
// what it chose.
type timing struct {
	Choice   string  `json:"choice"`
	Direct   float64 `json:"direct_ms"`
	Winograd float64 `json:"winograd_ms"`
}

const (
	direct   = "direct"
	winograd = "winograd"
)

func (t timing) alg() dnnl.Alg {
	if t.Choice == winograd {
		return dnnl.Winograd
	}
	return dnnl.Direct
}

// tuned is what is known in this process about each file of timings, so that all models choose
// alike even where no file can be written.
var tuned = struct {
	sync.Mutex
	files map[string]map[string]timing
}{files: map[string]map[string]timing{}}

// tuner chooses the algorithm of each convolution and direction: by timing both once, and then
// from the file of timings.
type tuner struct {
	engine dnnl.Engine
	stream dnnl.Stream
	path   string // file of timings
	log    func(string)
	fresh  int // timings taken that are not in the file
}

// newTuner opens the timings for a library and number of threads on this machine.
func newTuner(e dnnl.Engine, s dnnl.Stream, info dnnl.Info, threads int, log func(string)) *tuner {
	t := &tuner{engine: e, stream: s, log: log, path: cachePath(info, threads)}
	tuned.Lock()
	defer tuned.Unlock()
	if tuned.files[t.path] == nil {
		tuned.files[t.path] = t.readFile()
	}
	return t
}

// cachePath names the file of timings after all that they depend on.
func cachePath(info dnnl.Info, threads int) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	name := fmt.Sprintf("onednn-%v-%s-%s-threads%d", info.Version, cpuModel(), info.ISA, threads)
	name = regexp.MustCompile(`[^A-Za-z0-9.]+`).ReplaceAllString(name, "-")
	return filepath.Join(dir, "lgl", name+".json")
}

// cpuModel returns what Linux says about the first processor.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), "\n\n")
	var words []string
	for line := range strings.Lines(first) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "model name", "cpu family", "model", "stepping":
			words = append(words, strings.TrimSpace(value))
		}
	}
	return strings.Join(words, "-")
}

// readFile returns the timings on disk; a file that cannot be read counts as empty.
func (t *tuner) readFile() map[string]timing {
	entries := map[string]timing{}
	text, err := os.ReadFile(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return entries
	}
	if err == nil {
		err = json.Unmarshal(text, &entries)
	}
	if err == nil {
		err = checkTimings(entries)
	}
	if err != nil {
		t.log(fmt.Sprintf("onednn: timings %s ignored, will be measured anew: %v", t.path, err))
		return map[string]timing{}
	}
	return entries
}

func checkTimings(entries map[string]timing) error {
	for key, e := range entries {
		if e.Choice != direct && e.Choice != winograd {
			return fmt.Errorf("entry %q chooses %q; want %s or %s", key, e.Choice, direct, winograd)
		}
	}
	return nil
}

// save adds this process's timings to the file. Not being able to is no error: they will be
// measured again.
func (t *tuner) save() {
	if t.fresh == 0 {
		return
	}
	tuned.Lock()
	defer tuned.Unlock()
	entries := t.readFile()
	maps.Copy(entries, tuned.files[t.path])
	err := os.MkdirAll(filepath.Dir(t.path), 0o755)
	if err == nil {
		err = atomicfile.Write(t.path, func(w io.Writer) error {
			text, err := json.MarshalIndent(entries, "", " ")
			if err == nil {
				_, err = w.Write(append(text, '\n'))
			}
			return err
		})
	}
	if err != nil {
		t.log(fmt.Sprintf("onednn: timings not kept: %v", err))
	}
	t.fresh = 0
}

// choose returns the algorithm for a convolution in a direction.
func (t *tuner) choose(direction string, g conv) (dnnl.Alg, error) {
	w := g.window
	if w.Kernel != [2]int{3, 3} || w.Stride != [2]int{1, 1} || w.Pad[0] > 1 {
		return dnnl.Direct, nil
	}
	tuned.Lock()
	defer tuned.Unlock()
	key := direction + " " + g.String()
	if e, ok := tuned.files[t.path][key]; ok {
		return e.alg(), nil
	}
	e, err := t.measure(direction, g)
	if err == nil {
		tuned.files[t.path][key] = e
		t.fresh++
	}
	return e.alg(), err
}

// measure times both algorithms in turn. Where the library has no Winograd, direct is chosen.
func (t *tuner) measure(direction string, g conv) (timing, error) {
	a, err := t.candidate(direction, g, dnnl.Direct)
	if err != nil {
		return timing{}, fmt.Errorf("onednn: timing the convolution %v %s: %w", g, direction, err)
	}
	defer a.close()
	b, err := t.candidate(direction, g, dnnl.Winograd)
	if err != nil {
		return timing{Choice: direct}, nil
	}
	defer b.close()
	e := timing{Choice: direct, Direct: math.Inf(1), Winograd: math.Inf(1)}
	start := time.Now()
	for round := 0; round < 3 || round < 12 && time.Since(start) < 30*time.Millisecond; round++ {
		d, err1 := a.time(t.stream)
		w, err2 := b.time(t.stream)
		if err := errors.Join(err1, err2); err != nil {
			return timing{}, fmt.Errorf("onednn: timing the convolution %v %s: %w", g, direction, err)
		}
		if round > 0 { // the first run touches the memory
			e.Direct, e.Winograd = min(e.Direct, d), min(e.Winograd, w)
		}
	}
	if e.Winograd < margin*e.Direct {
		e.Choice = winograd
	}
	e.Direct, e.Winograd = rounded(e.Direct), rounded(e.Winograd)
	return e, nil
}

// rounded keeps four digits, enough for people.
func rounded(ms float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(ms, 'g', 4, 64), 64)
	return v
}

// trial is one candidate, ready to run.
type trial struct {
	program *program
	arena   *region
}

// candidate builds the program of one convolution.
func (t *tuner) candidate(direction string, g conv, alg dnnl.Alg) (trial, error) {
	arena := new(region)
	c := trial{newProgram(t.engine, arena), arena}
	err := c.build(direction, g, alg)
	if err == nil {
		*arena, err = allocate(c.program.size, "timing a convolution")
	}
	if err == nil {
		err = c.program.bind()
	}
	if err != nil {
		err = errors.Join(err, c.close())
	}
	return c, err
}

// build adds the convolution, and for the gradient by the input the change of the weights'
// layout that a training step needs.
func (c trial) build(direction string, g conv, alg dnnl.Alg) error {
	p := c.program
	prop := dnnl.Training
	if direction == inference {
		prop = dnnl.Inference
	}
	fwd, err := g.forward(p.engine, prop, alg, false)
	if err != nil {
		return err
	}
	var args []arg
	add := func(index int32, md dnnl.Desc) {
		if md.Size() > 0 {
			args = append(args, arg{index, p.tensor(md)})
		}
	}
	pd := fwd
	switch direction {
	case backwardData:
		p.hint(fwd)
		if pd, err = g.backwardData(p.engine, alg, fwd); err != nil {
			return err
		}
		add(dnnl.DiffDst, pd.DiffDst())
		add(dnnl.DiffSrc, pd.DiffSrc())
		add(dnnl.Weights, pd.Weights())
		if from, to := fwd.Weights(), pd.Weights(); !from.Equal(&to) {
			change, err := p.engine.Reorder(&from, &to)
			if err != nil {
				return err
			}
			if err := p.add("weights", change, arg{dnnl.Src, p.tensor(from)}, arg{dnnl.Dst, args[2].t}); err != nil {
				return err
			}
		}
	case backwardWeights:
		p.hint(fwd)
		if pd, err = g.backwardWeights(p.engine, alg, fwd); err != nil {
			return err
		}
		add(dnnl.DiffDst, pd.DiffDst())
		add(dnnl.Src, pd.Src())
		add(dnnl.DiffWeights, pd.DiffWeights())
		if g.bias {
			md, err := dnnl.NewDesc(g.out[:1], dnnl.A)
			if err != nil {
				return err
			}
			add(dnnl.DiffBias, md)
		}
	default:
		add(dnnl.Src, pd.Src())
		add(dnnl.Dst, pd.Dst())
		add(dnnl.Weights, pd.Weights())
		if g.bias {
			md, err := dnnl.NewDesc(g.out[:1], dnnl.A)
			if err != nil {
				return err
			}
			add(dnnl.Bias, md)
		}
	}
	if err := p.add(direction, pd, args...); err != nil {
		return err
	}
	return p.complete()
}

// time runs the program once and returns the milliseconds.
func (c trial) time(s dnnl.Stream) (float64, error) {
	start := time.Now()
	err := c.program.run(s)
	return float64(time.Since(start).Nanoseconds()) / 1e6, err
}

func (c trial) close() error { return errors.Join(c.program.close(), c.arena.free()) }
