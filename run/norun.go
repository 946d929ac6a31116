package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/meant"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/report"
)

// NoRun says of an error in reading what every run directory holds that dir is none, if nothing is there, and which run may
// be meant.
func NoRun(dir string, err error) error {
	var none *report.NoRunError
	if !missing(err) && !errors.As(err, &none) {
		return err
	}
	info, gone := os.Stat(dir)
	_, unlogged := os.Stat(filepath.Join(dir, logFile))
	switch {
	case gone != nil:
		return absent(dir)
	case unlogged == nil:
		return unsettled(dir, err)
	case !info.IsDir():
		err = fmt.Errorf("%s: not a run directory, but a file", dir)
	case none == nil:
		err = fmt.Errorf("%s: not a run directory: %w", dir, err)
	}
	if runs := runsIn(dir); len(runs) > 0 {
		return failure.Hint(err, "it holds runs: %s", plural.List(runs, 3))
	}
	return asks(err, dir, "want the directory that a run was written to; lgl ui lists those that there are")
}

// unsettled adds to err, of a file that is missing beside the log of the run in dir, why, and a way out.
func unsettled(dir string, err error) error {
	var none *report.NoRunError
	switch {
	case errors.As(err, &none): // which says that the run did not begin
		return err
	case Resumable(dir) || !notBegun(dir):
		return failure.Hint(err, "put the file back; the first line of %s has the settings", shell.Quoted(filepath.Join(dir, logFile)))
	}
	err = fmt.Errorf("%w: the run was stopped before it began", err)
	return failure.Hint(err, "remove %s if nothing is in it that you need, and begin anew: lgl train --out %[1]s", shell.Quoted(dir))
}

// missing reports the error of a file that is not there.
func missing(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// absent is the error for a run directory that is not there.
func absent(dir string) error {
	if strings.ContainsAny(dir, "*?[") { // a shell leaves them where it finds nothing
		return asks(fmt.Errorf("%s: not a run directory: nothing is there that these letters stand for", dir), dir, "lgl ui lists the runs that there are")
	}
	err := fmt.Errorf("%s: not a run directory: there is no such folder", dir)
	return asks(err, dir, "lgl ui lists the runs that there are; lgl train --out "+shell.Quoted(dir)+" makes one")
}

// asks adds to err, of dir, the run that may be meant, or else a hint.
func asks(err error, dir, hint string) error {
	if near := likely(dir); near != "" {
		hint = shell.Quoted(near) + " is a run; was it meant?"
	}
	return failure.Hint(err, "%s", hint)
}

// likely returns the run that whoever named dir, which is none, may mean: the one that dir lies in, one of nearly that path, one
// of that name in runs, where lgl train puts them, or one that is seen from above; "" if there is none.
func likely(dir string) string {
	for d := filepath.Clean(dir); d != filepath.Dir(d); d = filepath.Dir(d) {
		if IsRun(d) {
			return d
		}
	}
	if near := meant.Path(filepath.Clean(dir), IsRun); near != "" {
		return near
	}
	if usual := filepath.Join("runs", filepath.Base(dir)); IsRun(usual) {
		return usual
	}
	return within(dir)
}

// within returns the run that dir is seen from above, or else the one in which whoever named it stands; "" if there is none.
func within(dir string) string {
	if path := meant.FromAbove(dir, IsRun); path != "" || filepath.IsAbs(dir) {
		return path
	}
	return meant.FromAbove(".", IsRun)
}

// runsIn are the runs in the folder dir.
func runsIn(dir string) (runs []string) {
	entries, _ := os.ReadDir(dir) // none where it cannot be read
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); IsRun(path) {
			runs = append(runs, path)
		}
	}
	return runs
}

// OtherThanRun says what the folder dir is, in which no run can be read.
func OtherThanRun(dir string) string {
	if runs := runsIn(dir); len(runs) > 0 {
		return "a folder of runs, " + plural.List(runs, 3)
	}
	if _, err := os.Stat(filepath.Join(dir, logFile)); err == nil {
		return "a run that was stopped before it began"
	}
	return "a folder that is no run"
}

// IsRun reports whether dir has what every run directory has.
func IsRun(dir string) bool {
	_, settings := os.Stat(filepath.Join(dir, settingsFile))
	_, log := os.Stat(filepath.Join(dir, logFile))
	return settings == nil && log == nil
}

// OutsideRuns refuses an output whose folder, dir, is a run directory or below one, where all files are the
// run's.
func OutsideRuns(out, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	for ; ; dir = filepath.Dir(dir) {
		if IsRun(dir) {
			err := fmt.Errorf("--out %s: is in the run directory %s, whose files stay as they are; choose another place", out, dir)
			return failure.Hint(err, "beside the run it is --out %s", shell.Quoted(meant.FromHere(filepath.Join(filepath.Dir(dir), filepath.Base(out)))))
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}
