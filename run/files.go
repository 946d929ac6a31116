package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/record"
)

// The names in a run directory that are not of one file of this package alone; docs/formats.md says what each is.
const (
	settingsFile   = "config.yaml"
	logFile        = record.FileName
	pageFile       = "report.html"
	weightsDir     = "weights"
	checkpointsDir = "checkpoints"
)

// files are the names in a run directory, but for TensorBoard's, which have the time in them.
var files = []string{
	settingsFile, logFile, weightsDir, pageFile, thumbnailsFile, checkpointsDir, lockFile, baseFile, ledgerName, refFile,
}

// Resumable reports whether dir holds a run that was stopped and has checkpoints.
func Resumable(dir string) bool {
	entries, err := os.ReadDir(filepath.Join(dir, checkpointsDir))
	return err == nil && len(entries) > 0
}

// GoesOn reports whether Resume goes on with the run in dir, which was stopped: it is Resumable, or begins again, as it was stopped
// before its first step.
func GoesOn(dir string) bool { return Resumable(dir) || IsRun(dir) && notBegun(dir) }

// Removable reports a directory that holds what no run writes. One that is not there holds nothing.
func Removable(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.Contains(files, e.Name()) && !strings.HasPrefix(e.Name(), "events.out.tfevents.") && !atomicfile.Temporary(e.Name()) {
			return fmt.Errorf("%s: holds %s, which is not of a run; move it away, or give another directory", dir, e.Name())
		}
	}
	return nil
}

// Remove removes a run directory, if it is there. It touches nothing where that is not Removable.
func Remove(dir string) error {
	if err := Removable(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}
