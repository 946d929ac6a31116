package cifar

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
)

// file is one file of a data set as published: name and content.
type file struct {
	name string
	body []byte
}

// record returns one record as the format's description has it: label bytes, then 1024 bytes each
// of red, green and blue. The pixels tell which record it is.
func record(r *rand.Rand, labels ...byte) []byte {
	b := slices.Clone(labels)
	for range 3 * 32 * 32 {
		b = append(b, byte(r.Uint32()))
	}
	return b
}

// published10 writes CIFAR-10's files with n records each; record i of file f has label
// (f + i) mod 10. all are the records in their order, training before test.
func published10(n int) (files []file, all [][]byte) {
	r := rand.New(rand.NewPCG(1, 10))
	for f, name := range []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"} {
		var body []byte
		for i := range n {
			b := record(r, byte((f+i)%10))
			all, body = append(all, b), append(body, b...)
		}
		files = append(files, file{name, body})
	}
	files = append(files, file{"batches.meta.txt", []byte("airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n")})
	return append(files, file{"readme.html", []byte("<meta>")}), all
}

// published100 writes CIFAR-100's files: 2n training and n test records.
func published100(n int) (files []file, all [][]byte) {
	r := rand.New(rand.NewPCG(1, 100))
	for f, name := range []string{"train.bin", "test.bin"} {
		var body []byte
		for i := range (2 - f) * n {
			b := record(r, byte(i%20), byte(99-i%100))
			all, body = append(all, b), append(body, b...)
		}
		files = append(files, file{name, body})
	}
	return append(files,
		file{"fine_label_names.txt", []byte(strings.Join(classes100, "\n") + "\n")},
		file{"coarse_label_names.txt", []byte(strings.Join(classes20, "\n") + "\n")}), all
}

// asDir writes files to a directory, asArchive to a .tar.gz with the published layout, last file
// first: order must not matter.
func asDir(t *testing.T, _ string, files []file) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func asArchive(t *testing.T, prefix string, files []file) string {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	w := tar.NewWriter(z)
	w.WriteHeader(&tar.Header{Name: prefix + "/", Typeflag: tar.TypeDir, Mode: 0o755})
	for _, f := range slices.Backward(files) {
		w.WriteHeader(&tar.Header{Name: prefix + "/" + f.name, Typeflag: tar.TypeReg, Size: int64(len(f.body)), Mode: 0o644})
		w.Write(f.body)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	z.Close()
	path := filepath.Join(t.TempDir(), prefix+".tar.gz")
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

var ways = map[string]func(*testing.T, string, []file) string{"directory": asDir, "archive": asArchive}

func TestCIFAR10(t *testing.T) {
	files, all := published10(7)
	for name, write := range ways {
		path := write(t, "cifar-10-batches-bin", files)
		train, test, err := Load(path, false)
		if err != nil {
			t.Fatal(name, err)
		}
		if train.Len() != 35 || test.Len() != 7 || !slices.Equal(train.Shape(), []int{3, 32, 32}) {
			t.Fatalf("%s: %d and %d samples of shape %v", name, train.Len(), test.Len(), train.Shape())
		}
		if train.Classes()[9] != "truck" || len(test.Classes()) != 10 || train.CoarseClasses() != nil {
			t.Errorf("%s: classes %v", name, train.Classes())
		}
		for i, rec := range all {
			part, at := train, i
			if i >= 35 {
				part, at = test, i-35
			}
			if part.Label(at) != int(rec[0]) || !bytes.Equal(part.Pixels(at), rec[1:]) {
				t.Fatalf("%s: image %d is another", name, i)
			}
		}
		if _, _, err := Load(path, true); err == nil || !strings.Contains(err.Error(), "CIFAR-10 has no coarse labels") {
			t.Errorf("%s: coarse: %v", name, err)
		}
	}
}

func TestCIFAR100(t *testing.T) {
	files, all := published100(60)
	for name, write := range ways {
		for _, coarse := range []bool{false, true} {
			train, test, err := Load(write(t, "cifar-100-binary", files), coarse)
			if err != nil {
				t.Fatal(name, err)
			}
			if train.Len() != 120 || test.Len() != 60 || train.CoarseClasses()[19] != "vehicles_2" {
				t.Fatalf("%s: %d and %d samples, coarse classes %v", name, train.Len(), test.Len(), train.CoarseClasses())
			}
			by, last := 1, "worm"
			if coarse {
				by, last = 0, "vehicles_2"
			}
			if classes := test.Classes(); classes[len(classes)-1] != last {
				t.Errorf("%s: classes %v", name, classes)
			}
			for i, rec := range all[:120] {
				if train.Label(i) != int(rec[by]) || train.Coarse(i) != int(rec[0]) || !bytes.Equal(train.Pixels(i), rec[2:]) {
					t.Fatalf("%s: image %d is another", name, i)
				}
			}
		}
	}
}

// TestChannelOrder: byte 1024 of an image is the first of green.
func TestChannelOrder(t *testing.T) {
	files, all := published10(1)
	train, _, err := Load(asDir(t, "", files), false)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 3072)
	if err := train.Sample(0, x); err != nil || x[1024] != float32(all[0][1+1024])/255 {
		t.Errorf("green 0, 0 is %v, %v", x[1024], err)
	}
}

func TestClassNames(t *testing.T) {
	files, _ := published10(1)
	load := func(meta string) ([]string, error) {
		files := slices.DeleteFunc(slices.Clone(files), func(f file) bool { return f.name == "batches.meta.txt" })
		if meta != "" {
			files = append(files, file{"batches.meta.txt", []byte(meta)})
		}
		train, _, err := Load(asDir(t, "", files), false)
		if err != nil {
			return nil, err
		}
		return train.Classes(), nil
	}
	if got, err := load("a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\nj"); err != nil || strings.Join(got, "") != "abcdefghij" {
		t.Errorf("own names: %v, %v", got, err)
	}
	if got, err := load(""); err != nil || got[0] != "airplane" {
		t.Errorf("no names: %v, %v", got, err)
	}
	if _, err := load("a\nb\n"); err == nil || !strings.Contains(err.Error(), "batches.meta.txt: 2 class names, 2 of them different; want 10") {
		t.Errorf("two names: %v", err)
	}
	if _, err := load("a\nb\nc\nd\ne\nf\ng\nh\ni\n\xff\n"); err == nil || !strings.Contains(err.Error(), "batches.meta.txt: is not UTF-8") {
		t.Errorf("a name that is no UTF-8: %v", err)
	}
	if _, err := load("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n" + strings.Repeat(" ", maxNames)); err == nil || !strings.Contains(err.Error(), "is longer than 65536 bytes") {
		t.Errorf("a long file: %v", err)
	}
	if _, err := load("a\nb\nc\nd\ne\nf\ng\nh\ni\na\n"); err == nil || !strings.Contains(err.Error(), "10 class names, 9 of them different") {
		t.Errorf("a name twice: %v", err)
	}
}

// TestPublishedNames: all three published lists are in alphabetical order.
func TestPublishedNames(t *testing.T) {
	for n, names := range map[int][]string{10: classes10, 20: classes20, 100: classes100} {
		if len(names) != n || !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != n {
			t.Errorf("%d of %d names, sorted: %v", len(names), n, slices.IsSorted(names))
		}
	}
}

func TestBadFiles(t *testing.T) {
	change := func(files []file, name string, edit func([]byte) []byte) []file {
		files = slices.Clone(files)
		for i := range files {
			if files[i].name == name {
				files[i].body = edit(bytes.Clone(files[i].body))
			}
		}
		return files
	}
	set := func(at int, v byte) func([]byte) []byte {
		return func(b []byte) []byte { b[at] = v; return b }
	}
	ten, _ := published10(3)
	hundred, _ := published100(3)
	for name, c := range map[string]struct {
		files []file
		want  string
	}{
		"truncated":    {change(ten, "data_batch_3.bin", func(b []byte) []byte { return b[:2*3073+5] }), "data_batch_3.bin: record 2 is cut short: 5 of 3073 bytes"},
		"trailing":     {change(hundred, "test.bin", func(b []byte) []byte { return append(b, 1) }), "test.bin: record 3 is cut short: 1 of 3074 bytes"},
		"empty":        {change(ten, "test_batch.bin", func([]byte) []byte { return nil }), "test_batch.bin: holds no records"},
		"label":        {change(ten, "data_batch_1.bin", set(3073, 10)), "data_batch_1.bin: record 1: label 10; want 0..9"},
		"fine label":   {change(hundred, "train.bin", set(1, 100)), "train.bin: record 0: fine label 100; want 0..99"},
		"coarse label": {change(hundred, "train.bin", set(3074, 20)), "train.bin: record 1: coarse label 20; want 0..19"},
		"missing":      {ten[2:5], "CIFAR-10 without data_batch_1.bin, data_batch_2.bin, test_batch.bin"},
		"both":         {slices.Concat(ten, hundred), "files of both CIFAR-"},
		"other files":  {[]file{{"data_batch_1", nil}}, "holds neither CIFAR-10 (data_batch_1.bin ...) nor CIFAR-100 (train.bin ...) in the binary version"},
	} {
		for way, write := range ways {
			path := write(t, "dir", c.files)
			if _, _, err := Load(path, false); err == nil || !strings.HasPrefix(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: error %v; want %q", name, way, err, c.want)
			}
		}
	}
}

func TestBadArchives(t *testing.T) {
	files, _ := published10(3)
	whole, err := os.ReadFile(asArchive(t, "dir", files))
	if err != nil {
		t.Fatal(err)
	}
	broken := bytes.Clone(whole)
	broken[len(broken)-8] ^= 1 // in gzip's checksum
	twice, err := os.ReadFile(asArchive(t, "dir", append(slices.Clone(files), files[0])))
	if err != nil {
		t.Fatal(err)
	}
	namesTwice, err := os.ReadFile(asArchive(t, "dir", append(slices.Clone(files), files[6])))
	if err != nil {
		t.Fatal(err)
	}
	for want, b := range map[string][]byte{
		"is no .tar.gz: gzip: invalid header": []byte("some text, no archive"),
		"is cut short":                        whole[:len(whole)/2],
		"gzip: invalid checksum":              broken,
		"data_batch_1.bin: is there twice":    twice,
		"batches.meta.txt: is there twice":    namesTwice,
	} {
		path := filepath.Join(t.TempDir(), "x.tar.gz")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Load(path, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q", err, want)
		}
	}
	if _, _, err := Load("/none", false); err == nil || !strings.Contains(err.Error(), "/none") {
		t.Errorf("missing: %v", err)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	if path, ok := Find(dir, CIFAR10); ok {
		t.Errorf("found %s in an empty directory", path)
	}
	for _, name := range []string{"cifar-10-binary.tar.gz", "cifar-10-batches-bin/test_batch.bin", "test_batch.bin"} {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		want := path
		if strings.HasSuffix(name, ".bin") {
			want = filepath.Dir(path)
		}
		if got, ok := Find(dir, CIFAR10); !ok || got != want {
			t.Errorf("found %q; want %q", got, want)
		}
		if _, ok := Find(dir, CIFAR100); ok {
			t.Error("found CIFAR-100 too")
		}
	}
}

// checkRecords reads b in both formats: records come back whole, the very bytes, or not at all.
func checkRecords(t *testing.T, b []byte) error {
	failed := errors.New("not read")
	for _, format := range formats {
		mutate.Within(t, 1<<20+8*uint64(len(b)), func() {
			p, err := format.readRecords(bytes.NewReader(b), 0)
			if err != nil {
				return
			}
			failed = nil
			var again []byte
			for i := range p.labels[0] {
				for _, l := range p.labels {
					again = append(again, l[i])
				}
				again = append(again, p.pixels[i*pixels:][:pixels]...)
			}
			if !bytes.Equal(again, b) || len(p.pixels) != pixels*len(p.labels[0]) {
				t.Errorf("%d labels and %d pixels of %d bytes", len(p.labels[0]), len(p.pixels), len(b))
			}
		})
	}
	return failed
}

// FuzzReadRecords: whatever the bytes, records come back whole or not at all.
func FuzzReadRecords(f *testing.F) {
	ten, _ := published10(1)
	hundred, _ := published100(1)
	for _, b := range [][]byte{nil, {1}, ten[0].body, hundred[0].body, ten[0].body[:3072]} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkRecords(t, b) })
}

// small writes an archive of CIFAR-10's files without a prefix, plain or gzipped.
func small(t testing.TB, zip bool, files []file) []byte {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Typeflag: tar.TypeReg, Size: int64(len(f.body)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		w.Write(f.body)
	}
	if err := w.Close(); err != nil || !zip {
		return buf.Bytes()
	}
	return gz(buf.Bytes())
}

func gz(b []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(b)
	w.Close()
	return buf.Bytes()
}

// checkTar reads b as a .tar.gz. All that comes back was in it, and is complete.
func checkTar(t *testing.T, b []byte) (err error) {
	mutate.Within(t, 16<<20+8*uint64(len(b)), func() {
		var c *content
		if c, err = readTar(bytes.NewReader(b), int64(len(b))); err != nil {
			return
		}
		for name, p := range c.parts {
			if !c.format.records(name) || len(p.pixels) == 0 || len(p.pixels) != pixels*len(p.labels[0]) {
				t.Errorf("%s: %d labels and %d pixels", name, len(p.labels[0]), len(p.pixels))
			}
		}
		if len(c.parts) != len(c.format.train)+len(c.format.test) {
			t.Errorf("%d files of records", len(c.parts))
		}
	})
	return err
}

// FuzzReadTar reads archives, which the fuzzer sees without their gzip.
func FuzzReadTar(f *testing.F) {
	hundred, _ := published100(1)
	f.Add(small(f, false, hundred))
	f.Add(small(f, false, nil))
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkTar(t, gz(b)) })
}

// TestMutations damages files of records, files of names, and archives before and after they are
// gzipped: one that is damaged afterwards is refused, as gzip has a checksum.
func TestMutations(t *testing.T) {
	ten, _ := published10(1)
	hundred, _ := published100(1)
	mutate.Each(t, 64<<20, [][]byte{ten[0].body, hundred[0].body, hundred[1].body}, checkRecords)
	mutate.Each(t, 1<<20, [][]byte{ten[6].body, hundred[2].body}, func(t *testing.T, b []byte) error {
		for _, n := range []int{10, 100} {
			names, err := readNames(bytes.NewReader(b), n)
			if err == nil && len(names) == n {
				return nil
			}
		}
		return errors.New("not read")
	})
	mutate.Each(t, 64<<20, [][]byte{small(t, false, hundred)}, func(t *testing.T, b []byte) error { return checkTar(t, gz(b)) })
	whole := small(t, true, hundred)
	want, err := readTar(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	mutate.Each(t, 64<<20, [][]byte{whole}, func(t *testing.T, b []byte) error {
		got, err := readTar(bytes.NewReader(b), int64(len(b)))
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Error("a damaged archive was read, and other images came out")
		}
		return err
	})
}

// TestBombs: an archive whose files are zeros, and one that is sparse, take no more memory than they
// may.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("zips 170 MB")
	}
	zeros := gz(slices.Concat(small(t, false, []file{{"readme.txt", make([]byte, 1<<10)}})[:1536], make([]byte, 100<<20)))
	mutate.Within(t, 16<<20, func() {
		if _, err := readTar(bytes.NewReader(zeros), int64(len(zeros))); err == nil {
			t.Error("zeros were read")
		}
	})
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	w.WriteHeader(&tar.Header{Name: "train.bin", Typeflag: tar.TypeReg, Size: 50_000 * 3074, Mode: 0o644})
	lie := gz(buf.Bytes())
	mutate.Within(t, 16<<20, func() {
		if _, err := readTar(bytes.NewReader(lie), int64(len(lie))); err == nil || !strings.Contains(err.Error(), "train.bin: ") {
			t.Errorf("a file without its bytes: %v", err)
		}
	})
	sparse, err := os.ReadFile("testdata/sparse.tar.gz") // by GNU tar, of files with no byte but 0
	if err != nil {
		t.Fatal(err)
	}
	mutate.Within(t, 16<<20, func() {
		if _, err := readTar(bytes.NewReader(sparse), int64(len(sparse))); err == nil || !strings.Contains(err.Error(), "train.bin: is sparse") {
			t.Errorf("sparse: %v", err)
		}
	})
	big := []file{{"readme.txt", make([]byte, 70<<20)}}
	bomb := small(t, true, big)
	if _, err := readTar(bytes.NewReader(bomb), int64(len(bomb))); err == nil || !strings.Contains(err.Error(), "unzip it (gunzip)") {
		t.Errorf("70 MB of zeros in %d bytes: %v", len(bomb), err)
	}
}
