package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
)

// noRun says of an error in reading what every run directory holds that dir is none, if nothing is there.
func noRun(dir string, err error) error {
	if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return err
	}
	if _, none := os.Lstat(dir); none != nil {
		return absent(dir)
	}
	return failure.Hint(fmt.Errorf("%s: not a run directory: %w", dir, err), "want the directory that a run was written to; lgl ui lists those that there are")
}

// absent is the error for a run directory that is not there; it names the run beside it that may be meant.
func absent(dir string) error {
	err := fmt.Errorf("%s: not a run directory: there is no such folder", dir)
	if near := nearestRun(dir); near != "" {
		return failure.Hint(err, "%s is a run; was it meant?", shell.Quoted(near))
	}
	return failure.Hint(err, "lgl train --out %s makes one", shell.Quoted(dir))
}

// nearestRun returns the run beside dir whose name differs least from dir's, in a third of its letters at most; "" if there
// is none.
func nearestRun(dir string) (nearest string) {
	name := filepath.Base(dir)
	least := (len(name)+1)/3 + 1
	entries, _ := os.ReadDir(filepath.Dir(dir)) // none where there is no such folder
	for _, e := range entries {
		path := filepath.Join(filepath.Dir(dir), e.Name())
		if d := config.Distance(strings.ToLower(name), strings.ToLower(e.Name())); d < least && IsRun(path) {
			nearest, least = path, d
		}
	}
	return nearest
}

// IsRun reports whether dir has what every run directory has.
func IsRun(dir string) bool {
	_, settings := os.Stat(filepath.Join(dir, settingsFile))
	_, log := os.Stat(filepath.Join(dir, logFile))
	return settings == nil && log == nil
}
