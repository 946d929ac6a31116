// Package atomicfile replaces a file whole or not at all.
package atomicfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/local-to-global/lgl/internal/platform"
)

// Write makes path hold what write writes. It writes a temporary file beside path, fsyncs it,
// renames it over path and fsyncs the directory, so that after a crash path is either the old
// file or the new one. On any error the temporary file is removed and path is as it was, unless the
// directory alone could not be fsynced. A device, a link or a folder at path is refused.
func Write(path string, write func(io.Writer) error) (err error) {
	f, err := create(path)
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Sync())
	if err = errors.Join(err, f.Close()); err == nil {
		err = platform.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(named(err, f.Name(), path), os.Remove(f.Name()))
	}
	return platform.SyncDir(filepath.Dir(path))
}

// create makes the temporary file of path.
func create(path string) (*os.File, error) {
	if there, err := os.Lstat(path); err == nil && !there.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no regular file (%s), and is not replaced by one", path, there.Mode())
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".tmp-*")
	if err != nil {
		return nil, named(err, "", path)
	}
	return f, nil
}

// Check reports why Write could not make path, before there is anything to write. It leaves nothing.
func Check(path string) error {
	f, err := create(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// CheckDir reports why no directory could be made at path, with those above it that are missing, or nothing in the one that
// is there. It leaves nothing.
func CheckDir(path string) error {
	dir := filepath.Clean(path)
	for _, err := os.Lstat(dir); err != nil && dir != filepath.Dir(dir); _, err = os.Lstat(dir) {
		dir = filepath.Dir(dir)
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: is a file; want a directory", dir)
	}
	f, err := os.CreateTemp(dir, ".lgl.tmp-*")
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: nothing can be written into %s: %w", path, dir, p.Err)
	} else if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// named has an error about the temporary file, "": whatever it is called, name path in its place, which is
// what the user knows.
func named(err error, temporary, path string) error {
	var p *os.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &l):
		return &os.PathError{Op: "replace", Path: path, Err: l.Err}
	case errors.As(err, &p) && (temporary == "" || p.Path == temporary):
		return &os.PathError{Op: p.Op, Path: path, Err: p.Err}
	}
	return err
}

// Temporary reports whether a file's name is that of a Write that was killed.
func Temporary(name string) bool {
	hidden := strings.HasPrefix(name, ".")
	_, number, ok := strings.Cut(name, ".tmp-")
	return hidden && ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// Sweep removes from dir what killed Writes left. No Write may be under way there.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if Temporary(e.Name()) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// WriteSum is Write, and returns the SHA-256 of what was written, in hexadecimal.
func WriteSum(path string, write func(io.Writer) error) (sum string, err error) {
	digest := sha256.New()
	if err := Write(path, func(w io.Writer) error { return write(io.MultiWriter(w, digest)) }); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}
