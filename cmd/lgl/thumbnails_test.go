package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/local-to-global/lgl/data/idx"
	"github.com/local-to-global/lgl/run"
)

// readPNG reads a PNG file.
func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A run has the first training picture of each class, padded as the network gets it; one that was
// stopped before its first step gets them when it goes on; one on points has none.
func TestThumbnailsOfARun(t *testing.T) {
	t.Setenv("LGL_DNNL", "/nonexistent/libdnnl.so.2")
	data, dir := stripes(t, 9), filepath.Join(t.TempDir(), "run")
	lgl(t, "train", "--data", data, "--model", "smallcnn", "--width", "0.1", "--batch", "10", "--epochs", "1", "--out", dir)
	file := filepath.Join(dir, "thumbnails.png")
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	src, _, err := idx.Load(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := readPNG(t, file)
	side := m.Bounds().Dx() / 16
	if _, grey := m.(*image.Gray); !grey || m.Bounds() != image.Rect(0, 0, 16*side, side) || side < 8 {
		t.Fatalf("a %T of %v", m, m.Bounds())
	}
	for k := range 10 { // sample k is the first of class k
		for i, want := range src.Pixels(k) {
			x, y := k*side+(side-8)/2+i%8, (side-8)/2+i/8
			if got := m.(*image.Gray).GrayAt(x, y).Y; got != want {
				t.Fatalf("class %d, pixel %d is %d; the data have %d", k, i, got, want)
			}
		}
	}

	for _, name := range []string{"thumbnails.png", "weights", "report.html", "events.jsonl"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "events.jsonl"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	lgl(t, "resume", dir)
	if again, err := os.ReadFile(file); err != nil || !bytes.Equal(again, first) {
		t.Errorf("after a new beginning: %d bytes, %v; want the same %d", len(again), err, len(first))
	}

	if err := run.Remove(dir); err != nil {
		t.Errorf("a suite could not begin it again: %v", err)
	}

	points := filepath.Join(t.TempDir(), "run")
	lgl(t, "train", "--data", "toy", "--model", "mlp", "--epochs", "1", "--out", points)
	if _, err := os.Stat(filepath.Join(points, "thumbnails.png")); !os.IsNotExist(err) {
		t.Errorf("points have thumbnails: %v", err)
	}
}
