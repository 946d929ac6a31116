package folder

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFind checks what is found: pictures by their endings, also below, through a link to the folder
// itself but none in it; and that a folder without is said to be one.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"b.PNG", "a.jpeg", "notes.txt", "c/d.webp", "empty/x.md", "run/events.jsonl", "run/thumbnails.png"} {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755), os.WriteFile(filepath.Join(dir, path), nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Symlink(dir, filepath.Join(dir, "c", "loop")), os.Symlink(dir, link)); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{dir, link, link + "/"} {
		files, unread, err := Find(from)
		var want []string
		for _, name := range []string{"a.jpeg", "b.PNG", "c/d.webp"} {
			want = append(want, filepath.Join(from, name))
		}
		if err != nil || unread != nil || !slices.Equal(files, want) {
			t.Errorf("found %q, %v; want %q", files, err, want)
		}
	}
	if _, _, err := Find(filepath.Join(dir, "empty")); err == nil || !strings.Contains(err.Error(), "has no pictures") {
		t.Errorf("error %v", err)
	}
}
