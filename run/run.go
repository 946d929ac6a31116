// Package run is the life of a run in its directory: trained, stopped, resumed, and what it leaves for later.
//
//  1. package task makes its settings concrete; LoadBase reads the network that it goes on with, if it extends a run;
//  2. Train opens the engine, compiles the model and claims the directory: log, config.yaml, thumbnails, lock;
//  3. package train trains, and the events go to the log, to the program around (Options) and to other tools (outlets.go);
//     ahead of each checkpoint the pictures that were read are listed (ledger.go);
//  4. at the end stands the page, the checkpoints go, and the Result comes back;
//  5. Resume holds data, settings and engine to those of the newest checkpoint, and goes on with 3;
//  6. LoadSaved reads the weights of a stage, and Saved.Probe asks them.
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

// Options are what a run needs of the program that it is part of. Say, Engine, Sink, Begun and Resumed must be there.
type Options struct {
	Say    func(line string) // takes what whoever started the run should see
	Engine Opener
	Sink   record.Sink // gets the events of training, beside the log
	// Begun is called when the engine is open, of which engine is the line, Resumed before a run goes on from a
	// checkpoint, Step after every step.
	Begun   func(engine string, p plan.Plan)
	Resumed func(at checkpoint.Position, number int)
	Step    func(train.Progress)
	// Steps or Every, where they are not 0, are what lies between checkpoints beside those at the ends of epochs and
	// stages.
	Steps   int
	Every   time.Duration
	Outlets OutletOptions
	// Machine and Revision, of the program, are for the log's first event.
	Machine  record.Machine
	Revision string
}
