package picture

import (
	"image"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// TestTorchvision holds both views to torchvision's, pixel for pixel: Resize and CenterCrop, and
// resized_crop, on PIL images.
func TestTorchvision(t *testing.T) {
	paths, err := filepath.Glob("testdata/want/*[0-9].png")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d views, %v", len(paths), err)
	}
	view := regexp.MustCompile(`^(.*?\.[a-z]+)\.(?:(\d+),(\d+),(\d+),(\d+)\.)?(\d+)\.png$`)
	for _, path := range paths {
		m := view.FindStringSubmatch(filepath.Base(path))
		t.Run(filepath.Base(path), func(t *testing.T) {
			number := func(i int) int { n, _ := strconv.Atoi(m[i]); return n }
			p := wanted(t, "testdata/want/"+m[1]+".rgb.png")
			n := number(6)
			got := p.Centre(n)
			if m[2] != "" {
				got = p.crop(image.Rect(number(2), number(3), number(2)+number(4), number(3)+number(5))).resized(n, n, image.Rect(0, 0, n, n))
			}
			differ(t, got, wanted(t, path), 0)
		})
	}
}

// Views are [3 H W] of values 0..1.
func TestPlanes(t *testing.T) {
	got := make([]float32, 6)
	Picture{2, 1, []byte{0, 51, 102, 153, 204, 255}}.Planes(got)
	for i, want := range []float32{0, 0.6, 0.2, 0.8, 0.4, 1} {
		if got[i] != want {
			t.Errorf("value %d: %v; want %v", i, got[i], want)
		}
	}
}

// load reads the picture at path and writes the view that evaluation takes.
func load(path string, n int, dst []float32) error {
	p, err := Decode(path)
	if err != nil {
		return err
	}
	p.Centre(n).Planes(dst)
	return nil
}

func TestLoad(t *testing.T) {
	got := make([]float32, 3*32*32)
	if err := load("testdata/pictures/wide.png", 32, got); err != nil {
		t.Fatal(err)
	}
	want := make([]float32, len(got))
	wanted(t, "testdata/want/wide.png.32.png").Planes(want)
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("value %d: %v; want %v", i, got[i], want[i])
		}
	}
	if err := load("testdata/nothing.png", 32, got); err == nil {
		t.Error("no error for a file that is not there")
	}
}
