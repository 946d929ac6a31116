// Package failure says of an error what its message does not: that lgl was called wrongly, and a way out.
package failure

import (
	"errors"
	"fmt"
)

// usage is an error in how lgl was called.
type usage struct{ error }

func (u *usage) Unwrap() error { return u.error }

// Usage makes err one in how lgl was called: a setting with a value that it cannot have, a path where nothing is.
func Usage(err error) error { return &usage{err} }

// IsUsage reports whether err, or one that it wraps, is one in how lgl was called.
func IsUsage(err error) bool {
	var u *usage
	return errors.As(err, &u)
}

// hinted is an error with a way out.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint adds a way out to err, which stands on a line of its own.
func Hint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// HintOf returns the way out of err; of several the outermost. "" is none.
func HintOf(err error) string {
	var h *hinted
	if !errors.As(err, &h) {
		return ""
	}
	return h.hint
}
