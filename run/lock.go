package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
)

// lockFile is the name of the file that a process holds while it works in a folder.
const lockFile = ".lock"

// errHeld is the error of a directory that another process holds.
var errHeld = errors.New("another lgl works there")

// Lock keeps other processes from dir, a run directory or a folder of them, until the function that it returns is
// called or this process ends. If another one holds it, the error names that. dir must be there; the file stays in it.
func Lock(dir string) (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := platform.TryLock(f); err != nil {
		return nil, errors.Join(notLocked(err, dir, f), f.Close())
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil // which lets go of it
}

// notLocked says why dir, whose file is f, could not be had.
func notLocked(err error, dir string, f *os.File) error {
	if errors.Is(err, platform.ErrLocked) {
		err = fmt.Errorf("%s: %w, process %s", dir, errHeld, holder(f))
		return failure.Hint(err, "wait for it, or take another directory")
	}
	err = fmt.Errorf("%s: cannot be locked, so that two would not work there at once: %w", f.Name(), err)
	return failure.Hint(err, "take a directory on a file system that has locks; some network file systems have none")
}

func writePID(f *os.File) error {
	_, err := f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}

// holder returns what the file says of the process that holds it, which may have to write it first.
func holder(f *os.File) string {
	for range 50 {
		text := make([]byte, 20)
		n, _ := f.ReadAt(text, 0) // for the message only
		word := strings.TrimSpace(string(text[:n]))
		if pid, err := strconv.Atoi(word); err == nil && platform.Alive(pid) {
			return word
		}
		time.Sleep(10 * time.Millisecond)
	}
	return "not known"
}
