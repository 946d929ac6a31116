// Package sink gives a run's log to other tools.
//
//  1. a Reader takes the events of a run in their order, and says what each means elsewhere: numbers
//     with names (Point), at the samples trained on by then, and a Note in words;
//  2. WriteCSV writes the epochs as a table, a line each;
//  3. package sink/tensorboard writes points and notes as TensorBoard's event files, package sink/mlflow
//     sends them to a tracking server of MLflow.
//
// All of it can be made of the log again at any time, while the run goes on or after it, so a sink has no
// state that a run could lose.
package sink

import (
	"fmt"

	"github.com/local-to-global/lgl/record"
)

// Point is a number of a run.
type Point struct {
	Name  string  // by the custom of the field: a measure and what it is of, "Accuracy/test"
	Step  int64   // samples trained on by then, so that methods lie beside each other at equal cost
	Value float64 // finite
}

// Note is something to be read, about the run at a Step.
type Note struct {
	About string // "stage 2", "warning 1"; no two notes of a run are about the same
	Step  int64
	Text  string
}

// Reader follows the events of one run. Its fields are what they said so far.
type Reader struct {
	Run  record.RunStarted
	Step int64 // samples trained on

	warnings int
}

// Take takes the next event of the run. Of most events there are no points, of most no note.
func (r *Reader) Take(e record.Event) (points []Point, note *Note) {
	switch e := e.(type) {
	case record.RunStarted:
		*r = Reader{Run: e}
	case record.StageStarted:
		return r.stageStarted(e)
	case record.EpochEnded:
		return r.epochEnded(e), nil
	case record.StageEnded:
		return nil, r.stageEnded(e)
	case record.Warning:
		r.warnings++
		return nil, &Note{fmt.Sprintf("warning %d", r.warnings), r.Step, e.Text}
	}
	return nil, nil
}

// stageStarted gives H(T|X) before the first step, and what the stage is.
func (r *Reader) stageStarted(e record.StageStarted) ([]Point, *Note) {
	p := points{step: r.Step}
	p.add("Training/stage", float64(e.Stage))
	p.add("Training/classes", float64(len(e.Classes)))
	p.known("Entropy/stage start", e.EntropyActive)
	return p.all, r.noteStarted(e)
}

// epochEnded gives what was measured after an epoch.
func (r *Reader) epochEnded(e record.EpochEnded) []Point {
	r.Step = e.SamplesSeen
	p := points{step: r.Step}
	p.add("Loss/train", e.TrainLoss)
	p.accuracy("test", e.Test)
	p.accuracy("validation", e.Validation)
	p.known("Entropy/active", e.EntropyActive)
	p.add("Training/lr", e.LR)
	p.add("Training/epoch", float64(e.Epoch))
	p.add("Training/samples probed", float64(e.SamplesProbed))
	p.add("Training/seconds", e.Seconds)
	p.known("Training/selected", e.Selected)
	p.known("Training/lambda", e.Lambda)
	p.known("Training/gamma", e.Gamma)
	return p.all
}

// points gathers the points of one step.
type points struct {
	step int64
	all  []Point
}

func (p *points) add(name string, value float64) {
	p.all = append(p.all, Point{name, p.step, value})
}

// known adds a value that may not be known.
func (p *points) known(name string, value *float64) {
	if value != nil {
		p.add(name, *value)
	}
}

// accuracy adds an evaluation on some data.
func (p *points) accuracy(on string, a *record.Accuracy) {
	if a == nil {
		return
	}
	p.add("Loss/"+on, a.Loss)
	p.add("Accuracy/"+on, a.Top1)
	p.add("Accuracy/"+on+" active", a.Top1Active)
	p.known("Accuracy/"+on+" new", a.Top1New)
	p.known("Accuracy/"+on+" old", a.Top1Old)
}
