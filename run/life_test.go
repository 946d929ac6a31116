package run

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/local-to-global/lgl/report"
)

// Whether a process is at work on a run is told by its lock, and whether it goes on by its checkpoints.
func TestLife(t *testing.T) {
	dir := t.TempDir()
	wants := func(want report.Life) {
		t.Helper()
		if got := Life(dir); got != want {
			t.Errorf("life %v; want %v", got, want)
		}
	}
	wants(report.Unknown)
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	wants(report.Working)
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	wants(report.Stopped)
	if err := os.MkdirAll(filepath.Join(dir, checkpointsDir, "000001"), 0o755); err != nil {
		t.Fatal(err)
	}
	wants(report.Resumable)
}
