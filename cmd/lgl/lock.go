package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockFile is the name of the file that a process holds while it works in a folder.
const lockFile = ".lock"

// lock keeps other processes from dir, a run directory or a folder of them, until the function that it returns is
// called or this process ends. If another one holds it, the error names that.
func lock(dir string) (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(f, 20)) // for the message only
		err = fmt.Errorf("--out: %s: another lgl works there, process %s", dir, strings.TrimSpace(string(holder)))
		return nil, errors.Join(hint(err, "wait for it, or choose another --out"), f.Close())
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		return nil, errors.Join(fmt.Errorf("--out: %w", err), f.Close())
	}
	return f.Close, nil // which lets go of it
}

func writePID(f *os.File) error {
	_, err := f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}
