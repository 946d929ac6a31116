package meant

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// The definition, by recursion.
func TestDistance(t *testing.T) {
	var slow func(a, b string) int
	slow = func(a, b string) int {
		if a == "" || b == "" {
			return len(a) + len(b)
		}
		change := slow(a[1:], b[1:])
		if a[0] != b[0] {
			change++
		}
		return min(change, slow(a[1:], b)+1, slow(a, b[1:])+1)
	}
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, r.IntN(6))
		for i := range b {
			b[i] = 'a' + byte(r.IntN(3))
		}
		return string(b)
	}
	for range 300 {
		if a, b := word(), word(); distance(a, b) != slow(a, b) {
			t.Errorf("distance of %q and %q is %d; want %d", a, b, distance(a, b), slow(a, b))
		}
	}
}

// Distances that are known.
func TestDistanceKnown(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "run", 3}, {"run", "", 3}, {"frist", "first", 2}, {"kitten", "sitting", 3}, {"herb-s1", "herb-s2", 1}, {"run", "run", 0}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d; want %d", c.a, c.b, got, c.want)
		}
	}
}

// A name that is spelt nearly so, and none that differs in more.
func TestName(t *testing.T) {
	names := []string{"balance", "budget", "Batch"}
	for word, want := range map[string]string{"balnce": "balance", "BUDGET": "budget", "batsh": "Batch", "bal": "", "": ""} {
		if got := Name(word, names, 3); got != want {
			t.Errorf("%q is taken for %q; want %q", word, got, want)
		}
	}
}

// A path each of whose names may be misspelt, one that is seen from above, and how it is named here.
func TestPaths(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "runs", "first", "weights"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(root, "runs", "first"))
	if got, want := Path(filepath.Join(root, "rums", "frist"), isFolder), filepath.Join(root, "runs", "first"); got != want {
		t.Errorf("%q; want %q", got, want)
	}
	if got := Path(filepath.Join(root, "rums", "second"), isFolder); got != "" {
		t.Errorf("%q; want none", got)
	}
	if got, want := FromAbove(filepath.Join("runs", "first", "weights"), isFolder), "weights"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
	if got := FromAbove("nowhere", isFolder); got != "" {
		t.Errorf("%q; want none", got)
	}
}
