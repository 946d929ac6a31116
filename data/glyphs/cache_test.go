package glyphs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
)

// made is what a store in these tests generates.
var made = []byte("images, images, images")

// newStore returns a store in dir; what it says goes to lines, and generated counts.
func newStore(dir string) (s store, lines *[]string, generated *int) {
	sum := sha256.Sum256(made)
	lines, generated = new([]string), new(int)
	return store{
		dir: dir, bytes: len(made), sha256: hex.EncodeToString(sum[:]),
		generate: func() ([]byte, error) { *generated++; return slices.Clone(made), nil },
		say:      func(line string) { *lines = append(*lines, line) },
	}, lines, generated
}

// expect opens the store and wants the images, so many generations so far, and what was said.
func expect(t *testing.T, s store, lines *[]string, generated *int, times int, said ...string) {
	t.Helper()
	got, err := s.images()
	if err != nil || !bytes.Equal(got, made) {
		t.Fatalf("%q, %v", got, err)
	}
	if *generated != times || len(*lines) != len(said) {
		t.Fatalf("generated %d times, said %q; want %d, %q", *generated, *lines, times, said)
	}
	for i, want := range said {
		if !strings.Contains((*lines)[i], want) || strings.Contains((*lines)[i], "\n") {
			t.Errorf("said %q; want %q", (*lines)[i], want)
		}
	}
	*lines = nil
}

func TestCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s, lines, generated := newStore(dir)
	expect(t, s, lines, generated, 1)
	expect(t, s, lines, generated, 1)
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%v, %v in the directory", files, err)
	}
	s.dir = ""
	expect(t, s, lines, generated, 2)
}

// TestDamagedCache: a file that is not as it was is said to be so, and made anew.
func TestDamagedCache(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(b []byte) []byte
		want   string
	}{
		"bit":       {func(b []byte) []byte { b[7] ^= 4; return b }, "glyphs.bin: has SHA-256 "},
		"truncated": {func(b []byte) []byte { return b[:10] }, "glyphs.bin: has 10 bytes; want 22"},
		"longer":    {func(b []byte) []byte { return append(b, 0) }, "glyphs.bin: has 23 bytes; want 22"},
		"empty":     {func(b []byte) []byte { return nil }, "glyphs.bin: has 0 bytes"},
	} {
		s, lines, generated := newStore(t.TempDir())
		expect(t, s, lines, generated, 1)
		if err := os.WriteFile(filepath.Join(s.dir, file), c.damage(slices.Clone(made)), 0o644); err != nil {
			t.Fatal(name, err)
		}
		expect(t, s, lines, generated, 2, c.want)
		expect(t, s, lines, generated, 2)
	}
}

// TestNoCache: a place that cannot be written to, or read from, does without, and says so.
func TestNoCache(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "blocked")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s, lines, generated := newStore(filepath.Join(blocked, "glyphs"))
	expect(t, s, lines, generated, 1, "the images are not kept")
	expect(t, s, lines, generated, 2, "the images are not kept")

	s, lines, generated = newStore(t.TempDir())
	if err := os.MkdirAll(filepath.Join(s.dir, file, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	expect(t, s, lines, generated, 1, "glyphs.bin: is a directory; want a regular file", "the images are not kept")
}

// TestOtherImages: images that are not everyone's are refused, and not kept.
func TestOtherImages(t *testing.T) {
	s, _, _ := newStore(t.TempDir())
	s.generate = func() ([]byte, error) { return []byte("other"), nil }
	if _, err := s.images(); err == nil || !strings.Contains(err.Error(), "draws other images") {
		t.Errorf("error %v", err)
	}
	s.generate = func() ([]byte, error) { return nil, errors.New("no font") }
	if _, err := s.images(); err == nil || err.Error() != "no font" {
		t.Errorf("error %v", err)
	}
	if files, _ := os.ReadDir(s.dir); len(files) != 0 {
		t.Errorf("left %v", files)
	}
}

// checkCache puts b in the file: it is taken if it is what would be generated, and otherwise said to
// be damaged and made anew. Either way the images are right.
func checkCache(t *testing.T, s store, lines *[]string, b []byte) error {
	*lines = nil
	if err := os.WriteFile(filepath.Join(s.dir, file), b, 0o644); err != nil {
		t.Fatal(err)
	}
	mutate.Within(t, 1<<20+2*uint64(len(b)), func() {
		if got, err := s.images(); err != nil || !bytes.Equal(got, made) {
			t.Errorf("%q, %v", got, err)
		}
	})
	if bytes.Equal(b, made) != (*lines == nil) {
		t.Errorf("said %q", *lines)
	}
	if *lines != nil {
		return errors.New((*lines)[0])
	}
	return nil
}

func FuzzCache(f *testing.F) {
	f.Add(made)
	f.Add(made[1:])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, lines, _ := newStore(t.TempDir())
		_ = checkCache(t, s, lines, b)
	})
}

// TestMutations: every damaged file is refused.
func TestMutations(t *testing.T) {
	s, lines, _ := newStore(t.TempDir())
	mutate.Each(t, 1<<20, [][]byte{made}, func(t *testing.T, b []byte) error {
		err := checkCache(t, s, lines, b)
		if err == nil {
			t.Error("damaged images were taken")
		}
		return err
	})
}
