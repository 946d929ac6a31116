package glyphs

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/local-to-global/lgl/data"
)

// few generates two training images and one test image of each class.
func few(t *testing.T, workers int) []byte {
	t.Helper()
	pixels, err := generate(2, 1, workers)
	if err != nil {
		t.Fatal(err)
	}
	return pixels
}

// TestWorkers: neither the number of workers nor a second time shows.
func TestWorkers(t *testing.T) {
	one := few(t, 1)
	for _, workers := range []int{1, 4} {
		if !bytes.Equal(one, few(t, workers)) {
			t.Errorf("%d workers draw other images", workers)
		}
	}
}

// TestFirstImages: a smaller set is the first images of a larger one, in each part.
func TestFirstImages(t *testing.T) {
	small := few(t, 2)
	large, err := generate(3, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(small[:bytesOf(2, 0)], large[:bytesOf(2, 0)]) || !bytes.Equal(small[bytesOf(2, 0):], large[bytesOf(3, 0):bytesOf(3, 1)]) {
		t.Error("the number of images shows in them")
	}
}

// TestNoTwoAlike: all images differ, also the test part's from the training part's.
func TestNoTwoAlike(t *testing.T) {
	pixels, seen := few(t, 2), map[string]int{}
	for i := range len(pixels) / size {
		key := string(pixels[i*size:][:size])
		if j, twice := seen[key]; twice {
			t.Errorf("image %d is image %d", i, j)
		}
		seen[key] = i
	}
}

// TestImagesShowTheirClass: where the class's outline is, images are brighter than elsewhere: ink
// covers the mask of the same draws.
func TestImagesShowTheirClass(t *testing.T) {
	faces, err := load(typefaces[train])
	if err != nil {
		t.Fatal(err)
	}
	var p painter
	dst := make([]byte, size)
	for i := range 500 {
		train.drawOne(&p, dst, faces, i)
		var ink, paper, inked, papered float64
		for k, m := range p.mask {
			bright := float64(dst[k]) + float64(dst[side*side+k]) + float64(dst[2*side*side+k])
			ink, inked = ink+bright*float64(m), inked+float64(m)
			paper, papered = paper+bright*float64(255-m), papered+float64(255-m)
		}
		if contrast := (ink/inked - paper/papered) / 3; contrast < 3 {
			t.Errorf("image %d, %s: contrast %.1f of 255", i, classes[i%100].name, contrast)
		}
	}
}

// TestData generates all images: they are the published ones, every class is in each part as often
// as it should be, and the file gives them back.
func TestData(t *testing.T) {
	if testing.Short() {
		t.Skip("generates 60000 images")
	}
	dir := filepath.Join(t.TempDir(), "glyphs")
	quiet := func(line string) { t.Error(line) }
	train, test, err := Open(dir, false, quiet)
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[*Images]int{train: 500, test: 100} {
		count := make([]int, 100)
		for i, label := range data.Labels(part) {
			count[label]++
			if part.Coarse(i) != superclass(label) {
				t.Fatalf("image %d has coarse label %d", i, part.Coarse(i))
			}
		}
		for k, n := range count {
			if n != want {
				t.Errorf("%d images of %s; want %d", n, part.Classes()[k], want)
			}
		}
	}
	info, err := os.Stat(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	again, coarse, err := Open(dir, true, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if now, err := os.Stat(filepath.Join(dir, file)); err != nil || !now.ModTime().Equal(info.ModTime()) {
		t.Error("the second time, the images were generated anew")
	}
	if again.Len() != 50000 || coarse.Len() != 10000 || len(coarse.Classes()) != len(superclasses()) {
		t.Errorf("%d and %d images of %d classes", again.Len(), coarse.Len(), len(coarse.Classes()))
	}
	for i := range coarse.Len() {
		if coarse.Label(i) != test.Coarse(i) || !bytes.Equal(coarse.Pixels(i), test.Pixels(i)) {
			t.Fatalf("image %d is another with coarse labels", i)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for range b.N {
		if _, err := generate(10, 2, runtime.GOMAXPROCS(0)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/1200, "ms/image")
}
