package folder

import (
	"image"
	"math"
	"math/rand/v2"
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

// TestRandomCrop holds the crops to what torchvision says of them: the share of the area is uniform
// in 0.08..1 among the crops that fit, the logarithm of the ratio in log 3/4..log 4/3; they lie
// within the picture, and reach its edges.
func TestRandomCrop(t *testing.T) {
	const w, h, draws = 4000, 3500, 20000
	r := rand.New(rand.NewPCG(1, 2))
	small, ratios, left, right := 0, 0.0, 0, 0
	for range draws {
		c := randomCrop(w, h, r)
		if !c.In(image.Rect(0, 0, w, h)) || c.Empty() {
			t.Fatalf("crop %v of a picture of %dx%d", c, w, h)
		}
		area, ratio := float64(c.Dx()*c.Dy())/(w*h), float64(c.Dx())/float64(c.Dy())
		if area < 0.0799 || ratio < 0.7495 || ratio > 1.334 {
			t.Fatalf("crop %v: %v of the area, ratio %v", c, area, ratio)
		}
		if area < 0.54 { // half of the areas drawn, all of which fit
			small++
			ratios += math.Log(ratio)
		}
		if c.Min.X < w/100 {
			left++
		}
		if c.Max.X > w-w/100 {
			right++
		}
	}
	// Crops beyond 3/4 of the area fit less often, so smaller ones are more than half.
	if share := float64(small) / draws; share < 0.5 || share > 0.62 {
		t.Errorf("%v of the crops have less than 54%% of the area", share)
	}
	// The mean of log ratio is 0, of deviation log(16/9)/sqrt(12 n).
	if mean := ratios / float64(small); math.Abs(mean) > 4*math.Log(16.0/9)/math.Sqrt(12*float64(small)) {
		t.Errorf("mean logarithm of the ratios %v; want about 0", mean)
	}
	if left < draws/50 || right < draws/50 {
		t.Errorf("%d crops at the left edge, %d at the right", left, right)
	}
	if got := randomCrop(1000, 10, r); got != image.Rect(493, 0, 506, 10) { // none fits: 4/3 in the middle
		t.Errorf("crop of 1000x10: %v", got)
	}
	if got := randomCrop(1, 1, r); got != image.Rect(0, 0, 1, 1) {
		t.Errorf("crop of one pixel: %v", got)
	}
}

// Views are [3 H W] of values 0..1.
func TestPlanes(t *testing.T) {
	got := make([]float32, 6)
	Picture{2, 1, []byte{0, 51, 102, 153, 204, 255}}.planes(got)
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
	p.Centre(n).planes(dst)
	return nil
}

func TestLoad(t *testing.T) {
	got := make([]float32, 3*32*32)
	if err := load("testdata/pictures/wide.png", 32, got); err != nil {
		t.Fatal(err)
	}
	want := make([]float32, len(got))
	wanted(t, "testdata/want/wide.png.32.png").planes(want)
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("value %d: %v; want %v", i, got[i], want[i])
		}
	}
	if err := load("testdata/nothing.png", 32, got); err == nil {
		t.Error("no error for a file that is not there")
	}
}
