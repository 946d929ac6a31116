// Package platform has what differs by operating system: locks, processes, memory outside of Go's heap, what is known of the
// processor, files that replace others, terminals, shared libraries. No other package does one thing on one system and another
// on the next, but bindings: for the names of their library, or because they are for one system alone.
package platform

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// ErrLocked is the error of a file that another process has locked.
var ErrLocked = errors.New("another process has it locked")

// Locked reports whether a process has f locked for itself. It shares the lock for a moment, until f is closed, so that two may ask
// at once. The error is that of a file system without locks.
func Locked(f *os.File) (bool, error) {
	err := TryShare(f)
	if errors.Is(err, ErrLocked) {
		return true, nil
	}
	return false, err
}

// ErrNoLibrary is the error of a shared library that is not there.
var ErrNoLibrary = errors.New("no such file")

// errUnused is the error of a shared library on a system on which none is used.
var errUnused = errors.New("not used on " + runtime.GOOS + ", only on Linux and Windows")

// FirstLibrary returns what open makes of the first of some paths and bare names of a library that it takes. The error says
// in one line what was tried, why the first that is there was refused, and the way out; there is none where libraries are
// not used.
func FirstLibrary[T any](library string, candidates []string, wayOut string, open func(path string) (T, error)) (T, error) {
	var none T
	var refused error
	for _, path := range candidates {
		opened, err := open(path)
		if err == nil {
			return opened, nil
		}
		if errors.Is(err, errUnused) {
			return none, fmt.Errorf("%s: %w", library, err)
		}
		if refused == nil && !errors.Is(err, ErrNoLibrary) {
			refused = fmt.Errorf("%s: %s: %w; %s", library, path, err, wayOut)
		}
	}
	if refused == nil {
		refused = fmt.Errorf("%s not found (tried %s); %s", library, strings.Join(candidates, ", "), wayOut)
	}
	return none, refused
}
