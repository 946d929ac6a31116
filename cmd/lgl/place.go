package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/run"
)

// fileFits reports, ahead of the work whose result goes there, that no file can be written at out; "" is none.
func fileFits(out string) error {
	if out == "" {
		return nil
	}
	err := atomicfile.Check(out)
	dir := filepath.Dir(out)
	if _, gone := os.Stat(dir); err != nil && errors.Is(gone, fs.ErrNotExist) {
		return failure.Hint(fmt.Errorf("--out: %w", err), "there is no folder %s: make it first", shell.Quoted(dir))
	}
	return elsewhere(err)
}

// dirFits is fileFits for a directory, which may be there or not.
func dirFits(out string) error { return elsewhere(atomicfile.CheckDir(out)) }

// suiteFits is dirFits for a directory of runs, and of files of these names beside them.
func suiteFits(dir string, names ...string) error {
	if err := run.OutsideRuns(dir, dir); err != nil {
		return failure.Usage(err)
	}
	if err := dirFits(dir); err != nil {
		return err
	}
	if _, err := os.Stat(dir); err != nil {
		return nil // it is made, and nothing is in the way there
	}
	for _, name := range names {
		if err := fileFits(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// elsewhere says of err, if there is one, which flag it is about.
func elsewhere(err error) error {
	if err == nil {
		return nil
	}
	return failure.Hint(fmt.Errorf("--out: %w", err), "choose another --out")
}
