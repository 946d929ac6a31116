package platform

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A library that is not there is told from one that needs another which is not.
func TestMissingLibraries(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc here to build a library with")
	}
	dir := t.TempDir()
	needed, path := filepath.Join(dir, "libneeded.so"), filepath.Join(dir, "libneeding.so")
	for _, args := range [][]string{{needed}, {path, "-Wl,--no-as-needed", needed}} {
		c := exec.Command("gcc", append([]string{"-shared", "-x", "c", os.DevNull, "-x", "none", "-o"}, args...)...)
		if text, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", c, err, text)
		}
	}
	if err := os.Remove(needed); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLibrary(needed); !errors.Is(err, ErrNoLibrary) {
		t.Errorf("%v; want that there is no such library", err)
	}
	_, err := OpenLibrary(path)
	if errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), "libneeded.so: cannot open") || !strings.Contains(err.Error(), "LD_LIBRARY_PATH") {
		t.Errorf("%v; want the library that it needs, and the way out", err)
	}
}
