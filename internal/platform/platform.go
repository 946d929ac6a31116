// Package platform has what differs by operating system: locks, processes, memory outside of Go's heap, files that
// replace others, terminals, shared libraries. No other package asks which system it is on, but bindings: for the names
// of their library, or because they are for one system alone.
package platform

import "errors"

// ErrNoLibrary is the error of a shared library that is not there.
var ErrNoLibrary = errors.New("no such file")
