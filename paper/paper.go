// Package paper holds suites of runs: the demo, and the paper's experiments, as plans over what
// the packages run and report do.
//
//  1. a suite lists its cells, one run's settings each, under a name: Demo, or what the Suite of an Experiment makes of a
//     Setup, its data, scale and seeds; most are methods (methods.go), each with every seed, on what the scale gives all (scale.go);
//  2. Run has every cell trained that is not finished yet, by a function that its caller gives,
//     each in a directory of its own;
//  3. Suite.Load reads what the cells recorded;
//  4. the Result of an Experiment makes tables and a figure of that, and asks a Prober for what is not recorded;
//  5. Result.WriteFiles writes these, and a page of the runs.
//
// A suite that was interrupted goes on where it stopped: with the first cell not finished.
package paper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/run"
)

// Suite is a set of runs to be compared.
type Suite struct {
	Title string // of its report
	Cells []Cell // in the order in which they run
	// Pictures is the data.Fingerprint of what all cells train on, by which finished runs are known; "": of no pictures in folders.
	Pictures string
}

// Cell is one run of a suite.
type Cell struct {
	Name   string // of its directory
	Config config.Config
}

// On makes all cells compute with the engine, precision and plugin of c.
func (s Suite) On(c config.Config) {
	for i := range s.Cells {
		s.Cells[i].Config.Engine, s.Cells[i].Config.Precision, s.Cells[i].Config.XLAPlugin = c.Engine, c.Precision, c.XLAPlugin
	}
}

// Trainer trains one cell: it makes dir, which does not exist, a run directory, or goes on with the run in
// it, which is run.Resumable. It may be called from several goroutines.
type Trainer func(ctx context.Context, c Cell, dir string) error

// Run trains the cells of s that are not finished in dir, jobs of them at once, each in dir/NAME,
// and stops at the first that fails. A cell's directory that a run left which did not come to its end
// (interrupted, failed, killed) is removed first, unless it is run.Resumable. One that holds a finished run
// of other settings is a *ConflictError, and one that holds anything else is an error; both before any
// cell trains.
func Run(ctx context.Context, s Suite, dir string, jobs int, train Trainer) error {
	pending, err := s.Pending(dir)
	if err != nil {
		return err
	}
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(jobs)
	for _, c := range pending {
		group.Go(func() error {
			if running.Err() != nil {
				return running.Err()
			}
			path := filepath.Join(dir, c.Name)
			if !run.Resumable(path) {
				if err := run.Remove(path); err != nil {
					return err
				}
			}
			if err := train(running, c, path); err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// Pending returns the cells that are not finished in dir. A directory in which one cannot be trained is an
// error, as of Run.
func (s Suite) Pending(dir string) ([]Cell, error) {
	var pending []Cell
	for _, c := range s.Cells {
		path := filepath.Join(dir, c.Name)
		done, err := s.finished(c, path)
		if err == nil && !done && !run.Resumable(path) {
			err = run.Removable(path)
		}
		if err != nil {
			return nil, err
		}
		if !done {
			pending = append(pending, c)
		}
	}
	return pending, nil
}

// Lost says why Run removes what is at path, of a cell that is Pending; "" if nothing is there, or a run that goes on.
func Lost(path string) string {
	entries, _ := os.ReadDir(path) // none where there is no such folder
	if len(entries) == 0 || run.Resumable(path) {
		return ""
	}
	r, err := report.Load(path)
	switch {
	case err != nil:
		return "the log of its run is missing or empty"
	case r.Torn != "":
		return "the last line of the log of its run is cut off, and there is no checkpoint"
	}
	return fmt.Sprintf("the status of its run is %s, and there is no checkpoint", r.Status())
}

// Load reads the finished cells in dir.
func (s Suite) Load(dir string) ([]report.Run, error) {
	var runs []report.Run
	for _, c := range s.Cells {
		path := filepath.Join(dir, c.Name)
		done, err := s.finished(c, path)
		if err != nil {
			return nil, err
		}
		if !done {
			continue
		}
		r, err := report.Load(path)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// ConflictError is a cell's directory that holds a finished run of other settings.
type ConflictError struct {
	Dir             string
	Key             string // the first setting that differs
	Asked, Recorded string // its values
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s holds a finished run of other settings: its %s is %s; this suite wants %s", e.Dir, e.Key, e.Recorded, e.Asked)
}

// finished reports whether the run directory at path holds a cell, done. A log that cannot be read, because
// it is damaged or a later lgl wrote it, is an error: it may be of a run that is done.
func (s Suite) finished(c Cell, path string) (bool, error) {
	r, err := report.Load(path)
	var none *report.NoRunError
	switch {
	case errors.As(err, &none):
		return false, nil // run.Remove sees to what is there
	case err != nil:
		return false, fmt.Errorf("%w; move %s away, and this run is trained anew", err, path)
	case r.Status() != "done":
		return false, nil
	}
	other := conflict(c.Config, r.Started.Config)
	if was := r.Started.Data.SHA256; other == nil && s.Pictures != "" && was != "" && was != s.Pictures {
		other = &ConflictError{Key: "data, known by names, sizes and classes of its pictures,", Asked: s.Pictures[:12], Recorded: fmt.Sprintf("%.12s", was)}
	}
	if other != nil {
		other.Dir = path
		return false, other
	}
	return true, nil
}

// conflict returns the first setting of a record that is not the one asked for, nil if there is
// none. A choice that was left open (auto, 0 threads, image size 0) agrees with whatever it became, and a
// setting that the record lacks, because lgl did not have it then, with its default.
func conflict(asked config.Config, recorded map[string]any) *ConflictError {
	settings, usual := asked.Map(), config.Paper().Map()
	for _, key := range config.Keys() {
		if key == "tags" { // which change nothing
			continue
		}
		want := settings[key]
		_, known := recorded[key]
		open := want == "auto" || (key == "threads" || key == "image-size") && want == 0 || !known && want == usual[key]
		a, errA := json.Marshal(want)
		b, errB := json.Marshal(recorded[key])
		if !open && (errors.Join(errA, errB) != nil || !bytes.Equal(a, b)) {
			return &ConflictError{Key: key, Asked: string(a), Recorded: string(b)}
		}
	}
	return nil
}
