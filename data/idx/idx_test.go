package idx

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
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

func TestRead(t *testing.T) {
	for name, pack := range map[string]func([]byte) []byte{"plain": bytes.Clone, "gz": gz} {
		dir := write(t, map[string][]byte{"images": pack(twoImages), "labels": pack(twoLabels)})
		s, err := Read(filepath.Join(dir, "images"), filepath.Join(dir, "labels"), nil)
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
		"trailing":          {append(bytes.Clone(twoImages), 0), twoLabels, "= 12 bytes: more follow"},
		"no columns":        {change(twoImages, 15, 0), twoLabels, "dimensions [2 2 0]"},
		"overflow":          {change(twoImages, 4, slices.Repeat([]byte{0xff}, 12)...), twoLabels, "at most 17179869184 bytes"},
		"wraps to 0":        {change(twoImages, 4, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 4), twoLabels, "at most 17179869184 bytes"},
		"counts differ":     {twoImages, threeLabels, "announces 2 samples; the file of labels has 3"},
		"gz truncated":      {gz(twoImages)[:30], twoLabels, "unexpected EOF"},
		"gz checksum":       {change(gz(twoImages), len(gz(twoImages))-8, 1, 2, 3, 4), twoLabels, "gzip: invalid checksum"},
		"gz no header":      {[]byte{0x1f, 0x8b, 9}, twoLabels, "images: unexpected EOF"},
	} {
		dir := write(t, map[string][]byte{"images": c.images, "labels": c.labels})
		_, err := Read(filepath.Join(dir, "images"), filepath.Join(dir, "labels"), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), dir) {
			t.Errorf("%s: error %v; want %q", name, err, c.want)
		}
	}
	if _, err := Read("/none/images", "/none/labels", nil); err == nil || !strings.Contains(err.Error(), "/none/labels") {
		t.Errorf("missing file: %v", err)
	}
}

// TestLyingHeaderTakesNoMemory: a short file that announces 15 GB.
func TestLyingHeaderTakesNoMemory(t *testing.T) {
	lie := append([]byte{0, 0, 8, 3, 0, 0, 0x3c, 0, 0, 0, 4, 0, 0, 0, 4, 0}, make([]byte, 1000)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := read(bytes.NewReader(lie), imagesMagic, anyNumber)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "ends after 1000") {
		t.Errorf("error %v", err)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 2*firstBytes {
		t.Errorf("took %d bytes of memory", taken)
	}
}

// TestBodyGrows reads more than is set aside at first.
func TestBodyGrows(t *testing.T) {
	const size = firstBytes + firstBytes/2
	body, err := readBody(io.LimitReader(endless{}, size), size)
	if err != nil || len(body) != size || body[size-1] != 7 {
		t.Errorf("%d bytes, %v", len(body), err)
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

// FuzzRead: whatever the bytes, read gives either all that the header announces or an error.
func FuzzRead(f *testing.F) {
	for _, b := range [][]byte{twoImages, twoLabels, gz(twoImages), gz(twoLabels), nil, {0x1f, 0x8b}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, magic := range []uint32{imagesMagic, labelsMagic} {
			dims, body, err := read(bytes.NewReader(b), magic, anyNumber)
			if err == nil && (data.Size(dims) != len(body) || len(dims) != int(magic&0xff)) {
				t.Errorf("dimensions %v, %d bytes", dims, len(body))
			}
		}
	})
}
