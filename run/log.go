package run

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/local-to-global/lgl/record"
)

// ReadLog returns the events of the run in dir, which may be running: a last one that is not whole is left out. A log without
// an event is an error.
func ReadLog(dir string) ([]record.Stamped, error) {
	events, err := logged(dir)
	if err == nil && len(events) == 0 {
		err = fmt.Errorf("%s: no event in it: the run was stopped before it began", filepath.Join(dir, logFile))
	}
	return events, NoRun(dir, err)
}

// beginning returns the first event of the log of the run in dir; nil where it cannot be read.
func beginning(dir string) *record.RunStarted {
	events, err := logged(dir)
	if err != nil || len(events) == 0 {
		return nil
	}
	if s, ok := events[0].Event.(record.RunStarted); ok {
		return &s
	}
	return nil
}

// logged returns the events of a run, without a torn one at the end.
func logged(dir string) ([]record.Stamped, error) {
	events, err := record.ReadFile(filepath.Join(dir, logFile))
	var torn *record.TornError
	if errors.As(err, &torn) {
		err = nil
	}
	return events, err
}
