//go:build unix

package glyphs

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipe: what is no file is not waited for.
func TestPipe(t *testing.T) {
	s, lines, generated := newStore(t.TempDir())
	if err := syscall.Mkfifo(filepath.Join(s.dir, file), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(t, s, lines, generated, 1, "glyphs.bin: is a named pipe; want a regular file", "and is not replaced by one")
}
