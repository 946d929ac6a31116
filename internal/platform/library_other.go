//go:build !linux && !windows

package platform

// Library is a shared library that was loaded, of which there is none here.
type Library struct{}

// OpenLibrary fails: no library was tried on this system.
func OpenLibrary(string) (Library, error) { return Library{}, errUnused }

// Symbol is not reached.
func (Library) Symbol(string) (uintptr, error) { return 0, ErrNoLibrary }

// Close is not reached.
func (Library) Close() error { return nil }

// File is not reached.
func (Library) File(uintptr) (string, error) { return "", ErrNoLibrary }
