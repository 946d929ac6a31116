package catalog

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/cifar"
)

// isolate points the places of data sets, but for the system's, into a new directory, and returns
// what LGL_DATA is set to.
func isolate(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("LGL_DATA", filepath.Join(dir, "lgl"))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	return filepath.Join(dir, "lgl")
}

func write(t *testing.T, body []byte, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeIDX writes a data set of two training and two test images of one pixel to dir.
func writeIDX(t *testing.T, dir string) {
	t.Helper()
	for _, part := range []string{"train", "t10k"} {
		write(t, []byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 10, 20}, dir, part+"-images-idx3-ubyte")
		write(t, []byte{0, 0, 8, 1, 0, 0, 0, 2, 1, 0}, dir, part+"-labels-idx1-ubyte")
	}
}

// writeCIFAR100 writes a data set of one training and one test image to dir.
func writeCIFAR100(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"train.bin", "test.bin"} {
		write(t, slices.Concat([]byte{19, 99}, make([]byte, 3072)), dir, name)
	}
}

func open(t *testing.T, nameOrPath string, o Options) Set {
	t.Helper()
	s, err := Open(t.Context(), nameOrPath, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func refused(t *testing.T, nameOrPath, want string) {
	t.Helper()
	if _, err := Open(t.Context(), nameOrPath, Options{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %v; want %q", nameOrPath, err, want)
	}
}

func TestOpenPath(t *testing.T) {
	dir := isolate(t)
	writeIDX(t, filepath.Join(dir, "mine"))
	for _, path := range []string{"mine", "mine/t10k-labels-idx1-ubyte"} {
		s := open(t, filepath.Join(dir, path), Options{})
		if s.Name != "mine" || s.Where != filepath.Join(dir, "mine") || s.Train.Len() != 2 || !slices.Equal(s.Test.Classes(), []string{"0", "1"}) {
			t.Errorf("%s: %+v, classes %v", path, s, s.Test.Classes())
		}
	}
	writeCIFAR100(t, filepath.Join(dir, "c/cifar-100-binary"))
	for path, want := range map[string]int{"c": 100, "c/cifar-100-binary": 100, "c/cifar-100-binary/test.bin": 100} {
		s := open(t, filepath.Join(dir, path), Options{})
		if len(s.Train.Classes()) != want || s.Train.Label(0) != 99 || s.Train.(*cifar.Images).Coarse(0) != 19 {
			t.Errorf("%s: %d classes, label %d", path, len(s.Train.Classes()), s.Train.Label(0))
		}
	}
	if s := open(t, filepath.Join(dir, "c"), Options{Coarse: true}); len(s.Test.Classes()) != 20 || s.Test.Label(0) != 19 {
		t.Errorf("coarse: %d classes, label %d", len(s.Test.Classes()), s.Test.Label(0))
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := isolate(t)
	refused(t, "fashon-mnist", `data "fashon-mnist" is neither a path nor one of fashion-mnist, cifar10`)
	refused(t, filepath.Join(dir, "gone"), `gone": there is no such folder or file`)
	write(t, []byte("hello"), dir, "some", "notes.txt")
	refused(t, filepath.Join(dir, "some"), "no data set found; looked for MNIST's IDX files (without train-images-idx3-ubyte[.gz],")
	refused(t, filepath.Join(dir, "some", "notes.txt"), "notes.txt: no data set found")
	write(t, []byte("hello"), dir, "some", "x.tar.gz")
	refused(t, filepath.Join(dir, "some", "x.tar.gz"), "x.tar.gz: is no .tar.gz")
	refused(t, "cifar10", filepath.Join(dir, "cifar10")+", "+dir+", ")
	refused(t, "cifar10", "lgl data fetch cifar10")
	writeCIFAR100(t, filepath.Join(dir, "cifar100"))
	refused(t, "cifar100", "has 1 training and 1 test samples; the published data have 50000 and 10000")
	writeIDX(t, filepath.Join(dir, "fashion-mnist"))
	refused(t, "fashion-mnist", "holds other labels than Fashion-MNIST")
}

// A folder that may not be read is said to be so, not to have no data in it.
func TestOpenUnreadable(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o100); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadDir(dir); err == nil {
		t.Skip("root reads what nobody may")
	}
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("error %v; want one of permission", err)
	}
}

func TestToy(t *testing.T) {
	a, b := open(t, "toy", Options{Seed: 1}), open(t, "toy", Options{Seed: 1})
	other, overlap := open(t, "toy", Options{Seed: 2}), open(t, "toy-overlap", Options{Seed: 1})
	if a.Where != "generated" || a.Train.Len() != 3000 || a.Test.Len() != 3000 {
		t.Errorf("%s with %d and %d samples", a.Where, a.Train.Len(), a.Test.Len())
	}
	digest := func(s Set) string {
		d, err := data.Digest(s.Train)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if digest(a) != digest(b) || digest(a) == digest(other) || digest(a) == digest(overlap) {
		t.Error("the data do not follow from layout and seed")
	}
}

// TestGlyphs: a damaged file is said to be so, and made anew where Fetch puts data, for both names.
func TestGlyphs(t *testing.T) {
	if testing.Short() {
		t.Skip("generates 60000 images")
	}
	dir := isolate(t)
	write(t, []byte("x"), dir, "glyphs", "glyphs.bin")
	var said []string
	fine := open(t, "glyphs", Options{Say: func(line string) { said = append(said, line) }})
	if len(said) != 1 || !strings.Contains(said[0], "generated anew") {
		t.Errorf("said %q", said)
	}
	if info, err := os.Stat(filepath.Join(dir, "glyphs", "glyphs.bin")); err != nil || info.Size() != 60000*3072 {
		t.Errorf("kept: %v, %v", info, err)
	}
	coarse := open(t, "glyphs-coarse", Options{})
	if fine.Where != "generated" || len(fine.Train.Classes()) != 100 || len(coarse.Test.Classes()) != 9 {
		t.Errorf("%s, %d and %d classes", fine.Where, len(fine.Train.Classes()), len(coarse.Test.Classes()))
	}
	if a, b := fine.Train.(data.Pixels), coarse.Train.(data.Pixels); !bytes.Equal(a.Pixels(49999), b.Pixels(49999)) {
		t.Error("coarse: other images")
	}
	if _, err := Fetch(t.Context(), "glyphs", "", nil); err == nil || !strings.Contains(err.Error(), "is generated") {
		t.Errorf("fetch: %v", err)
	}
}

func TestListAndDescribe(t *testing.T) {
	if testing.Short() {
		t.Skip("generates 60000 images")
	}
	dir := isolate(t)
	writeCIFAR100(t, filepath.Join(dir, "cifar100"))
	found := map[string]string{}
	for _, info := range List() {
		if info.Found {
			found[info.Name] = info.Where
		}
		whole := info.Found && !strings.HasPrefix(info.Name, "cifar") // of CIFAR there is one record
		one, err := Describe(t.Context(), info.Name, Options{})
		if info.Names = one.Names; whole && (err != nil || len(one.Names) != info.Classes || !reflect.DeepEqual(one, info)) {
			t.Errorf("%s: %+v, %v; want %+v", info.Name, one, err, info)
		} else if !whole && err == nil {
			t.Errorf("%s: %+v; want an error: it is not here, or not whole", info.Name, one)
		}
	}
	if want := filepath.Join(dir, "cifar100"); found["cifar100"] != want || found["cifar100-coarse"] != want {
		t.Errorf("found %v", found)
	}
	if _, ok := found["cifar10"]; ok || found["toy"] != "generated" {
		t.Errorf("found %v", found)
	}
	writeIDX(t, filepath.Join(dir, "mine"))
	info, err := Describe(t.Context(), filepath.Join(dir, "mine"), Options{})
	if err != nil || info.Classes != 2 || !slices.Equal(info.Names, []string{"0", "1"}) || info.Train != 2 || !slices.Equal(info.Shape, []int{1, 1, 1}) || !info.Found {
		t.Errorf("%+v, %v", info, err)
	}
	if _, err := Describe(t.Context(), "nothing", Options{}); err == nil {
		t.Error("nothing: no error")
	}
}

// TestFashionMNIST reads the real data, by name and by path, and compares with what is widely
// known of them: 6000 and 1000 images a class, the first ten labels, and the mean and deviation
// that everyone normalises with, 0.2860 and 0.3530.
func TestFashionMNIST(t *testing.T) {
	isolate(t)
	const dir = "/usr/share/datasets/fashion-mnist"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("needs Debian's package dataset-fashion-mnist")
	}
	for _, name := range []string{"fashion-mnist", dir} {
		s := open(t, name, Options{})
		if s.Name != "fashion-mnist" || s.Where != dir || s.Train.Classes()[9] != "Ankle boot" || s.Test.Classes()[0] != "T-shirt/top" {
			t.Errorf("%s: %s in %s, classes %v", name, s.Name, s.Where, s.Train.Classes())
		}
		for part, want := range map[data.Source]int{s.Train: 6000, s.Test: 1000} {
			count := make([]int, 10)
			for _, label := range data.Labels(part) {
				count[label]++
			}
			if slices.Min(count) != want || slices.Max(count) != want {
				t.Errorf("%s: %v images a class; want %d", name, count, want)
			}
		}
		if first := data.Labels(s.Train)[:10]; !slices.Equal(first, []int{9, 0, 0, 3, 0, 2, 7, 2, 5, 5}) {
			t.Errorf("%s: first labels %v", name, first)
		}
		mean, std, err := augment.Measure(context.Background(), s.Train)
		if err != nil || math.Abs(float64(mean[0])-0.2860) > 5e-5 || math.Abs(float64(std[0])-0.3530) > 5e-5 {
			t.Errorf("%s: mean %v, deviation %v, %v", name, mean, std, err)
		}
	}
}

// TestPinnedFilesAreTheSystems checks the pinned digests against Debian's files.
func TestPinnedFilesAreTheSystems(t *testing.T) {
	const dir = "/usr/share/datasets/fashion-mnist"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("needs Debian's package dataset-fashion-mnist")
	}
	for _, r := range fashionFiles {
		body, err := os.ReadFile(filepath.Join(dir, r.name))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.check(bytes.NewReader(body)); err != nil {
			t.Errorf("%s %v", r.name, err)
		}
	}
}
