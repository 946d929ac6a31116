// Package atomicfile replaces a file whole or not at all.
package atomicfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/local-to-global/lgl/internal/platform"
)

// Write makes path hold what write writes. It writes a temporary file beside path, fsyncs it,
// renames it over path and fsyncs the directory, so that after a crash path is either the old
// file or the new one. On any error the temporary file is removed and path is as it was, unless the
// directory alone could not be fsynced. A device, a link or a folder at path is refused. The file has the mode of the one
// that it replaces, or else that which the umask leaves of 0666.
func Write(path string, write func(io.Writer) error) (err error) {
	f, err := create(path)
	if err != nil {
		return err
	}
	sweepOld(path)
	err = errors.Join(write(f), f.Sync())
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
	there, err := os.Lstat(path)
	if err == nil && !there.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no regular file (%s), and is not replaced by one", path, there.Mode())
	}
	f, err := createTemp(path)
	if err != nil {
		return nil, named(err, "", path)
	}
	if there != nil {
		_ = f.Chmod(there.Mode().Perm()) // some file systems have one mode for all
	}
	return f, nil
}

// createTemp is os.CreateTemp beside path, but for the mode, which is that of os.Create.
func createTemp(path string) (*os.File, error) {
	for {
		name := filepath.Join(filepath.Dir(path), temporary(path)+strconv.FormatUint(uint64(rand.Uint32()), 10))
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}

// sweepOld removes what a Write to path left that was killed a day ago: nobody else would, in a directory that is no run's.
func sweepOld(path string) {
	_ = sweep(filepath.Dir(path), func(e os.DirEntry) bool {
		if !strings.HasPrefix(e.Name(), temporary(path)) {
			return false
		}
		info, err := e.Info()
		return err == nil && time.Since(info.ModTime()) > 24*time.Hour
	})
}

// temporary is how the name of the temporary file of path begins; a number follows.
func temporary(path string) string { return "." + filepath.Base(path) + ".tmp-" }

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
func Sweep(dir string) error { return sweep(dir, func(os.DirEntry) bool { return true }) }

// sweep is Sweep of those which are to go.
func sweep(dir string, goes func(os.DirEntry) bool) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if Temporary(e.Name()) && goes(e) {
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
