package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
)

// taken is what reading a text may take: about 500 bytes for each of its marks.
func taken(b []byte) uint64 { return 1<<20 + 1000*uint64(len(b)) }

// put writes b to path.
func put(t *testing.T, path string, b []byte) {
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkSettings reads b as settings. An error names the file; what is read is read again from what
// YAML writes of it.
func checkSettings(t *testing.T, path string, b []byte) (err error) {
	put(t, path, b)
	var c Config
	mutate.Within(t, taken(b), func() { c, err = Load(path, Default()) })
	if err != nil {
		if !strings.HasPrefix(err.Error(), path+":") || len(err.Error()) > 4000 {
			t.Errorf("error %.2000v", err)
		}
		return err
	}
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, text)
	if again, err := Load(path, Default()); err != nil || !same(again, c) {
		t.Errorf("read %+v; written and read again %+v, %v", c, again, err)
	}
	return nil
}

// same compares settings, of which a number may be NaN.
func same(a, b Config) bool { return fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b) }

func settings(t testing.TB) [][]byte {
	text, err := Default().YAML()
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{text, []byte("batch: 3\nlr: [1, {a: *b}]\n"), []byte("# x\n---\nbatch: 7\ndata: >\n  a\n  b\n...\n"), []byte("{batch: 7, keep-momentum: true}")}
}

func FuzzLoad(f *testing.F) {
	for _, b := range settings(f) {
		f.Add(b)
	}
	path := filepath.Join(f.TempDir(), "run.yaml")
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkSettings(t, path, b) })
}

// checkNames reads b as an order and as a hierarchy: every class comes once.
func checkNames(t *testing.T, path string, b []byte) error {
	put(t, path, b)
	failed := errors.New("not read")
	var order []int
	var groups [][]int
	for _, load := range []func() error{
		func() (err error) { order, err = LoadOrder(path, garments); return err },
		func() (err error) {
			groups, err = LoadHierarchy(path, garments)
			order = slices.Concat(groups...)
			return err
		},
	} {
		mutate.Within(t, taken(b), func() {
			if err := load(); err != nil {
				if !strings.HasPrefix(err.Error(), path+":") || len(err.Error()) > 4000 {
					t.Errorf("error %.2000v", err)
				}
				return
			}
			failed = nil
			if all := slices.Sorted(slices.Values(order)); !slices.Equal(all, []int{0, 1, 2, 3, 4}) {
				t.Errorf("read %v", order)
			}
		})
	}
	return failed
}

func names() [][]byte {
	return [][]byte{
		[]byte("# best last\r\nAnkle boot\r\n\r\n  T-shirt/top\r\n#no\r\n#\r\nyes\r\n1"),
		[]byte("upper: [T-shirt/top, yes]\nshoes: [Ankle boot]\nother: [1, \"#\"]\n"),
		[]byte("# of clothes\nupper:\n  - T-shirt/top\n  - yes # a name\nshoes:\n- 'Ankle boot'\nother:\n- 1\n- '#'"),
	}
}

func FuzzNames(f *testing.F) {
	for _, b := range names() {
		f.Add(b)
	}
	path := filepath.Join(f.TempDir(), "names")
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkNames(t, path, b) })
}

func TestMutations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	mutate.Each(t, 64<<20, settings(t), func(t *testing.T, b []byte) error { return checkSettings(t, path, b) })
	mutate.Each(t, 64<<20, names(), func(t *testing.T, b []byte) error { return checkNames(t, path, b) })
}

// TestLongTexts: what is long, or deep, or dense is refused at once, by name.
func TestLongTexts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	long := func(unit string, n int) []byte { return []byte(strings.Repeat(unit, n/len(unit))) }
	for _, c := range []struct {
		text  []byte
		want  string
		names bool
	}{
		{long("a", mostSettings+1), "file: is longer than 65536 bytes", false},
		{long("#", mostNames+1), "file: is longer than 4194304 bytes", true},
		{long("[],", mostNames), "file: has 4194303 of the marks", true},
		{long("[", mostSettings), "file:1: lists and mappings stand more than 20 deep", false},
		{long("{a: ", mostSettings), "file:1: lists and mappings stand more than 20 deep", false},
		{long("- ", mostSettings), "file:1: lists and mappings stand more than 20 deep", false},
		{long("? ", mostSettings), "file:1: lists and mappings stand more than 20 deep", false},
		{long("a: b: ", mostSettings), "file: ", false},
		{[]byte("data: x\xff\n"), "file:1: is not UTF-8", false},
	} {
		put(t, path, c.text)
		mutate.Within(t, 400<<20, func() {
			_, err := Load(path, Default())
			if c.names {
				_, err = LoadHierarchy(path, garments)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.20q ...: %.300v; want %q", c.text, err, c.want)
			}
		})
	}
	if _, err := Load("/dev/zero", Default()); err == nil || !strings.Contains(err.Error(), "/dev/zero: is longer than") {
		t.Errorf("a device: %v", err)
	}
}

// TestManyClasses: files with the names of 100,000 classes are read in time, whose square they took.
func TestManyClasses(t *testing.T) {
	const k = 100_000
	var classes, lines []string
	for i := range k {
		classes = append(classes, fmt.Sprintf("class number %d", i))
		if i%100 == 0 {
			lines = append(lines, fmt.Sprintf("group %d:", i/100))
		}
		lines = append(lines, "  - "+classes[i])
	}
	path := filepath.Join(t.TempDir(), "file")
	put(t, path, []byte(strings.Join(classes, "\n")))
	if order, err := LoadOrder(path, classes); err != nil || len(order) != k || order[k-1] != k-1 {
		t.Errorf("order: %d classes, %v", len(order), err)
	}
	put(t, path, []byte(strings.Join(lines, "\n")))
	if groups, err := LoadHierarchy(path, classes); err != nil || len(groups) != k/100 || groups[999][99] != k-1 {
		t.Errorf("hierarchy: %d groups, %v", len(groups), err)
	}
}
