// Package shell writes words for a shell, in the commands that messages propose.
package shell

import (
	"path/filepath"
	"strings"

	"github.com/local-to-global/lgl/internal/platform"
)

// plain are the characters that mean nothing to a shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+=,:@"

// Quoted returns path as one word of a POSIX shell, on Windows of its own, that no command takes for a flag.
func Quoted(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	if path != "" && strings.Trim(filepath.ToSlash(path), plain) == "" {
		return path
	}
	return platform.Quote(path)
}
