// Package xla computes networks on a GPU, or whatever else an XLA plugin drives: it writes a whole
// training step as one StableHLO program, which the plugin compiles for the device.
//
//  1. Open loads the plugin (internal/pjrt) and takes its first device;
//  2. Compile makes a model; a program is written and compiled when a batch of a new size comes,
//     once for each size (and once more with targets): forward pass, loss with weights and mask,
//     backward pass, update. Where steps are large, the fastest algorithms that repeat their bits are
//     found, once on a machine (tuning);
//  3. Load copies a state to the device, where it stays: a step's inputs give their memory to the
//     next state;
//  4. Enqueue copies the batch to pinned memory and from there to the device, and starts the program of
//     the step before; the last one's is started when it is waited for, with its result. Step does both;
//  5. EnqueueLogits does so with the evaluation program, the only one of a model that is for evaluation alone; Save copies
//     the state back.
//
// The learning rate, the mask and the dropout seed are inputs, so nothing is compiled anew for a
// stage. Layouts, fusion and memory are the compiler's.
package xla

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/pjrt"
	"github.com/local-to-global/lgl/internal/steadyfile"
	"github.com/local-to-global/lgl/nn"
)

// PathVariable is the environment variable that names the plugin's file, instead of the search.
const PathVariable = "LGL_XLA_PLUGIN"

// OptionsVariable is the environment variable with options of XLA's compiler, "name=value,...".
const OptionsVariable = "LGL_XLA_OPTIONS"

// WaitVariable is the environment variable that says how long the device may take for one thing, "30m", before it is
// taken for dead; else wait.
const WaitVariable = "LGL_XLA_WAIT"

// wait is far longer than the step of any network takes. Compilations may take six times as long.
const wait = 5 * time.Minute

// waitLonger is the way out where a device did not answer.
const waitLonger = "if it was only slow, " + WaitVariable + "=1h waits longer"

// Precisions are the numbers that a model can compute with: f32; tf32, float32 whose products round
// their factors to 10 bits; bf16, activations, their gradients and products in bfloat16, and so what is added to an
// activation (a bias, a shortcut) or to its gradient (of several readers, of windows of a max pool that overlap); a gradient
// of weights is rounded to it as it leaves its product. Weights, momentum, statistics and loss are float32 in each, and so are
// the sums within products and means.
func Precisions() []string { return []string{"f32", "tf32", "bf16"} }

// Options choose plugin and precision.
type Options struct {
	Plugin    string // path; "": PathVariable, or where Python packages bring one
	Precision string // of Precisions; "": f32
}

// Info says what was opened.
type Info struct {
	Plugin  string // path
	API     string // version of PJRT: "0.83"
	SHA256  string // of the plugin's file, in hexadecimal: what computes has no other name that tells versions apart
	Device  string // "NVIDIA H100 80GB HBM3"
	Library string // "cuda 13000", and the compiler options that OptionsVariable sets
	Memory  int64  // bytes that the process may take; 0: not known
}

// Engine is an opened device.
type Engine struct {
	device    device
	info      Info
	precision string
	tuning    *tuning // nil: there is none
}

// Open opens the plugin and its first device. The error says what was tried and the way out.
func Open(o Options) (*Engine, error) {
	if o.Precision == "" {
		o.Precision = "f32"
	}
	if !slices.Contains(Precisions(), o.Precision) {
		return nil, fmt.Errorf("xla: precision %q; want one of %s", o.Precision, strings.Join(Precisions(), ", "))
	}
	options, err := compilerOptions(os.Getenv(OptionsVariable))
	if err != nil {
		return nil, err
	}
	patience, err := patience(os.Getenv(WaitVariable))
	if err != nil {
		return nil, err
	}
	path, err := find(o.Plugin)
	if err != nil {
		return nil, err
	}
	if err := environment(); err != nil {
		return nil, err
	}
	p, err := pjrt.Open(path, patience)
	if err != nil {
		return nil, err
	}
	sum, err := steadyfile.SHA256(p.Path())
	if err != nil {
		return nil, err
	}
	// Without preallocation, so that others can use the device too: else XLA takes three quarters of its memory at once.
	c, err := p.NewClient(pjrt.Option{Name: "preallocate", Value: false})
	if err != nil {
		return nil, fmt.Errorf("PJRT plugin %s: no device: %w", path, wayIn(err))
	}
	e := &Engine{device: plugin{c, options}, precision: o.Precision}
	if !slices.ContainsFunc(options, func(o pjrt.Option) bool { return o.Name == excludeOption }) {
		e.tuning = newTuning(sum, c.DeviceKind(), os.Getenv(OptionsVariable))
	}
	major, minor := p.Version()
	_, limit, _ := c.Memory() // where it is not known it stays 0
	library := strings.ReplaceAll(c.PlatformVersion(), "\n", "; ")
	if text := os.Getenv(OptionsVariable); text != "" {
		library += ", " + text
	}
	e.info = Info{path, fmt.Sprintf("%d.%d", major, minor), sum, c.DeviceKind(), library, limit}
	return e, nil
}

// logVariable says from which level on XLA's messages go to stderr: 0 all, 1 warnings, 2 errors.
const logVariable = "TF_CPP_MIN_LOG_LEVEL"

// environment sets what the plugin reads only there, where the user has not: lgl says what its messages and warnings do.
func environment() error {
	for name, value := range map[string]string{logVariable: "2", deterministicVariable: "1"} {
		if _, set := os.LookupEnv(name); !set {
			if err := os.Setenv(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// wayIn adds the way out to the error of a device that could not be had.
func wayIn(err error) error {
	switch {
	case OutOfMemory(err):
		return fmt.Errorf("%w; another process must hold its memory (nvidia-smi names it): go on when it is gone, or choose another GPU with CUDA_VISIBLE_DEVICES", err)
	case errors.Is(err, pjrt.ErrSilent):
		return fmt.Errorf("%w; see whether nvidia-smi does; %s", err, waitLonger)
	}
	return err
}

// patience reads WaitVariable.
func patience(text string) (time.Duration, error) {
	if text == "" {
		return wait, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s: %q; want how long the device may take for one thing, such as 90s or 30m", WaitVariable, text)
	}
	return d, nil
}

// find returns the plugin's path.
func find(asked string) (string, error) {
	if asked == "" {
		asked = os.Getenv(PathVariable)
	}
	if asked != "" {
		return asked, nil
	}
	if found := pjrt.Find(); len(found) > 0 {
		return found[0], nil
	}
	return "", fmt.Errorf("no XLA plugin found; install one (pip install \"jax[cuda13]\" brings it) or name its file with --xla-plugin or %s", PathVariable)
}

// compilerOptions reads "name=value,...": true, false, whole numbers, other numbers, words.
func compilerOptions(text string) (options []pjrt.Option, err error) {
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("%s: %q: want name=value", OptionsVariable, part)
		}
		o := pjrt.Option{Name: name, Value: value}
		if value == "true" || value == "false" {
			o.Value = value == "true"
		} else if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			o.Value = n
		} else if f, err := strconv.ParseFloat(value, 32); err == nil {
			o.Value = float32(f)
		}
		options = append(options, o)
	}
	return options, nil
}

// Info says what was opened.
func (e *Engine) Info() Info { return e.info }

// Name returns "xla".
func (e *Engine) Name() string { return "xla" }

// Close frees the device. Models must be closed before.
func (e *Engine) Close() error { return e.device.Close() }

// Compile makes a model. Programs are compiled when they are needed.
func (e *Engine) Compile(net nn.Net, batch int, o engine.Options) (engine.Model, error) {
	if err := engine.CheckCompile(net, batch, o); err != nil {
		return nil, fmt.Errorf("xla: %w", err)
	}
	return newModel(e, net, batch, o)
}

// compile compiles a program that was written, or could not be. way is the way out of too little memory.
func (e *Engine) compile(text, way string, err error) (program, error) {
	if err != nil {
		return nil, err
	}
	p, err := e.device.Compile(text, untuned)
	return p, e.explain(err, way)
}

// OutOfMemory reports whether err says that the device's memory was too small.
func OutOfMemory(err error) bool { return exhausted(err) != nil }

// exhausted is what a device said that has too little memory, nil if err is something else.
func exhausted(err error) *pjrt.Error {
	var device *pjrt.Error
	if !errors.As(err, &device) || device.Code != pjrt.ResourceExhausted {
		return nil
	}
	return device
}

// explain adds what is free and a way out of too little memory to an error of the device.
func (e *Engine) explain(err error, way string) error {
	var device *pjrt.Error
	switch {
	case errors.Is(err, pjrt.ErrSilent):
		return fmt.Errorf("xla: %w; %s", err, waitLonger)
	case errors.Is(err, syscall.ENOMEM):
		return fmt.Errorf("%w; %s", err, way)
	case !errors.As(err, &device):
		return err
	case device.Code != pjrt.ResourceExhausted:
		return fmt.Errorf("xla: the device says %v: %w", device.Code, err)
	}
	used, limit, _ := e.device.Memory() // 0 where it is not known
	if n := asked(device.Message); n > 0 && used+n <= limit {
		way = "other processes must hold the rest: go on when they are gone, or " + way
	}
	if limit > 0 {
		err = fmt.Errorf("%w (in use by this process: %d of %d MB)", err, used>>20, limit>>20)
	}
	return fmt.Errorf("xla: out of device memory: %w; %s", err, way)
}
