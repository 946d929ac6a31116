package catalog

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
)

// list writes the list of the data at path, and returns its text, which sha256sum must find right.
func list(t *testing.T, path string) string {
	t.Helper()
	where, files, err := Manifest(t.Context(), path, "")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	cmd := exec.Command("sha256sum", "--strict", "-c", manifestName)
	cmd.Dir = filepath.Dir(where)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sha256sum: %v\n%s", err, out)
	}
	text, err := os.ReadFile(where)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func namesOf(text string) (names []string) {
	for line := range strings.Lines(text) {
		names = append(names, strings.TrimSuffix(line[66:], "\n"))
	}
	return names
}

// A list is what sha256sum checks, the same each time; any bit that flips in any file, a file that
// it does not list and one that is gone are reported by name, and a new list takes all as it is.
func TestManifest(t *testing.T) {
	idx, cifar := t.TempDir(), t.TempDir()
	writeIDX(t, idx)
	writeCIFAR100(t, cifar)
	for dir, files := range map[string][]string{
		idx:   {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
		cifar: {"test.bin", "train.bin"},
	} {
		text := list(t, dir)
		if again := list(t, dir); again != text || !slices.Equal(namesOf(text), files) {
			t.Errorf("%s, then %s; want %v", text, again, files)
		}
		open(t, dir, Options{})
		for _, name := range files {
			path := filepath.Join(dir, name)
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for bit := 0; bit < 8*len(good); bit += 1 + len(good)/8 {
				bad := bytes.Clone(good)
				bad[bit/8] ^= 1 << (bit % 8)
				write(t, bad, path)
				refused(t, dir, path+": has SHA-256 "+digest(bad)+"; "+filepath.Join(dir, manifestName)+" lists "+digest(good)+": it was changed or damaged; get it anew, or")
			}
			write(t, good, path)
		}
		open(t, dir, Options{})
	}
	write(t, []byte("x"), cifar, "fine_label_names.txt")
	refused(t, cifar, "fine_label_names.txt: "+filepath.Join(cifar, manifestName)+" does not list it; ")
	if err := os.Remove(filepath.Join(cifar, "fine_label_names.txt")); err != nil {
		t.Fatal(err)
	}
	open(t, cifar, Options{})
	write(t, append([]byte(list(t, cifar)), strings.Repeat("0", 64)+" *gone.bin\n"...), cifar, manifestName)
	refused(t, cifar, "lists gone.bin, which is not there")
	if text := list(t, cifar); strings.Contains(text, "gone") {
		t.Errorf("a new list has what is gone: %s", text)
	}
}

// An editor on Windows ends lines with CR LF.
func TestManifestOfWindows(t *testing.T) {
	files, err := parseManifest(strings.Repeat("ab", 32) + "  my file\r\n")
	if err != nil || len(files) != 1 || files[0].File != "my file" {
		t.Errorf("%q, %v", files, err)
	}
}

// A list of several data sets in one directory keeps what it has of the others; an archive is one file.
func TestManifestOfSeveral(t *testing.T) {
	dir := t.TempDir()
	writeIDX(t, dir)
	list(t, dir)
	write(t, []byte("another"), dir, "my\\other\nfile")
	write(t, []byte(`\`+digest([]byte("another"))+`  my\\other\nfile`+"\n"), dir, "one")
	before, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		t.Fatal(err)
	}
	one, err := os.ReadFile(filepath.Join(dir, "one"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, slices.Concat(before, one), dir, manifestName)
	if text := list(t, dir); text != string(one)+string(before) {
		t.Errorf("%s; want %s%s", text, one, before)
	}
	open(t, dir, Options{})
}

func TestManifestRefuses(t *testing.T) {
	dir := isolate(t)
	writeIDX(t, filepath.Join(dir, "mine"))
	write(t, []byte("hello\n"), dir, "mine", manifestName)
	refused(t, filepath.Join(dir, "mine"), manifestName+`:1: found "hello"; want 64 hexadecimal digits, two spaces and the name of a file; mend it, or delete it`)
	spaced := filepath.Join(dir, "my data")
	writeIDX(t, spaced)
	list(t, spaced)
	write(t, nil, spaced, "t10k-images-idx3-ubyte")
	refused(t, spaced, "write the list anew: lgl data manifest '"+spaced+"'")
	damaged := filepath.Join(dir, "damaged")
	writeIDX(t, damaged)
	write(t, nil, damaged, "t10k-images-idx3-ubyte")
	for path, want := range map[string]string{
		"toy":                       `data "toy" is generated; there are no files to list`,
		"glyphs":                    `data "glyphs" is generated`,
		"cifar10":                   "lgl data fetch cifar10",
		filepath.Join(dir, "mine"):  "mend it, or delete it",
		filepath.Join(dir, "other"): "no such folder or file",
		damaged:                     "t10k-images-idx3-ubyte: the header is cut short",
	} {
		if _, _, err := Manifest(t.Context(), path, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", path, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(damaged, manifestName)); err == nil {
		t.Error("data that cannot be read were listed")
	}
}

// Who reads a list to which another process adds lines changes nothing of it.
func TestReadSums(t *testing.T) {
	path, line := filepath.Join(t.TempDir(), "files.sha256"), Listed{"a", digest(nil)}.Line()
	torn := []byte(line + line[:20])
	write(t, torn, path)
	files, whole, err := ReadSums(path)
	if err != nil || len(files) != 1 || files[0].File != "a" || whole != int64(len(line)) {
		t.Errorf("%v, %d, %v; want one file, in %d bytes", files, whole, err, len(line))
	}
	if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, torn) {
		t.Errorf("the list is %q now, %v; it was %q", left, err, torn)
	}
}

// checkManifest takes b apart; what is read is written and read again the same.
func checkManifest(t *testing.T, b []byte) (err error) {
	var files []Listed
	mutate.Within(t, 1<<20+64*uint64(len(b)), func() { files, err = parseManifest(string(b)) })
	if err != nil {
		return err
	}
	path := filepath.Join(t.TempDir(), manifestName)
	if err := writeManifest(path, files); err != nil {
		t.Fatal(err)
	}
	if again, err := readManifest(path); err != nil || !reflect.DeepEqual(again, files) {
		t.Errorf("%q came back as %q, %v", files, again, err)
	}
	return nil
}

func manifests() [][]byte {
	sum := digest(nil)
	return [][]byte{[]byte(sum + "  a\n" + sum + " *b c\n"), []byte(`\` + sum + `  a\\b\nc` + "\n"), nil}
}

func FuzzManifest(f *testing.F) {
	for _, b := range manifests() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkManifest(t, b) })
}

func TestManifestMutations(t *testing.T) { mutate.Each(t, 8<<20, manifests(), checkManifest) }

// A command that is interrupted reads no further file, and writes no list.
func TestManifestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	writeIDX(t, dir)
	_, _, err := Manifest(ctx, dir, "")
	if _, there := os.Stat(filepath.Join(dir, manifestName)); !errors.Is(err, context.Canceled) || there == nil {
		t.Errorf("Manifest: error %v, list written %v", err, there == nil)
	}
	list(t, dir)
	if _, err := Open(ctx, dir, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: error %v", err)
	}
}

// TestListedMutations: with a list beside them, not one damaged file is read.
func TestListedMutations(t *testing.T) {
	for name, writeTo := range map[string]func(*testing.T, string){"train-images-idx3-ubyte": writeIDX, "t10k-labels-idx1-ubyte": writeIDX, "test.bin": writeCIFAR100} {
		dir := t.TempDir()
		writeTo(t, dir)
		list(t, dir)
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		mutate.Each(t, 8<<20, [][]byte{good}, func(t *testing.T, b []byte) error {
			write(t, b, path)
			_, err := Open(t.Context(), dir, Options{})
			if err == nil || !strings.Contains(err.Error(), path+": has SHA-256 ") {
				t.Errorf("error %v", err)
			}
			return err
		})
	}
}
