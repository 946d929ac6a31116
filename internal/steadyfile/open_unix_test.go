//go:build unix

package steadyfile

import (
	"path/filepath"
	"syscall"
	"testing"
)

// What is no file is refused at once: the pipe has no writer, /dev/zero no end.
func TestOpenRefuses(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "a named pipe", "/dev/zero": "a device", t.TempDir(): "a directory"} {
		if f, err := Open(path); err == nil || err.Error() != path+": is "+want+"; want a regular file" {
			t.Errorf("%s: %v, %v", path, f, err)
		}
	}
}
