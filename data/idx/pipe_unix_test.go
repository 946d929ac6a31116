//go:build unix

package idx

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipe: what is no file is refused, and not waited for.
func TestPipe(t *testing.T) {
	dir := write(t, map[string][]byte{"labels": twoLabels})
	if err := syscall.Mkfifo(filepath.Join(dir, "images"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readIn(dir); err == nil || !strings.Contains(err.Error(), "images: is a named pipe") {
		t.Errorf("error %v", err)
	}
}
