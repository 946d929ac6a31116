package run

import (
	"os"
	"path/filepath"

	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/report"
)

// Life tells what the log of the run in dir does not, which is not done: whether an lgl is at work there, and else whether
// Resume goes on with it.
func Life(dir string) report.Life {
	held, err := locked(dir)
	switch {
	case err != nil: // as where it is a copy, or a program of one's own trained: neither has the file of a lock
		return report.Unknown
	case held:
		return report.Working
	case GoesOn(dir):
		return report.Resumable
	}
	return report.Stopped
}

// locked reports whether a process has the Lock of dir.
func locked(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return false, err
	}
	defer f.Close()
	return platform.Locked(f)
}
