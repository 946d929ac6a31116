//go:build unix

package ui

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Pictures that are too large are closed again.
func TestLargePictures(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, thumbnailsName)
	if err := errors.Join(os.WriteFile(name, nil, 0o644), os.Truncate(name, mostPicture+1)); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	open := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(all)
	}
	before := open()
	for range 20 {
		if _, err := readPicture(root, "."); err == nil {
			t.Fatal("pictures of more than 16 MiB were read")
		}
	}
	if n := open(); n > before+10 { // other tests open some, too
		t.Errorf("%d files are open; %d were before", n, before)
	}
}

// Links are not followed, and what is no file is no log: a pipe would hold up who opens it.
func TestLinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	all := logOf(t, usual().tell())
	put(t, outside, "secret", all...)
	put(t, dir, "real", all...)
	for name, to := range map[string]string{"linked": filepath.Join(outside, "secret"), "inside": "real"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, make := range map[string]func(string) error{
		"link":   func(p string) error { return os.Symlink(filepath.Join(outside, "secret", logName), p) },
		"pipe":   func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"folder": func(p string) error { return os.Mkdir(p, 0o700) },
	} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := make(filepath.Join(dir, name, logName)); err != nil {
			t.Fatal(err)
		}
	}
	run := filepath.Join(dir, "real")
	if err := os.Symlink(filepath.Join(outside, "secret", logName), filepath.Join(run, thumbnailsName)); err != nil {
		t.Fatal(err)
	}
	latin1 := os.Mkdir(filepath.Join(dir, "caf\xe9"), 0o755) // which not every file system takes
	if latin1 == nil {
		put(t, dir, "caf\xe9/run", all...)
	}
	s := serve(t, dir)
	got := s.list()
	if _, is := got["caf\uFFFD/run"]; is != (latin1 == nil) {
		t.Errorf("a run below a folder whose name is no UTF-8 is found: %v", is)
	}
	delete(got, "caf\uFFFD/run")
	if len(got) != 1 || got["real"] == nil {
		t.Errorf("found %v; want the real one alone", got)
	}
	if status, _ := s.get("/api/runs/" + idOf("real") + "/thumbnails.png"); status != 404 {
		t.Errorf("a link to pictures: status %d", status)
	}
	// A log that becomes a link while it is shown.
	if err := os.Rename(run, run+"-was"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), run); err != nil {
		t.Fatal(err)
	}
	if status, body := s.get("/api/runs/" + idOf("real")); status == 200 {
		t.Errorf("a link was followed: %.200s", body)
	}
}
