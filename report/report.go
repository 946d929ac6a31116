// Package report turns the records of runs into tables and one HTML page. It reads records and
// never trains.
//
//  1. Load reads a run directory's events.jsonl into a Run;
//  2. runs of one method and one set of settings, which differ in their seeds only, form a group;
//  3. Table gives one Row a group (mean, spread, cost, paired difference), Notes the footnotes
//     without which the rows cannot be judged; WriteText prints both;
//  4. Page draws the same table, the curves (mean over the seeds, lowest to highest) and
//     each run's stages, as one file that asks no network for anything.
package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/local-to-global/lgl/record"
)

// Run is what one run directory tells.
type Run struct {
	Dir      string    // as given to Load
	Began    time.Time // when RunStarted was written
	Started  record.RunStarted
	Stages   []Stage
	Warnings []string
	Ended    *record.RunEnded // nil: the run still goes on, or was killed
	Torn     string           // what is wrong with the last line, "" for nothing
	Life     Life             // of a run that is not done
}

// Stage is one stage of a Run.
type Stage struct {
	Started record.StageStarted
	Epochs  []record.EpochEnded
	Ended   *record.StageEnded // nil: the stage did not end
}

// kept returns the epoch whose weights the stage handed on, or else its last; picked says that it is not the last, and false
// that no epoch ended.
func (s Stage) kept() (e record.EpochEnded, picked, ok bool) {
	n := len(s.Epochs)
	if n == 0 {
		return e, false, false
	}
	if s.Ended != nil {
		if i := slices.IndexFunc(s.Epochs, func(e record.EpochEnded) bool { return e.StageEpoch == s.Ended.CarryEpoch }); i >= 0 {
			return s.Epochs[i], i < n-1, true
		}
	}
	return s.Epochs[n-1], false, true
}

// picked tells whether the weights that r ends with are not those of its last epoch.
func (r Run) picked() bool {
	if len(r.Stages) == 0 {
		return false
	}
	_, picked, _ := r.Stages[len(r.Stages)-1].kept()
	return picked
}

// allIn is the index of the first stage in which all classes are active; -1: there is none.
func (r Run) allIn() int {
	return slices.IndexFunc(r.Stages, func(s Stage) bool { return len(s.Started.Classes) == len(r.Started.Data.Classes) })
}

// Load reads the run directory dir. A last line that was cut off, as a live or killed run leaves
// it, is left out and told in Run.Torn. It is an error if dir holds no events.jsonl, if the file
// does not begin with RunStarted, or if its events come in an order that no run writes.
func Load(dir string) (Run, error) {
	path := filepath.Join(dir, record.FileName)
	events, err := record.ReadFile(path)
	var torn *record.TornError
	if errors.As(err, &torn) {
		run, err := assemble(dir, path, events)
		run.Torn = torn.Error()
		return run, err
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return Run{}, &NoRunError{notARun(dir)}
	}
	if err != nil {
		return Run{}, err
	}
	return assemble(dir, path, events)
}

// NoRunError is of a directory in which no run has begun; one that has, and cannot be read, is another error.
type NoRunError struct{ Why error }

func (e *NoRunError) Error() string { return e.Why.Error() }

func (e *NoRunError) Unwrap() error { return e.Why }

// notARun says why dir is not a run directory.
func notARun(dir string) error {
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("run directory %s: %w", dir, err)
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file; want a run directory, one that holds events.jsonl", dir)
	}
	return fmt.Errorf("%s is not a run directory: it holds no events.jsonl; give the directory that a run was written to", dir)
}

// assemble puts the events of one file into a Run.
func assemble(dir, path string, events []record.Stamped) (Run, error) {
	if len(events) == 0 {
		err := fmt.Errorf("%s: no run_started event in it: the run was stopped before it began; delete it and run again", path)
		return Run{}, &NoRunError{err}
	}
	started, ok := events[0].Event.(record.RunStarted)
	if !ok {
		return Run{}, fmt.Errorf("%s: event 1 is %s; want run_started, with which a log begins", path, record.Type(events[0].Event))
	}
	r := Run{Dir: dir, Began: events[0].Time, Started: started}
	for i, e := range events[1:] {
		if err := r.add(e.Event); err != nil {
			return Run{}, fmt.Errorf("%s: event %d: %w", path, i+2, err)
		}
	}
	return r, nil
}

// add takes the next event.
func (r *Run) add(e record.Event) error {
	if w, ok := e.(record.Warning); ok {
		r.Warnings = append(r.Warnings, w.Text)
		return nil
	}
	if r.Ended != nil {
		return fmt.Errorf("%s after the run ended", record.Type(e))
	}
	switch e := e.(type) {
	case record.StageStarted:
		r.Stages = append(r.Stages, Stage{Started: e})
	case record.EpochEnded:
		s, err := r.stage(e.Stage, "an epoch")
		if err != nil {
			return err
		}
		s.Epochs = append(s.Epochs, e)
	case record.StageEnded:
		s, err := r.stage(e.Stage, "the end")
		if err != nil {
			return err
		}
		s.Ended = &e
	case record.RunEnded:
		r.Ended = &e
	default:
		return fmt.Errorf("%s inside a run; want the events of one run", record.Type(e))
	}
	return nil
}

// stage returns the stage under way, which must be number n and not have ended.
func (r *Run) stage(n int, what string) (*Stage, error) {
	if len(r.Stages) == 0 {
		return nil, fmt.Errorf("%s of stage %d before any stage started", what, n)
	}
	s := &r.Stages[len(r.Stages)-1]
	if s.Started.Stage != n || s.Ended != nil {
		return nil, fmt.Errorf("%s of stage %d, which is not the stage under way", what, n)
	}
	return s, nil
}

// Status is "done", "interrupted", "failed", or "unfinished" for a run without an end.
func (r Run) Status() string {
	if r.Ended == nil {
		return "unfinished"
	}
	return r.Ended.Status
}

// last returns the last epoch, false if there was none.
func (r Run) last() (record.EpochEnded, bool) {
	epochs := r.lastEpochs()
	if epochs == nil {
		return record.EpochEnded{}, false
	}
	return epochs[len(epochs)-1], true
}

// lastEpochs are those of the last stage that has any; nil: none has.
func (r Run) lastEpochs() []record.EpochEnded {
	for _, s := range slices.Backward(r.Stages) {
		if len(s.Epochs) > 0 {
			return s.Epochs
		}
	}
	return nil
}
