// Package onednn is the fast CPU engine: it runs a network's training step as a list of oneDNN
// primitives. The library (libdnnl 2.x) is found at run time; without it Open says why.
//
//  1. Open loads the library and starts the engine's goroutine, on an OS thread of its own, where
//     every primitive is made and executed;
//  2. Compile refuses what memory cannot hold, lowers the network to nodes (layers that are
//     computed together), and builds the program of a training step: forward, loss, and backward
//     by the tape that forward left. Tensors take the layouts that the convolutions ask for and
//     keep them from layer to layer;
//  3. as it builds, the tuner chooses direct, Winograd or (over small maps) taps for each
//     convolution and direction, by timing all once and keeping the result in a file; with bf16, a
//     mixer chooses before by such times which activations, and products of convolutions, are
//     bfloat16;
//  4. the parameters get places in a store: three slabs (weights, gradients, momentum) of equal
//     layout, the one that this first program asked for. A model for evaluation alone has no training
//     program, and of the slabs the weights. All other tensors get places in an arena,
//     which those not needed at once share, and so do all programs of a model;
//  5. Load and Save convert between the store and nn.State;
//  6. Step copies the batch in, runs the program, checks loss and gradients, lets Options.Reduce
//     see them, updates the weights over whole slabs, and moves the running statistics;
//  7. Logits runs a second program, whose weights are copies with batch norm folded in, made anew
//     when a Step or Load has changed them.
//
// A short batch gets a program of its own, made when first needed, over the same store.
package onednn

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/nn"
)

// Engine is the oneDNN engine. Its methods, and those of a model, may be called from any goroutine,
// but not at once; those of different models wait for each other.
type Engine struct {
	info   dnnl.Info
	bf16   bool
	forced *[ways]float64 // for tests: the times by which a mixture is chosen
	jobs   chan func()
	engine dnnl.Engine
	stream dnnl.Stream
}

var _ engine.Engine = (*Engine)(nil)

// Info says what Probe found.
type Info struct {
	Found   bool
	Why     string // why not, if not found
	Path    string // of the library
	Version string
	ISA     string // the instruction set in use, in words
	Threads int    // threads of a step by default
}

// Probe looks for the library. It opens nothing but the library.
func Probe() Info {
	info, err := dnnl.Load()
	if err != nil {
		return Info{Why: err.Error(), Threads: platform.Cores()}
	}
	return Info{Found: true, Path: info.Path, Version: info.Version.String(), ISA: info.ISA, Threads: platform.Cores()}
}

// Options choose the numbers that models compute with.
type Options struct {
	// BF16 allows activations and their gradients in bfloat16, wherever that is faster; weights,
	// momentum, statistics, sums and loss are float32.
	BF16 bool
}

// Open starts the engine. The error says why it is not to be had: library not found, a version
// that is not supported, a processor without bfloat16 if that is asked for.
func Open(o Options) (*Engine, error) {
	info, err := dnnl.Load()
	if err != nil {
		return nil, err
	}
	if o.BF16 && !info.BF16 {
		return nil, fmt.Errorf("bf16 needs a processor with AVX512_BF16; oneDNN %v uses %s here", info.Version, info.ISA)
	}
	e := &Engine{info: info, bf16: o.BF16, jobs: make(chan func())}
	go e.work()
	err = e.do(func() error {
		var err error
		if e.engine, err = dnnl.NewEngine(); err != nil {
			return fmt.Errorf("onednn: making the engine: %w", err)
		}
		if e.stream, err = e.engine.NewStream(); err != nil {
			return errors.Join(fmt.Errorf("onednn: making the stream: %w", err), e.engine.Close())
		}
		return nil
	})
	if err != nil {
		close(e.jobs)
		return nil, err
	}
	return e, nil
}

// work runs the jobs on one OS thread, which ends with it.
func (e *Engine) work() {
	runtime.LockOSThread()
	for job := range e.jobs {
		job()
	}
}

// What using an engine after its Close gives, whose thread has ended, or a model after its own, whose memory was freed.
var (
	errClosed      = errors.New("onednn: the engine is closed")
	errModelClosed = errors.New("onednn: the model is closed")
)

// do runs f on the engine's thread.
func (e *Engine) do(f func() error) error {
	if e.jobs == nil {
		return errClosed
	}
	done := make(chan error, 1)
	e.jobs <- func() { done <- f() }
	return <-done
}

// Name returns "onednn".
func (e *Engine) Name() string { return "onednn" }

// Compile makes a model. Convolutions that were never timed on this machine are timed first,
// which takes seconds for a large network and is done once.
func (e *Engine) Compile(net nn.Net, batch int, o engine.Options) (engine.Model, error) {
	if err := engine.CheckCompile(net, batch, o); err != nil {
		return nil, fmt.Errorf("onednn: %w", err)
	}
	if all := runtime.NumCPU(); o.Threads > all {
		return nil, fmt.Errorf("onednn: %d threads; want 1..%d, the cores that this process may run on, or 0 for those it should use", o.Threads, all)
	}
	o.Threads = cmp.Or(o.Threads, platform.Cores())
	if o.Log == nil {
		o.Log = func(string) {}
	}
	m := &model{engine: e, net: net, batch: batch, options: o}
	if err := checkMemory(net, batch, o.Evaluation); err != nil {
		return nil, m.explain(err)
	}
	if err := e.do(m.compile); err != nil {
		return nil, errors.Join(m.explain(err), m.Close())
	}
	return m, nil
}

// Close frees the engine, whose models must be closed before.
func (e *Engine) Close() error {
	if e.jobs == nil {
		return nil
	}
	err := e.do(func() error { return errors.Join(e.stream.Close(), e.engine.Close()) })
	close(e.jobs)
	e.jobs = nil
	return err
}
