package folder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/local-to-global/lgl/data"
)

// A folder of very many pictures (100,000 with LGL_TORTURE=1) is opened and digested without that one of
// them is read whole, and one can be read at once.
func TestTortureManyFiles(t *testing.T) {
	n := 2_000
	if os.Getenv("LGL_TORTURE") == "1" {
		n = 100_000
	}
	dir, picture := t.TempDir(), somePNG(t, 0)
	for i := range n + 2 {
		path := filepath.Join(dir, "train", "a", fmt.Sprintf("%06d.png", i))
		if i >= n {
			path = filepath.Join(dir, []string{"train", "val"}[i-n], "a", "first.png")
		}
		if i == 0 || i >= n {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	train, _, err := Open(t.Context(), dir, "", 8, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	opened := time.Since(began)
	if _, err := data.Digest(train); err != nil || train.Len() != n+1 {
		t.Fatalf("%d pictures, %v", train.Len(), err)
	}
	digested := time.Since(began) - opened
	for i := range train.Len() {
		if _, read := train.Sum(i); read {
			t.Fatalf("picture %d was read", i)
		}
	}
	if err := train.Sample(n/2, make([]float32, 3*8*8)); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pictures: opened in %v, digested in %v", n, opened.Round(time.Millisecond), digested.Round(time.Millisecond))
}

// A walk that takes long says how far it is, once; that of a check, whose notes are findings, does not.
func TestWalkTells(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		ago    time.Duration
		refuse func(string, error)
		want   string
	}{
		{0, nil, ""},
		{time.Minute, nil, dir + ": looking for pictures, 1 of 3 class folders so far\n"},
		{time.Minute, func(string, error) {}, ""},
	} {
		said := ""
		s := scanner{ctx: t.Context(), say: func(line string) { said += line + "\n" }, seen: map[string]string{}, began: time.Now().Add(-c.ago), refuse: c.refuse}
		if _, err := s.classes(dir, []string{"a", "b", "c"}); err != nil || said != c.want {
			t.Errorf("after %v: %v, %q; want %q", c.ago, err, said, c.want)
		}
	}
}

// The search of a folder ends when it is asked to: before a class is walked, and before headers are read.
func TestSearchEnds(t *testing.T) {
	dir := tree(t, "a/1.png", "a/2.png", "b/1.png", "b/2.png")
	before, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Open(before, dir, "", 8, func(string) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("before the walk: %v", err)
	}
	behind, cancel := context.WithCancel(t.Context())
	split := func(string) { cancel() } // told when the walk is done
	if _, _, err := Open(behind, dir, "", 8, split); !errors.Is(err, context.Canceled) {
		t.Errorf("behind the walk: %v", err)
	}
}
