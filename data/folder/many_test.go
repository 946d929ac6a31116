package folder

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	tells(t, dir+": looking for pictures, 1 of 3 class folders so far\n", func(s *scanner) error {
		_, err := s.classes(dir, []string{"a", "b", "c"})
		return err
	})
}

// tells holds what is said of a search that takes long to want, and that nothing is said of others, or of a check's.
func tells(t *testing.T, want string, search func(*scanner) error) {
	t.Helper()
	for _, c := range []struct {
		ago    time.Duration
		refuse func(string, error)
		want   string
	}{{0, nil, ""}, {time.Minute, nil, want}, {time.Minute, func(string, error) {}, ""}} {
		said := ""
		s := &scanner{
			ctx: t.Context(), say: func(line string) { said += line + "\n" }, seen: map[string]string{},
			began: time.Now().Add(-c.ago), refuse: c.refuse, found: func() {},
		}
		if err := search(s); err != nil || said != c.want {
			t.Errorf("after %v: %v, %q; want %q", c.ago, err, said, c.want)
		}
	}
}

// So does the search for the files of a label file.
func TestLabelledTells(t *testing.T) {
	dir := manyLabelled(t, 100)
	l, err := readLabels(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	tells(t, dir+": looking for pictures, 1 of 100 files so far\n", func(s *scanner) error {
		s.dir = dir
		n, err := s.list(dir, l)
		if err == nil {
			_, err = s.labelled(n, "", l.classes(""), l.path)
		}
		return err
	})
}

// Whoever watches a check is told of each picture that is found, looked for and checked, in this order; and again of those
// that are found once the unusable ones were moved away.
func TestCheckWatched(t *testing.T) {
	parts := tree(t, "train/a/1.png", "train/a/deep/2.png", "train/b/3.png", "train/b/no.txt", "test/a/4.png", "test/b/5.png->../../gone.png")
	labelled := labelledTree(t, "labels.csv", "file,label,split\n1.png,a,train\n2.png,b,train\n3.png,a,test\n", "1.png", "2.png", "3.png", "4.png")
	for _, c := range []struct {
		dir         string
		want, again []string
	}{
		{parts, []string{"found 4 of 0", "checked 4 of 4"}, []string{"found 4 of 0"}},
		{labelled, []string{"looked for 2 of 2", "found 4 of 0", "looked for 1 of 1", "checked 3 of 3"},
			[]string{"looked for 2 of 2", "found 4 of 0", "looked for 1 of 1"}},
	} {
		var told []string
		was, before := "", 0
		r, err := Check(t.Context(), c.dir, "", func(doing string, done, of int) {
			if doing != was {
				told, was, before = append(told, ""), doing, 0
			}
			if done != before+1 {
				t.Errorf("%s %d behind %d", doing, done, before)
			}
			told[len(told)-1], before = fmt.Sprintf("%s %d of %d", doing, done, of), done
		})
		if err != nil || !slices.Equal(told, c.want) {
			t.Errorf("%q, %v; want %q", told, err, c.want)
		}
		told, was = nil, ""
		if err := r.Quarantine(); err != nil || !slices.Equal(told, c.again) {
			t.Errorf("again %q, %v; want %q", told, err, c.again)
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
	dir = labelledTree(t, "labels.csv", "file,label\n1.png,a\n2.png,b\n", "1.png", "2.png")
	if _, err := scan(before, dir, "", false, func(string) {}, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("before the files of a label file are looked for: %v", err)
	}
}

// manyLabelled is a folder of n pictures in a tenth as many folders, of as many classes, and their label file, in no order.
// Those at missing are not there.
func manyLabelled(t testing.TB, n int, missing ...int) string {
	t.Helper()
	dir, text := t.TempDir(), "file,label\n"
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		name := fmt.Sprintf("%04d/%06d.png", i/10, i)
		text += fmt.Sprintf("%s,%04d\n", name, i%(n/10))
		if slices.Contains(missing, i) {
			continue
		}
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// However a label file is ordered, its pictures come class by class, each sorted by path. Of those that are not there, all are
// told, and first the one of the first line.
func TestManyLabelled(t *testing.T) {
	p, err := scan(t.Context(), manyLabelled(t, 2000), "", false, func(string) {}, nil, nil)
	if err != nil || len(p.train) != 1600 || len(p.test) != 400 {
		t.Fatalf("%d and %d; %v", len(p.train), len(p.test), err)
	}
	for _, part := range [][]file{p.train, p.test} {
		for i := range part[1:] {
			a, b := part[i], part[i+1]
			if a.label > b.label || a.label == b.label && a.path >= b.path {
				t.Fatalf("%s of class %d before %s of %d", a.path, a.label, b.path, b.label)
			}
		}
	}
	dir := manyLabelled(t, 2000, 7, 1999, 500)
	text, err := os.ReadFile(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines, first := strings.Split(string(text), "\n"), ""
	for i := len(lines) - 1; i >= 0; i-- {
		if name, _, _ := strings.Cut(lines[i], ","); name != "" && i > 0 && !exists(filepath.Join(dir, name)) {
			first = fmt.Sprintf("labels.csv:%d: stat %s", i+1, filepath.Join(dir, name))
		}
	}
	_, err = scan(t.Context(), dir, "", false, func(string) {}, nil, nil)
	if err == nil || !strings.Contains(err.Error(), first) || !strings.Contains(err.Error(), "not there: 3 of 2,000 files") {
		t.Errorf("%v; want %q and 3 of 2,000", err, first)
	}
}

// BenchmarkLabels is what it takes to know the pictures of a label file.
func BenchmarkLabels(b *testing.B) {
	const n = 20_000
	dir := manyLabelled(b, n)
	for b.Loop() {
		if p, err := scan(b.Context(), dir, "", false, func(string) {}, nil, nil); err != nil || len(p.train)+len(p.test) != n {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "rows/s")
}
