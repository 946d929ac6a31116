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

// margin is how much faster than direct Winograd must be to be chosen, and taps than the better of
// the two: timings on a busy machine vary by less, so that the choice is stable.
const margin = 0.9

// timing is what the tuner measured for one convolution in one direction, in milliseconds, and
// what it chose.
type timing struct {
	Choice   string    `json:"choice"`
	Direct   float64   `json:"direct_ms"`
	Winograd float64   `json:"winograd_ms"`
	Taps     float64   `json:"taps_ms,omitempty"` // 0 where taps is no candidate
	MS       []float64 `json:"ms,omitempty"`      // instead of these, of what a mixture is chosen by
}

const (
	direct   = "direct"
	winograd = "winograd"
	byTaps   = "taps"
	mixedly  = "mixture" // by the sum of many
)

func (t timing) alg() dnnl.Alg {
	switch t.Choice {
	case winograd:
		return dnnl.Winograd
	case byTaps:
		return taps
	}
	return dnnl.Direct
}

// tuned is what is known in this process about each file of timings, so that all models choose
// alike even where no file can be written.
var tuned = struct {
	sync.Mutex
	files map[string]map[string]timing
}{files: map[string]map[string]timing{}}

// tuner chooses the algorithm of each convolution and direction: by timing all once, and then
// from the file of timings.
type tuner struct {
	engine  dnnl.Engine
	stream  dnnl.Stream
	path    string // file of timings
	log     func(string)
	fresh   int // timings taken that are not in the file
	threads int
	told    bool              // that it takes a while
	given   map[string]timing // of another model, instead of the file's
	used    map[string]timing // what was asked for so far
	forced  *[ways]float64    // for tests: the times of all convolutions, of which then nothing is timed
}

// newTuner opens the timings for a library and number of threads on this machine.
func newTuner(e dnnl.Engine, s dnnl.Stream, info dnnl.Info, threads int, log func(string)) *tuner {
	t := &tuner{engine: e, stream: s, log: log, path: cachePath(info, threads), threads: threads, used: map[string]timing{}}
	tuned.Lock()
	defer tuned.Unlock()
	if tuned.files[t.path] == nil {
		entries, err := readTimings(t.path)
		if err != nil {
			t.log(fmt.Sprintf("onednn: timings %s ignored, will be measured anew: %v", t.path, err))
		}
		tuned.files[t.path] = entries
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

// readTimings returns the timings on disk; none if there is no file, or with an error a broken one.
func readTimings(path string) (map[string]timing, error) {
	entries := map[string]timing{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return entries, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &entries)
	}
	if err == nil {
		err = checkTimings(entries)
	}
	if err != nil {
		return map[string]timing{}, err
	}
	return entries, nil
}

func checkTimings(entries map[string]timing) error {
	if entries == nil {
		return errors.New("holds null; want an object")
	}
	for key, e := range entries {
		if e.Choice != direct && e.Choice != winograd && e.Choice != byTaps && e.Choice != mixedly {
			return fmt.Errorf("entry %q chooses %q; want %s, %s, %s or %s", key, e.Choice, direct, winograd, byTaps, mixedly)
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
	entries, _ := readTimings(t.path) // another process may have added to it
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
	e, ok := t.known(key)
	if ok && (e.Taps > 0 || !g.sparse()) { // a file from before taps may have an entry without it
		return e.alg(), nil
	}
	e, err := t.measure(direction, g)
	if err == nil {
		t.learn(key, e)
	}
	return e.alg(), err
}

// known returns what was measured before.
func (t *tuner) known(key string) (timing, bool) {
	e, ok := t.given[key]
	if !ok {
		e, ok = tuned.files[t.path][key]
	}
	if ok {
		t.used[key] = e
	}
	return e, ok
}

// learn notes what was measured now.
func (t *tuner) learn(key string, e timing) {
	tuned.files[t.path][key], t.used[key] = e, e
	t.fresh++
}

// take has the timings of another model known.
func (t *tuner) take(timings []byte) error {
	if timings == nil {
		return nil
	}
	err := json.Unmarshal(timings, &t.given)
	if err == nil {
		err = checkTimings(t.given)
	}
	if err != nil {
		return fmt.Errorf("onednn: timings of another model: %w", err)
	}
	return nil
}

// rival is an algorithm that may be chosen over direct, and where its time goes.
type rival struct {
	alg    dnnl.Alg
	choice string
	ms     *float64
}

func (e *timing) rivals(g conv) []rival {
	all := []rival{{dnnl.Winograd, winograd, &e.Winograd}}
	if g.sparse() {
		all = append(all, rival{taps, byTaps, &e.Taps})
	}
	return all
}

// measure times direct and each rival, in turn with the best so far. Where the library has no
// Winograd, that is none.
func (t *tuner) measure(direction string, g conv) (timing, error) {
	e := timing{Choice: direct}
	fail := func(err error) (timing, error) {
		return timing{}, fmt.Errorf("onednn: timing the convolution %v %s: %w", g, direction, err)
	}
	best, err := t.candidate(direction, g, dnnl.Direct)
	if err != nil {
		return fail(err)
	}
	defer best.close()
	least := &e.Direct
	for _, r := range e.rivals(g) {
		c, err := t.candidate(direction, g, r.alg)
		if err != nil {
			continue
		}
		defer c.close()
		if *least, *r.ms, err = t.race(best, c); err != nil {
			return fail(err)
		}
		if *r.ms < margin**least {
			best, least, e.Choice = c, r.ms, r.choice
		}
	}
	return e, nil
}

// race is two candidates run in turn: the least milliseconds of each so far.
type race struct {
	a, b   float64
	rounds int
}

// race returns the least milliseconds of each.
func (t *tuner) race(a, b trial) (float64, float64, error) {
	r := race{a: math.Inf(1), b: math.Inf(1)}
	for start := time.Now(); !r.settled(time.Since(start)); r.rounds++ {
		first, err1 := a.time(t.stream)
		second, err2 := b.time(t.stream)
		if err := errors.Join(err1, err2); err != nil {
			return 0, 0, err
		}
		if r.rounds > 0 { // the first run touches the memory
			r.a, r.b = min(r.a, first), min(r.b, second)
		}
	}
	return rounded(r.a), rounded(r.b), nil
}

// settled reports whether the runs so far, which took the given time, are enough: at least three;
// more while they are short, or the two are near each other.
func (r race) settled(spent time.Duration) bool {
	near := r.b > 0.6*r.a && r.b < 1.3*r.a
	switch {
	case r.rounds < 3:
		return false
	case near:
		return r.rounds >= 15 || spent > 300*time.Millisecond && r.rounds >= 5
	}
	return r.rounds >= 10 || spent > 20*time.Millisecond
}

// rounded keeps four digits, enough for people.
func rounded(ms float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(ms, 'g', 4, 64), 64)
	return v
}

// ordinary is a byte of which numbers of both types have ordinary values, about 0.01.
const ordinary = 0x3c

// trial is one candidate, ready to run.
type trial struct {
	program *program
	arena   *region
}

// weightsByTap reports whether a candidate finds the weights by tap: forward, and all in bfloat16,
// have them as they want, backward as forward chose.
func (t *tuner) weightsByTap(direction string, g conv, alg dnnl.Alg) bool {
	if direction == forward || direction == inference || g.bf16 {
		return alg == taps
	}
	e, _ := t.known(forward + " " + g.String())
	return e.alg() == taps
}

// candidate builds the program of one convolution.
func (t *tuner) candidate(direction string, g conv, alg dnnl.Alg) (trial, error) {
	return t.trial(func(c trial) error { return c.build(direction, g, alg, t.weightsByTap(direction, g, alg)) })
}

// trial makes a program ready to run. Its memory is written to, since reading pages that never were
// is faster than reading memory.
func (t *tuner) trial(build func(trial) error) (trial, error) {
	arena := new(region)
	c := trial{newProgram(t.engine, arena), arena}
	err := build(c)
	if err == nil {
		*arena, err = allocate(c.program.size, "timing a convolution")
	}
	for i := range *arena {
		(*arena)[i] = ordinary
	}
	if err == nil {
		err = c.program.bind()
	}
	if err != nil {
		err = errors.Join(err, c.close())
	}
	return c, err
}

// build adds the convolution between tensors in the layouts of the direct forward pass, which the
// rest of a network takes: a candidate that wants others pays for the reorders.
// The weights lie by tap or as that pass has them.
func (c trial) build(direction string, g conv, alg dnnl.Alg, byTap bool) error {
	p := c.program
	base, err := g.forward(p.engine, dnnl.Training, dnnl.Direct, false)
	if err != nil {
		return err
	}
	p.hint(base)
	x, y := p.tensor(base.Src()), p.tensor(base.Dst())
	lies, err := g.slab(p.engine, base)
	if byTap {
		lies, err = g.byTap()
	}
	if err != nil {
		return err
	}
	w := p.tensor(lies)
	switch {
	case alg == taps:
		err = c.taps(direction, g, x, y, w)
	case direction == backwardData:
		err = c.data(g, alg, base, y, w)
	case direction == backwardWeights:
		err = c.weights(g, alg, base, x, y, w)
	case direction == inference:
		err = c.forward(g, dnnl.Inference, alg, x, nil)
	default:
		err = c.forward(g, dnnl.Training, alg, x, w)
	}
	if err != nil {
		return err
	}
	p.touch(x, y, w)
	return p.complete()
}

// taps adds the convolution by taps.
func (c trial) taps(direction string, g conv, x, y, w *tensor) error {
	k := tapping{c.program, g, direction}
	args, err := c.bias(g, dnnl.Bias, []arg{{}})
	if err != nil {
		return err
	}
	bias := args[len(args)-1].t // nil without
	switch direction {
	case backwardData:
		dx, err := k.data(y, w)
		if err == nil {
			_, err = c.program.as(dx, x.md, "input gradient")
		}
		return err
	case backwardWeights:
		md, err := g.byTap()
		if err != nil {
			return err
		}
		dw := c.program.tensor(md)
		if err := k.weights(x, y, dw, bias); err != nil {
			return err
		}
		_, err = c.program.as(dw, w.md, "weight gradient")
		return err
	}
	_, _, err = k.forward(x, w, bias, y.md, false)
	return err
}

// forward adds the forward pass; without w the weights lie as the candidate wants them.
func (c trial) forward(g conv, prop dnnl.Prop, alg dnnl.Alg, x, w *tensor) error {
	p := c.program
	pd, err := g.forward(p.engine, prop, alg, false)
	if err != nil {
		return err
	}
	if w == nil {
		w = p.tensor(pd.Weights())
	}
	xs, err1 := p.as(x, pd.Src(), "input")
	ws, err2 := p.as(w, pd.Weights(), "weights")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	args := []arg{{dnnl.Src, xs}, {dnnl.Weights, ws}, {dnnl.Dst, p.tensor(pd.Dst())}}
	if args, err = c.bias(g, dnnl.Bias, args); err != nil {
		return err
	}
	return p.add(forward, pd, args...)
}

func (c trial) data(g conv, alg dnnl.Alg, hint dnnl.PrimitiveDesc, y, w *tensor) error {
	p := c.program
	pd, err := g.backwardData(p.engine, alg, hint)
	if err != nil {
		return err
	}
	ys, err1 := p.as(y, pd.DiffDst(), "gradient")
	ws, err2 := p.as(w, pd.Weights(), "weights")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return p.add(backwardData, pd, arg{dnnl.DiffDst, ys}, arg{dnnl.Weights, ws}, arg{dnnl.DiffSrc, p.tensor(pd.DiffSrc())})
}

func (c trial) weights(g conv, alg dnnl.Alg, hint dnnl.PrimitiveDesc, x, y, w *tensor) error {
	p := c.program
	pd, err := g.backwardWeights(p.engine, alg, hint)
	if err != nil {
		return err
	}
	xs, err1 := p.as(x, pd.Src(), "input")
	ys, err2 := p.as(y, pd.DiffDst(), "gradient")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	dw := p.tensor(pd.DiffWeights())
	args := []arg{{dnnl.Src, xs}, {dnnl.DiffDst, ys}, {dnnl.DiffWeights, dw}}
	if args, err = c.bias(g, dnnl.DiffBias, args); err != nil {
		return err
	}
	if err := p.add(backwardWeights, pd, args...); err != nil {
		return err
	}
	_, err = p.as(dw, w.md, "weight gradient")
	return err
}

// bias appends a bias, or its gradient, if the convolution has one.
func (c trial) bias(g conv, index int32, args []arg) ([]arg, error) {
	if !g.bias {
		return args, nil
	}
	md, err := dnnl.NewDesc(g.out[:1], dnnl.A)
	return append(args, arg{index, c.program.tensor(md)}), err
}

// time runs the program once and returns the milliseconds.
func (c trial) time(s dnnl.Stream) (float64, error) {
	start := time.Now()
	err := c.program.run(s, nil)
	return float64(time.Since(start).Nanoseconds()) / 1e6, err
}

func (c trial) close() error { return errors.Join(c.program.close(), c.arena.free()) }
