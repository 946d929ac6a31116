package idx

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/mutate"
)

// Files as the format's description gives them, byte by byte.
var (
	twoImages   = []byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255}
	twoLabels   = []byte{0, 0, 8, 1, 0, 0, 0, 2, 0, 3}
	threeLabels = []byte{0, 0, 8, 1, 0, 0, 0, 3, 0, 3, 1}
)

func gz(b []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(b)
	w.Close()
	return buf.Bytes()
}

// write puts files into a new directory and returns it.
func write(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readIn reads the files images and labels in dir.
func readIn(dir string) (*data.Images, error) {
	p, err := readPart(filepath.Join(dir, "images"), filepath.Join(dir, "labels"))
	if err != nil {
		return nil, err
	}
	return p.images(numbered(p.labels))
}

func TestRead(t *testing.T) {
	for name, pack := range map[string]func([]byte) []byte{"plain": bytes.Clone, "gz": gz} {
		dir := write(t, map[string][]byte{"images": pack(twoImages), "labels": pack(twoLabels)})
		s, err := readIn(dir)
		if err != nil {
			t.Fatal(name, err)
		}
		if !slices.Equal(s.Shape(), []int{1, 2, 3}) || s.Len() != 2 || !slices.Equal(s.Classes(), []string{"0", "1", "2", "3"}) {
			t.Errorf("%s: %d samples of shape %v, classes %v", name, s.Len(), s.Shape(), s.Classes())
		}
		if s.Label(0) != 0 || s.Label(1) != 3 || !slices.Equal(s.Pixels(1), []byte{7, 8, 9, 10, 11, 255}) {
			t.Errorf("%s: labels %v, image 1 %v", name, data.Labels(s), s.Pixels(1))
		}
	}
}

func TestLoad(t *testing.T) {
	dir := write(t, map[string][]byte{
		"train-images-idx3-ubyte": twoImages, "train-labels-idx1-ubyte.gz": gz(twoLabels),
		"t10k-images.idx3-ubyte": twoImages, "t10k-labels.idx1-ubyte.gz": gz([]byte{0, 0, 8, 1, 0, 0, 0, 2, 4, 1}),
	})
	train, test, err := Load(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"0", "1", "2", "3", "4"}; !slices.Equal(train.Classes(), want) || !slices.Equal(test.Classes(), want) {
		t.Errorf("classes %v and %v; want %v for both", train.Classes(), test.Classes(), want)
	}
	if train.Label(1) != 3 || test.Label(0) != 4 {
		t.Error("training and test labels are mixed up")
	}
	if _, _, err := Load(dir, []string{"a", "b", "c", "d"}); err == nil || !strings.Contains(err.Error(), "t10k-labels.idx1-ubyte.gz: sample 0: label 4; want 0..3") {
		t.Errorf("label out of range: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "train-images-idx3-ubyte")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(dir, nil); err == nil || !strings.Contains(err.Error(), `["train-images-idx3-ubyte[.gz]"]`) {
		t.Errorf("missing file: %v", err)
	}
}

func TestLoadRefusesOtherTestShapes(t *testing.T) {
	small := append([]byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1}, 1, 2)
	dir := write(t, map[string][]byte{
		"train-images-idx3-ubyte": twoImages, "train-labels-idx1-ubyte": twoLabels,
		"t10k-images-idx3-ubyte": small, "t10k-labels-idx1-ubyte": twoLabels,
	})
	if _, _, err := Load(dir, nil); err == nil || !strings.Contains(err.Error(), "shape [1 2 3], but") {
		t.Errorf("error %v", err)
	}
}

func TestBadFiles(t *testing.T) {
	change := func(b []byte, at int, with ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], with)
		return b
	}
	for name, c := range map[string]struct {
		images, labels []byte
		want           string
	}{
		"labels for images": {twoLabels, twoLabels, "images: magic number 0x00000801; want 0x00000803 (images"},
		"float images":      {change(twoImages, 2, 0x0d), twoLabels, "magic number 0x00000d03"},
		"empty":             {nil, twoLabels, "images: the header is cut short"},
		"half a header":     {twoImages[:7], twoLabels, "images: the header is cut short"},
		"truncated":         {twoImages[:27], twoLabels, "[2 2 3] = 12 bytes: the file ends after 11 of them"},
		"trailing":          {append(bytes.Clone(twoImages), 0), twoLabels, "= 12 bytes: 1 more follow"},
		"no columns":        {change(twoImages, 15, 0), twoLabels, "dimensions [2 2 0]"},
		"overflow":          {change(twoImages, 4, slices.Repeat([]byte{0xff}, 12)...), twoLabels, "at most 17179869184 bytes"},
		"wraps to 0":        {change(twoImages, 4, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 4), twoLabels, "at most 17179869184 bytes"},
		"counts differ":     {twoImages, threeLabels, "announces 2 samples; the file of labels has 3"},
		"gz trailing":       {gz(append(bytes.Clone(twoImages), 0)), twoLabels, "= 12 bytes: more follow"},
		"gz two members":    {append(gz(twoImages), gz(twoLabels)...), twoLabels, "= 12 bytes: more follow"},
		"gz and garbage":    {append(gz(twoImages), 1, 2), twoLabels, "EOF"},
		"gz truncated":      {gz(twoImages)[:30], twoLabels, "unexpected EOF"},
		"gz checksum":       {change(gz(twoImages), len(gz(twoImages))-8, 1, 2, 3, 4), twoLabels, "gzip: invalid checksum"},
		"gz no header":      {[]byte{0x1f, 0x8b, 9}, twoLabels, "images: unexpected EOF"},
	} {
		dir := write(t, map[string][]byte{"images": c.images, "labels": c.labels})
		_, err := readIn(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), dir) {
			t.Errorf("%s: error %v; want %q", name, err, c.want)
		}
	}
	if _, err := readIn("/none"); err == nil || !strings.Contains(err.Error(), "/none/labels") {
		t.Errorf("missing file: %v", err)
	}
}

// What a reader may take for a small file, whatever that announces.
const little = 4 << 20

// TestLyingHeaderTakesNoMemory: a short file that announces 15 GB, plain and gzipped.
func TestLyingHeaderTakesNoMemory(t *testing.T) {
	lie := append([]byte{0, 0, 8, 3, 0, 0, 0x3c, 0, 0, 0, 4, 0, 0, 0, 4, 0}, make([]byte, 1000)...)
	for _, file := range [][]byte{lie, gz(lie)} {
		mutate.Within(t, little, func() {
			_, _, err := read(bytes.NewReader(file), int64(len(file)), imagesMagic, anyNumber)
			if err == nil || !strings.Contains(err.Error(), "ends after 1000") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestBomb: 100 MB of zeros in 100 kB are all that their header announces, and are not unzipped.
func TestBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("zips 100 MB")
	}
	bomb := gz(append([]byte{0, 0, 8, 3, 0, 0, 0, 100, 0, 0, 4, 0, 0, 0, 4, 0}, make([]byte, 100<<20)...))
	mutate.Within(t, 200<<20, func() { // what doubling takes to reach 64 MB
		_, _, err := read(bytes.NewReader(bomb), int64(len(bomb)), imagesMagic, anyNumber)
		if err == nil || !strings.Contains(err.Error(), "unzip it (gunzip) to use it") {
			t.Errorf("error %v", err)
		}
	})
}

// TestBodyGrows reads more than is set aside at first.
func TestBodyGrows(t *testing.T) {
	const size = 11 << 19
	for _, first := range []int64{1 << 20, 0} { // 0: of a file that was empty when it was opened
		body, err := readBody(io.LimitReader(endless{}, size), size, first)
		if err != nil || len(body) != size || body[size-1] != 7 {
			t.Errorf("%d at first: %d bytes, %v", first, len(body), err)
		}
	}
}

// endless is a stream of sevens.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 7
	}
	return len(p), nil
}

// seeds are files of the format, plain and gzipped.
func seeds() [][]byte {
	return [][]byte{twoImages, twoLabels, threeLabels, gz(twoImages), gz(twoLabels), {}, {0x1f, 0x8b}}
}

// checkRead reads b as images and as labels, and holds what comes back to b: the header and the body
// must be the file again.
func checkRead(t *testing.T, b []byte) error {
	plain := b
	if len(b) > 1 && b[0] == 0x1f && b[1] == 0x8b {
		if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
			plain, _ = io.ReadAll(io.LimitReader(z, 65<<20))
		}
	}
	failed := errors.New("not read")
	for magic, n := range map[uint32]int{imagesMagic: 3, labelsMagic: 1} {
		mutate.Within(t, little+4*uint64(len(plain)), func() {
			dims, body, err := read(bytes.NewReader(b), int64(len(b)), magic, anyNumber)
			if err != nil {
				return
			}
			failed = nil
			if again := idxFile(byte(n), dims, body); data.Size(dims) != len(body) || !bytes.Equal(again, plain) {
				t.Errorf("read %v and %d bytes of %d", dims, len(body), len(plain))
			}
		})
	}
	return failed
}

// idxFile writes an IDX file of bytes.
func idxFile(n byte, dims []int, body []byte) []byte {
	head := []byte{0, 0, 8, n}
	for _, d := range dims {
		head = binary.BigEndian.AppendUint32(head, uint32(d))
	}
	return append(head, body...)
}

// FuzzRead: whatever the bytes, read gives either all that the file holds or an error.
func FuzzRead(f *testing.F) {
	for _, b := range seeds() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkRead(t, b) })
}

// TestMutations: damaged pairs of images and labels. No label is out of range, and no sample comes
// without one.
func TestMutations(t *testing.T) {
	mutate.Each(t, 64<<20, seeds(), checkRead)
	dir := write(t, map[string][]byte{"labels": twoLabels, "images": twoImages})
	for _, damaged := range []string{"images", "labels"} {
		good, err := os.ReadFile(filepath.Join(dir, damaged))
		if err != nil {
			t.Fatal(err)
		}
		mutate.Each(t, 64<<20, [][]byte{good, gz(good)}, func(t *testing.T, b []byte) error {
			if err := os.WriteFile(filepath.Join(dir, damaged), b, 0o644); err != nil {
				t.Fatal(err)
			}
			s, err := readIn(dir)
			if err != nil {
				if !strings.HasPrefix(err.Error(), dir) {
					t.Errorf("error %v does not name the file", err)
				}
				return err
			}
			if s.Len() != 2 || s.Label(0) >= len(s.Classes()) || s.Label(1) >= len(s.Classes()) {
				t.Errorf("%d samples, labels %v of %d classes", s.Len(), data.Labels(s), len(s.Classes()))
			}
			return nil
		})
		if err := os.WriteFile(filepath.Join(dir, damaged), good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCutWhileRead: a file that was whole when it was opened, and then is cut at any byte.
func TestCutWhileRead(t *testing.T) {
	for cut := range twoImages {
		if _, _, err := read(bytes.NewReader(twoImages[:cut]), int64(len(twoImages)), imagesMagic, anyNumber); err == nil ||
			!strings.Contains(err.Error(), "the header is cut short") && !strings.Contains(err.Error(), "= 12 bytes: the file ends after") {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
}
