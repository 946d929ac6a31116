package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/task"
)

func TestLock(t *testing.T) {
	dir := t.TempDir()
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("another lgl works there, process %d", os.Getpid())) {
		t.Errorf("%v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = Lock(dir); err != nil {
		t.Fatalf("after it was unlocked: %v", err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
	if _, err := Lock(dir + "/none"); err == nil || !strings.Contains(err.Error(), dir+"/none") {
		t.Errorf("%v", err)
	}
}

// A directory that could not be made a run's is let go.
func TestCreateUnlocks(t *testing.T) {
	made, dir := toy(t), t.TempDir()
	made.Base = &task.Base{Path: filepath.Join(dir, "absent"), Dir: dir}
	x := newExecution(made, filepath.Join(dir, "run"), quiet())
	if err := os.Mkdir(x.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	lock, other := filepath.Join(x.dir, lockFile), filepath.Join(dir, lockFile)
	if err := errors.Join(os.WriteFile(lock, nil, 0o644), os.Link(lock, other)); err != nil {
		t.Fatal(err)
	}
	if _, err := x.create(); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

// What the system says of a file that cannot be locked is not taken for another lgl.
func TestLocksMissing(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), lockFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = notLocked(syscall.ENOTSUP, "runs", f)
	if text := err.Error(); strings.Contains(text, "another lgl") || !errors.Is(err, syscall.ENOTSUP) || !strings.Contains(failure.HintOf(err), "file system") {
		t.Errorf("%v; hint %q", err, failure.HintOf(err))
	}
}
