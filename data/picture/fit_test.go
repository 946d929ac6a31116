package picture

import (
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// TestFit holds what networks of one image size are given to torchvision and PIL, value for value.
func TestFit(t *testing.T) {
	paths, err := filepath.Glob("testdata/fit/*.png")
	if err != nil || len(paths) != 7 {
		t.Fatalf("%d images, %v", len(paths), err)
	}
	name := regexp.MustCompile(`^(.*)\.(\d)x(\d+)x(\d+)\.png$`)
	for _, path := range paths {
		m := name.FindStringSubmatch(filepath.Base(path))
		number := func(i int) int { n, _ := strconv.Atoi(m[i]); return n }
		c, h, w := number(2), number(3), number(4)
		p, want := wanted(t, "testdata/want/"+m[1]+".rgb.png"), wanted(t, path)
		dst := make([]float32, c*h*w)
		if err := p.Fit([]int{c, h, w}, dst); err != nil {
			t.Fatal(err)
		}
		if want.W != w || want.H != h {
			t.Fatalf("%s has %dx%d pixels", path, want.W, want.H)
		}
		for i, v := range dst {
			channel, pixel := i/(h*w), i%(h*w)
			if v != float32(want.Pix[3*pixel+channel])/255 {
				t.Fatalf("%s: value %d is %v; want %v", path, i, v*255, want.Pix[3*pixel+channel])
			}
		}
	}
	if err := (Picture{1, 1, make([]byte, 3)}).Fit([]int{2, 1, 1}, make([]float32, 2)); err == nil {
		t.Error("a picture fits two channels")
	}
}

// TestFitOfCentre checks that the view of evaluation, fitted to its own size, is what load writes.
func TestFitOfCentre(t *testing.T) {
	const n = 32
	got, want := make([]float32, 3*n*n), make([]float32, 3*n*n)
	p, err := Decode("testdata/pictures/tall.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Centre(n).Fit([]int{3, n, n}, got), load("testdata/pictures/tall.png", n, want)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Error("another view than load's")
	}
}
