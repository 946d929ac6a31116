package steadyfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func file(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadAll(t *testing.T) {
	path := file(t, "hello")
	if got, err := ReadAll(path, 5); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := ReadAll(path, 4); err == nil || err.Error() != path+": has 5 bytes; want at most 4" {
		t.Errorf("too long: %v", err)
	}
	if _, err := ReadAll(path+"x", 4); !os.IsNotExist(err) {
		t.Errorf("missing: %v", err)
	}
}

// A file that is cut, continued or written over while it is open is reported.
func TestUnchanged(t *testing.T) {
	for want, change := range map[string]func(path string) error{
		"from 5 to 3 bytes":      func(path string) error { return os.Truncate(path, 3) },
		"from 5 to 9 bytes":      func(path string) error { return os.WriteFile(path, []byte("something"), 0o644) },
		"was written to":         func(path string) error { return os.Chtimes(path, time.Time{}, time.Unix(1, 1)) },
		"":                       func(string) error { return nil },
		"(another in its place)": func(path string) error { return os.Rename(file(t, "other"), path) },
	} {
		path := file(t, "hello")
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := f.Unchanged(); err != nil {
			got = err.Error()
		}
		if still := strings.HasPrefix(want, "(") || want == ""; still != (got == "") || !still && !strings.Contains(got, want) {
			t.Errorf("%q: %q", want, got)
		}
		f.Close()
	}
}
