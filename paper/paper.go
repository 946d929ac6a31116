// Package paper holds suites of runs: the demo, and the paper's experiments, as plans over what
// the packages train and report do.
//
//  1. a suite (Demo) lists its cells: one run's settings each, under a name;
//  2. Run has every cell trained that is not finished yet, by a function that its caller gives,
//     each in a directory of its own;
//  3. Load reads what the cells recorded, for the tables and pages of package report.
//
// A suite that was interrupted goes on where it stopped: with the first cell not finished.
package paper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// Suite is a set of runs to be compared.
type Suite struct {
	Title string // of its report
	Cells []Cell // in the order in which they run
}

// Cell is one run of a suite.
type Cell struct {
	Name   string // of its directory
	Config config.Config
}

// Trainer trains one cell: it makes dir, which does not exist, a run directory.
type Trainer func(ctx context.Context, c Cell, dir string) (record.RunEnded, error)

// Run trains the cells of s that are not finished in dir, in turn, each in dir/NAME, and stops at
// the first that fails. A cell's directory that another run left (interrupted, failed, or of other
// settings) is removed first; one that holds anything else is an error.
func Run(ctx context.Context, s Suite, dir string, train Trainer) error {
	for _, c := range s.Pending(dir) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		path := filepath.Join(dir, c.Name)
		if err := removeRun(path); err != nil {
			return err
		}
		if _, err := train(ctx, c, path); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return nil
}

// Pending returns the cells that are not finished in dir.
func (s Suite) Pending(dir string) []Cell {
	return slices.DeleteFunc(slices.Clone(s.Cells), func(c Cell) bool { return c.finished(filepath.Join(dir, c.Name)) })
}

// Load reads the finished cells in dir.
func (s Suite) Load(dir string) ([]report.Run, error) {
	var runs []report.Run
	for _, c := range s.Cells {
		path := filepath.Join(dir, c.Name)
		if !c.finished(path) {
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

// finished reports whether the run directory at path holds this cell, done.
func (c Cell) finished(path string) bool {
	r, err := report.Load(path)
	return err == nil && r.Status() == "done" && same(c.Config, r.Started.Config)
}

// same reports whether a record's settings are those asked for. A choice that was left open
// (auto, or 0 threads) is the same as whatever it became.
func same(asked config.Config, recorded map[string]any) bool {
	for key, want := range asked.Map() {
		open := want == "auto" || key == "threads" && want == 0
		a, errA := json.Marshal(want)
		b, errB := json.Marshal(recorded[key])
		if !open && (errors.Join(errA, errB) != nil || !bytes.Equal(a, b)) {
			return false
		}
	}
	return true
}

// removeRun removes a run directory. It touches nothing if path holds what no run writes.
func removeRun(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.Contains([]string{"config.yaml", "events.jsonl", "weights", "report.html"}, e.Name()) {
			return fmt.Errorf("%s: holds %s, which is not of a run; move it away, or give another directory", path, e.Name())
		}
	}
	return os.RemoveAll(path)
}
