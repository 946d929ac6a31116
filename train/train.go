// Package train runs a training run: it asks a curriculum what to train on, has an engine do it,
// and tells what happens as events.
//
//  1. the caller gives a Job: the plan and the curriculum that package plan made of a
//     configuration, data, a compiled model, a sink of events; Run checks that they fit and draws
//     the initial weights;
//  2. it asks the curriculum for a stage, with a probe of package evaluate at hand, changes the
//     weights as the stage says (Warm, fresh head rows), and starts the learning rate and momentum
//     again where it says so;
//  3. it trains epochs, each in an order of its own, until the stage's stop rule, and after each
//     evaluates the test set and the entropy of the active data, and, in a self-paced stage, asks
//     for the samples of the next;
//  4. at the end of a stage it sees that every parameter moved, saves the weights, last or best,
//     and goes back to 2;
//  5. between steps it makes checkpoints (Checkpoints), and begins from one if the job has it (Resume):
//     within an epoch, between epochs or between stages, in any case to the same end.
//
// All that is drawn at random comes from streams named by stage and epoch.
package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/compat"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/mix"
	"github.com/local-to-global/lgl/distill"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
)

// ErrInterrupted is the error of a run whose context was cancelled.
var ErrInterrupted = errors.New("interrupted")

// Job is all that a run needs.
type Job struct {
	// Config gives Batch; LR, LRStep and LRDecay (where that is 0, Epochs, over which it decays);
	// Momentum, WeightDecay, Mixup, LabelSmoothing and Balance; OnNaN, of which stop and skip are done here and
	// rollback is the caller's; Carry, Init (a scheme), EntropySamples and the seeds; and whether it is
	// a replay (Method and Compat). All else has become the fields below.
	Config     config.Config
	Plan       plan.Plan             // for the predicted samples and the number of stages
	Curriculum curriculum.Curriculum // asked for one stage after the other
	Net        nn.Net
	Initial    nn.State     // weights to begin with (Net.Adopt); nil: they are drawn
	Model      engine.Model // compiled for Net and batches of Config.Batch; Run loads it
	Train      data.Source  // without what is held out
	Validation data.Source  // held out of the training data; nil for none
	Test       data.Source
	Augment    data.Transform                 // of training samples; nil: none
	Plain      data.Transform                 // of samples to evaluate; nil: none
	Workers    int                            // goroutines that prepare batches; 0: one per core
	Teacher    *distill.Teacher               // for distill: the network of the stage before; else nil
	Frozen     *compat.FrozenHead             // whose Reduce Model was compiled with, for compat: authors; else nil
	Dir        string                         // run directory, which exists; gets weights/stage-K.safetensors
	Meta       checkpoint.Meta                // of the weights files; Run sets Trained and Stage
	Sink       record.Sink                    // receives every event after RunStarted, which the caller emits
	Step       func(Progress)                 // called after every step, must be quick; may be nil
	Forwarded  func(of string, done, all int) // like Step, for passes without training, of "training", "validation" or "test" samples
	// Checkpoints says where a run keeps what it can go on from; nil: nowhere.
	Checkpoints *Checkpoints
	// Resume is the checkpoint to go on from; nil: the run begins.
	Resume *checkpoint.Snapshot
	// LRScale multiplies every learning rate after Resume; 0: as the checkpoint says.
	LRScale float64
}

// Progress is where a run is within an epoch.
type Progress struct {
	Stage, Stages   int     // from 1; Stages is the plan's
	Epoch, Epochs   int     // from 1, of this stage; Epochs is 0 where it is not known
	Done, Total     int     // samples of this epoch
	Loss            float64 // mean over the epoch so far
	ImagesPerSecond float64 // over the epoch so far
}

// trainer is a run while it runs.
type trainer struct {
	Job
	labels                  []int
	weights                 mix.ClassWeights // of the loss; nil: none
	loader                  *data.Loader
	probe, test, validation *evaluate.Probe
	seedInit, seedOrder     uint64
	entropyOrder            []int // training samples in the order in which entropies take them
	begun                   time.Time
	done                    []curriculum.Stage
	epoch                   int     // begun since the run began
	sinceRestart            float64 // epochs done since the learning rate began; the last of a stage may be part of one
	moved                   bool    // every parameter was seen to move
	result                  record.RunEnded
	sinkErr                 error

	stageCount    int     // stages begun
	selectSeconds float64 // that the last choice of a stage or its samples took

	kept struct { // the last checkpoint
		steps int // since then
		at    time.Time
		took  time.Duration
	}
	lrScale float64 // of every learning rate
}

// Run trains. It emits the events from StageStarted to RunEnded and returns the latter. When ctx
// is cancelled it stops after the step in hand, saves the weights and returns an error that is
// ErrInterrupted. On any other error after the first step, too, the weights as they are then are
// saved as those of the stage.
func Run(ctx context.Context, j Job) (record.RunEnded, error) {
	t := &trainer{Job: j, begun: time.Now(), lrScale: 1}
	t.kept.at = t.begun
	err := t.prepare()
	if err == nil {
		err = t.stages(ctx)
	}
	return t.end(ctx, err)
}

// stages trains one stage after the other until the curriculum has no more, from the stage of the
// checkpoint on.
func (t *trainer) stages(ctx context.Context) error {
	if err := t.resume(ctx); err != nil {
		return err
	}
	for {
		s, err := t.next(ctx, t.done)
		if errors.Is(err, io.EOF) {
			return nil
		}
		t.stageCount++
		if err != nil {
			return fmt.Errorf("choosing stage %d: %w", t.stageCount, err)
		}
		if err := t.stage(ctx, s); err != nil {
			return fmt.Errorf("stage %d: %w", t.stageCount, err)
		}
	}
}

// end closes the run with its last event.
func (t *trainer) end(ctx context.Context, err error) (record.RunEnded, error) {
	if interrupted(ctx, err) {
		err = fmt.Errorf("%w: %w", ErrInterrupted, err)
	}
	t.result.Status = "done"
	if err != nil {
		t.result.Status, t.result.Reason = "failed", err.Error()
	}
	if errors.Is(err, ErrInterrupted) {
		t.result.Status, t.result.Reason = "interrupted", strings.TrimSuffix(err.Error(), ": "+context.Canceled.Error())
	}
	if t.probe != nil {
		t.result.SamplesProbed = t.probe.Forwarded
	}
	t.result.FLOPsTrained, t.result.FLOPsForwarded = record.FLOPs(t.Net.MACs(), t.result.SamplesSeen, t.result.SamplesProbed)
	t.result.Seconds = time.Since(t.begun).Seconds()
	if emitErr := t.emit(t.result); err == nil && emitErr != nil {
		t.result.Status, t.result.Reason = "failed", emitErr.Error()
		err = emitErr
	}
	return t.result, err
}

// emit passes an event on. After an error it passes on no more: a gap would mislead.
func (t *trainer) emit(e record.Event) error {
	if t.sinkErr != nil {
		return t.sinkErr
	}
	if err := t.Sink.Emit(e); err != nil {
		t.sinkErr = fmt.Errorf("writing events: %w", err)
	}
	return t.sinkErr
}

// interrupted reports whether err comes from ctx.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}

// The reasons for which a stage ends with the run; those of a stop rule are curriculum's.
const (
	stopInterrupted curriculum.StopReason = "interrupted"
	stopNotFinite   curriculum.StopReason = "not-finite" // a loss or gradient was NaN or infinite
	stopError       curriculum.StopReason = "error"
)

// reasonOf returns the reason that an error stands for.
func reasonOf(ctx context.Context, err error) curriculum.StopReason {
	switch {
	case interrupted(ctx, err):
		return stopInterrupted
	case errors.As(err, new(*engine.NotFiniteError)):
		return stopNotFinite
	}
	return stopError
}
