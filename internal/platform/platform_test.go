package platform

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// open opens a file anew, as another process would.
func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// One holds a lock, all read the file meanwhile, and a lock that is let go of can be shared.
func TestLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	holder, other := open(t, path), open(t, path)
	if err := TryLock(holder); err != nil {
		t.Fatal(err)
	}
	if TryLock(other) == nil || TryShare(other) == nil {
		t.Error("a lock was had twice")
	}
	if _, err := holder.WriteString("who"); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); string(text) != "who" {
		t.Errorf("read %q, %v of a locked file", text, err)
	}
	waited := make(chan error)
	patient := open(t, path)
	go func() { waited <- Lock(patient) }()
	select {
	case err := <-waited:
		t.Errorf("a lock that another one holds was not waited for: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := holder.Close(); err != nil {
		t.Error(err)
	}
	if err := errors.Join(<-waited, patient.Close()); err != nil {
		t.Error(err)
	}
	if err := TryShare(other); err != nil {
		t.Error(err)
	}
	if err := TryShare(open(t, path)); err != nil {
		t.Error(err)
	}
}

// The error of a library has the way out, but where there is none.
func TestFirstLibrary(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		errs []error
		want string
	}{
		{[]error{ErrNoLibrary, ErrNoLibrary}, "name not found (tried 0, 1); install it"},
		{[]error{ErrNoLibrary, broken}, "name: 1: broken; install it"},
		{[]error{errUnused, errUnused}, "name: not used on " + runtime.GOOS + ", only on Linux and Windows"},
	} {
		_, err := FirstLibrary("name", []string{"0", "1"}, "install it", func(path string) (int, error) {
			return 0, c.errs[path[0]-'0']
		})
		if err == nil || err.Error() != c.want {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
}

// A file replaces another one, a folder gets a new name.
func TestRename(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	for path, text := range map[string]string{from: "new", to: "old"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Rename(from, to); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(to); string(text) != "new" {
		t.Errorf("%q, %v", text, err)
	}
	if err := SyncDir(dir); err != nil {
		t.Error(err)
	}
	if err := Rename(from, to); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestProcess(t *testing.T) {
	if !Alive(os.Getpid()) || Alive(1<<30) {
		t.Error("this process lives, one with a number beyond all does not")
	}
	if Worked() < 0 {
		t.Error("less than no time")
	}
}

// Pages are zero, and can be written.
func TestPages(t *testing.T) {
	pages, err := Pages(3 << 20)
	if err != nil {
		t.Fatal(err)
	}
	WishLarge(pages)
	if len(pages) != 3<<20 || pages[0] != 0 || pages[len(pages)-1] != 0 {
		t.Errorf("%d bytes, the first %d, the last %d", len(pages), pages[0], pages[len(pages)-1])
	}
	pages[len(pages)-1] = 1
	if err := FreePages(pages); err != nil {
		t.Error(err)
	}
}

func TestNoLibrary(t *testing.T) {
	for _, path := range []string{"no-such-library", filepath.Join(t.TempDir(), "none.so")} {
		if _, err := OpenLibrary(path); err == nil {
			t.Errorf("%s was loaded", path)
		}
	}
}
