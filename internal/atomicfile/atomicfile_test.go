package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func content(t *testing.T, dir string) map[string]string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

func TestWriteReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, text := range []string{"old", "new and longer", ""} {
		if err := Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
		if got := content(t, dir); len(got) != 1 || got["a"] != text {
			t.Errorf("directory holds %v; want a: %q", got, text)
		}
	}
}

func TestFailureLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	err := Write(path, func(w io.Writer) error { fmt.Fprint(w, "half"); return full })
	if !errors.Is(err, full) {
		t.Errorf("error %v; want %v", err, full)
	}
	if got := content(t, dir); len(got) != 1 || got["a"] != "old" {
		t.Errorf("directory holds %v; want the old file alone", got)
	}
}

func TestNoSuchDirectory(t *testing.T) {
	if err := Write(filepath.Join(t.TempDir(), "none", "a"), func(io.Writer) error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// A directory in the way of the rename: an error, and no temporary file.
func TestRenameFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "a"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a directory was replaced")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// What cannot be written is told ahead, and nothing is left, whether it can or not.
func TestCheckLeavesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir("folder", 0o700), os.Symlink("nowhere", "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of   string
		path string
		try  func(string) error
		good bool
	}{
		{"Check", "new", Check, true}, {"Check", "file", Check, true}, {"Check", "folder/new", Check, true},
		{"Check", "folder", Check, false}, {"Check", "link", Check, false}, {"Check", "none/new", Check, false}, {"Check", "file/new", Check, false},
		{"CheckDir", "folder", CheckDir, true}, {"CheckDir", "new", CheckDir, true}, {"CheckDir", "folder/a/b", CheckDir, true},
		{"CheckDir", "file", CheckDir, false}, {"CheckDir", "file/a/b", CheckDir, false}, {"CheckDir", "link", CheckDir, false},
	} {
		if err := c.try(c.path); (err == nil) != c.good {
			t.Errorf("%s(%s): %v", c.of, c.path, err)
		}
	}
	var left []string
	for _, dir := range []string{".", "folder"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			left = append(left, e.Name())
		}
	}
	if got := fmt.Sprint(left); got != "[file folder link]" {
		t.Errorf("what is there: %s", got)
	}
}

// A file keeps its mode; a new one has what the umask leaves.
func TestMode(t *testing.T) {
	dir := t.TempDir()
	like, old, fresh := filepath.Join(dir, "like"), filepath.Join(dir, "old"), filepath.Join(dir, "fresh")
	if err := errors.Join(os.WriteFile(like, nil, 0o666), os.WriteFile(old, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{old: old, fresh: like} {
		want, err := os.Stat(want)
		if err != nil {
			t.Fatal(err)
		}
		if err := Write(path, func(io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != want.Mode() {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want.Mode())
		}
	}
}

// What a Write left that was killed is taken away by one to the same path, a day later.
func TestOldRemainsGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with[brackets")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{".a.tmp-1": 25 * time.Hour, ".a.tmp-2": time.Hour, ".b.tmp-3": 25 * time.Hour, ".a.tmp-mine": 25 * time.Hour} {
		path, then := filepath.Join(dir, name), time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(filepath.Join(dir, "a"), func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(content(t, dir)); got != "map[.a.tmp-2: .a.tmp-mine: .b.tmp-3: a:]" {
		t.Error(got)
	}
}
