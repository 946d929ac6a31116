package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// On a file system that is full, too. Mounting one takes root; where that is not to be had the limit of
// TestTortureFull stands for it.
func TestTortureTmpfs(t *testing.T) {
	args := append(tortured()["dissimilar"], "--width", "4")
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	must(t, dir, append(args, "--out", "whole")...)
	want := endOf(t, filepath.Join(dir, "whole"))
	n, failed := often(2, 20), 0
	for i := range n {
		size := 16 + i*often(400, 60) // kB
		if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%dk", size)); err != nil {
			t.Skipf("no tmpfs can be mounted here: %v", err)
		}
		run := filepath.Join(disk, "run")
		text, err := lglCommand(t, dir, append(args[:len(args):len(args)], "--out", run)...).CombinedOutput()
		if err != nil {
			failed++
			if !strings.Contains(string(text), "no space left on device") {
				t.Errorf("%d kB: %s", size, text)
			}
			noTemporaries(t, run)
			if _, err := os.Stat(filepath.Join(run, "config.yaml")); err == nil {
				if !strings.Contains(string(text), "go on with: lgl resume") {
					t.Errorf("%d kB: %s\nwant what goes on with the run", size, text)
				}
				if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
					t.Error(err)
				}
				must(t, dir, "resume", run)
				if got := endOf(t, run); !reflect.DeepEqual(got, want) {
					t.Errorf("%d kB: another end", size)
				}
			}
		}
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d sizes of a disk, %d too small: failed loudly; all to the same end", n, failed)
}
