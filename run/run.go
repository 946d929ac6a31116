// Package run is the life of a run in its directory: trained, stopped, resumed, and what it leaves for later.
//
//  1. package task makes its settings concrete; LoadBase reads the network that it goes on with, if it extends a run;
//  2. Train opens the engine, compiles the model and claims the directory: log, config.yaml, thumbnails, lock;
//  3. package train trains, and the events go to the log, to the program around (Options) and to other tools (outlets.go);
//     ahead of each checkpoint the pictures that were read are listed (ledger.go);
//  4. at the end stands the page, the checkpoints go, and the Result comes back;
//  5. Resume holds data, settings and engine to those of the newest checkpoint, and goes on with 3;
//  6. LoadSaved reads the weights of a stage, and Saved.Probe asks them: of Saved.Training, of Saved.Pictures, or of other samples.
//
// It needs no terminal: Options has what it takes of the program that it is part of.
package run

import (
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/train"
)

// Options are what a run needs of the program that it is part of. Engine must be there; the other functions and the sink
// may be nil.
type Options struct {
	Engine Opener
	Say    func(line string) // takes what whoever started the run should see, a line a call
	Sink   record.Sink       // gets the events of training, beside the log; its error ends the run

	Begun   func(engine string, p plan.Plan)             // is called when the engine is open, of which engine is the Line
	Resumed func(at checkpoint.Position, checkpoint int) // before a run goes on from the checkpoint of that number
	Step    func(train.Progress)                         // after every step
	// Forwarded is train.Job's.
	Forwarded func(of string, done, all int)

	// Steps or Every, where they are not 0, are what lies between checkpoints beside those at the ends of epochs and
	// stages.
	Steps   int
	Every   time.Duration
	Outlets OutletOptions
	// Machine and Revision, of the program, are for the log's first event.
	Machine  record.Machine
	Revision string
}

// filled are options in which what may be nil is there, and does nothing.
func (o Options) filled() Options {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Sink == nil {
		o.Sink = record.Tee()
	}
	if o.Begun == nil {
		o.Begun = func(string, plan.Plan) {}
	}
	if o.Resumed == nil {
		o.Resumed = func(checkpoint.Position, int) {}
	}
	return o
}
