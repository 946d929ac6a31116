// Package engine is the seam between training and the code that computes: one whole training
// step at a time, so that an engine can plan its memory, fuse, or compile as it likes.
//
//  1. cmd/lgl opens an Engine (engine/reference, engine/onednn, engine/xla);
//  2. Engine.Compile makes a Model for a network and a largest batch size;
//  3. Model.Load takes weights, running statistics and momentum buffers;
//  4. Model.Step trains on one batch; Model.Logits evaluates one;
//  5. Model.Save gives the state back.
//
// Only logits and per-sample losses come out, so loss, accuracy and entropy are computed once,
// in package metric.
package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/nn"
)

// Engine compiles networks for one kind of hardware or library.
type Engine interface {
	// Name is the engine's name in flags and records: "reference", "onednn", "xla".
	Name() string
	// Compile makes a model that takes batches of up to batch samples.
	Compile(net nn.Net, batch int, o Options) (Model, error)
	// Close frees what the engine holds. Models must be closed before it.
	Close() error
}

// Options are the choices of a Compile. The zero value is ready to use. Its functions, and that of a Watcher, must not call
// the engine or its models, whose one thread may be the one that they run on.
type Options struct {
	// Threads is the number of CPU threads a step uses; 0 means the cores that the process may use.
	Threads int
	// Evaluation says that the model will be asked for logits alone, so that it takes neither the time nor the memory of
	// training: its Step is an error, and its Save has no momentum.
	Evaluation bool
	// Reduce, if not nil, is called by every Step between backward and update with all gradients
	// in one slice, in the order of Net.Params (trainable ones), and may change them: the place
	// where data-parallel training averages over processes. An error ends the Step without an
	// update.
	Reduce func(grad []float32) error
	// Timings, if not nil, is what Timings of another Model of this network returned: its algorithms
	// are taken, so that the bits are the same.
	Timings []byte
	// Log, if not nil, receives one line at a time about what Compile does that takes long.
	Log func(line string)
	// Stop, if not nil, may be asked now and then by what takes long: Compile, or a Step or Logits that needs a program
	// which was not made before. Its error ends the call, which then changed nothing, and is the call's error.
	Stop func() error
}

// Model is a compiled network with its weights. Its methods must not run at once.
type Model interface {
	// Load replaces weights and running statistics, which must fit the network (nn.Net.Check).
	// Momentum buffers that s does not have start at zero.
	Load(s nn.State) error
	// Save returns a copy of weights, running statistics and momentum buffers.
	Save() (nn.State, error)
	// Step does one step of SGD on the mean over the batch of Weight x cross-entropy, over the
	// active classes: -log p_y, or, with Targets t, -sum_k t_k log p_k (PyTorch's CrossEntropyLoss
	// with class probabilities), where a target of 0 adds 0 whatever p is. Any batch of 1..batch
	// samples is taken as it is (never padded: padding would move batch-norm statistics). If a loss
	// is not finite it returns a *NotFiniteError and changes nothing: no weight, no momentum, no
	// running statistic.
	Step(b data.Batch, h Hyper) (StepStats, error)
	// Logits writes the head's outputs [N K] for the batch in evaluation mode: running
	// statistics, no dropout, no mask. It uses X only.
	Logits(b data.Batch, dst []float32) error
	// Close frees what the model holds, which then takes no other call but Close.
	Close() error
}

// Timed is a Model whose algorithms were chosen by timing.
type Timed interface {
	// Timings returns what they were chosen by so far, as JSON, for Options.Timings.
	Timings() []byte
}

// Hyper are the inputs of a Step that are not data. The update is that of torch.optim.SGD with
// dampening 0: g += WeightDecay w; v = Momentum v + g; w -= LR v, for every trainable parameter.
type Hyper struct {
	LR, Momentum, WeightDecay float32
	// Active marks the classes over which the softmax runs, [K]; the others get no probability
	// and no gradient. nil: all. A label that is not active is an error, and so is a target.
	Active []bool
	// Seed makes this step's dropout masks: engines that share a mask generator agree on them.
	Seed uint64
}

// StepStats is what a Step reports.
type StepStats struct {
	Losses []float32 // [N] cross-entropy of each sample, by its targets if it has any, unweighted; valid until the next call
}

// NotFiniteError reports a number of a run that is NaN or infinite. If it is a Step's, a loss or
// gradient, nothing was updated.
type NotFiniteError struct {
	What  string // "loss", "gradient", "tensor fc.weight"
	Index int    // position in the batch of the first such sample; -1 if not of one sample
	Value float32
}

func (e *NotFiniteError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("%s is %v", e.What, e.Value)
	}
	return fmt.Sprintf("%s of sample %d of the batch is %v", e.What, e.Index, e.Value)
}

// SaveFinite returns what m.Save does. A value that is not finite is an error that is a
// *NotFiniteError: a step of finite gradients can give such weights.
func SaveFinite(m Model) (nn.State, error) {
	s, err := m.Save()
	if err != nil {
		return nil, err
	}
	bad := s.NotFinite()
	if bad == "" {
		return s, nil
	}
	i := slices.IndexFunc(s[bad].Data, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
	return nil, fmt.Errorf("%w; use a smaller --lr", &NotFiniteError{What: "tensor " + bad, Index: -1, Value: s[bad].Data[i]})
}
