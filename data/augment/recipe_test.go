package augment_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
)

// everything is torchvision's reference recipe, and a colour jitter.
var everything = augment.Pipeline{Size: 36, Crop: 4, Flip: true, Jitter: augment.ColorJitter{Brightness: .4, Contrast: .4, Saturation: .4, Hue: .1},
	Rand: augment.RandAugment{N: 2, M: 9}, Mean: []float32{.5, .4, .3}, Std: []float32{.2, .3, .4}, Erase: augment.Erase{P: .5, Random: true}}

// TestRecipeLoadsAlike: neither the number of workers nor that the source holds bytes changes a bit; the seed does.
func TestRecipeLoadsAlike(t *testing.T) {
	src, order := cifarLike(t, 200)
	load := func(s data.Source, p augment.Pipeline, workers int, seed uint64) (x []float32) {
		l, err := data.NewLoader(s, p, 16, workers)
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range l.Epoch(context.Background(), order, nil, seed) {
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, b.X...)
		}
		return x
	}
	trivial := everything
	trivial.Rand, trivial.Trivial = augment.RandAugment{}, true
	for _, p := range []augment.Pipeline{everything, trivial} {
		want := load(src, p, 1, 9)
		if !slices.Equal(want, load(src, p, 4, 9)) || !slices.Equal(want, load(struct{ data.Source }{src}, p, 2, 9)) {
			t.Error("workers, or bytes for floats, change the bits")
		}
		if slices.Equal(want, load(src, p, 1, 10)) {
			t.Error("another seed, the same bits")
		}
	}
}

// TestErase: what is erased is one rectangle, in all channels at once, with the value, after the normalisation;
// the rest is as it was. Over many draws, P of the samples are erased.
func TestErase(t *testing.T) {
	const h, w, draws = 20, 30, 4000
	src, err := data.NewImages(slices.Repeat([]byte{200}, 3*h*w), []byte{0}, []string{"a"}, 3, h, w)
	if err != nil {
		t.Fatal(err)
	}
	p := augment.Pipeline{Mean: []float32{.5, .4, .3}, Std: []float32{.2, .3, .4}, Erase: augment.Erase{P: .25}}
	plain := apply(t, augment.Pipeline{Mean: p.Mean, Std: p.Std}, src, 0)
	r, write, got := rand.New(rand.NewPCG(1, 2)), p.Pixels(src.Shape()), make([]float32, 3*h*w)
	count, values, sum, square := 0, 0.0, 0.0, 0.0
	for i := range draws {
		if i == draws/2 {
			p.Erase.Random = true
			write = p.Pixels(src.Shape())
		}
		write(got, src.Pixels(0), r)
		top, left, bottom, right := h, w, -1, -1
		changed := func(c, y, x int) bool { at := (c*h+y)*w + x; return got[at] != plain[at] }
		for j := range h * w {
			if y, x := j/w, j%w; changed(0, y, x) {
				top, left, bottom, right = min(top, y), min(left, x), max(bottom, y), max(right, x)
			}
		}
		if bottom < 0 {
			continue
		}
		count++
		for j := range 3 * h * w {
			c, y, x := j/(h*w), j/w%h, j%w
			inside := y >= top && y <= bottom && x >= left && x <= right
			if changed(c, y, x) != inside || inside && !p.Erase.Random && got[j] != 0 {
				t.Fatalf("channel %d, pixel %d, %d is %v; erased is %d..%d, %d..%d", c, y, x, got[j], top, bottom, left, right)
			}
			if inside && p.Erase.Random {
				v := float64(got[j])
				values, sum, square = values+1, sum+v, square+v*v
			}
		}
	}
	if want := draws * p.Erase.P; math.Abs(float64(count)-want) > 4*math.Sqrt(want*(1-p.Erase.P)) {
		t.Errorf("%d of %d samples are erased; want about %v", count, draws, want)
	}
	if mean, variance := sum/values, square/values; math.Abs(mean) > 4/math.Sqrt(values) || math.Abs(variance-1) > 4*math.Sqrt(2/values) {
		t.Errorf("random values of mean %v, mean square %v", mean, variance)
	}
}

// What a recipe cannot do is refused, and told.
func TestRecipeRefused(t *testing.T) {
	for want, c := range map[string]struct {
		p  augment.Pipeline
		in []int
	}{
		"samples of shape [7] are no images":    {augment.Pipeline{Erase: augment.Erase{P: 1}}, []int{7}},
		"shape [3] are no images":               {augment.Pipeline{Trivial: true}, []int{3}},
		"images of 2 channels; color jitter":    {augment.Pipeline{Trivial: true}, []int{2, 8, 8}},
		"hue 0.6; want 0 to 0.5":                {augment.Pipeline{Jitter: augment.ColorJitter{Hue: .6}}, []int{3, 8, 8}},
		"brightness -1; want a finite number":   {augment.Pipeline{Jitter: augment.ColorJitter{Brightness: -1}}, []int{3, 8, 8}},
		"contrast NaN; want a finite number":    {augment.Pipeline{Jitter: augment.ColorJitter{Contrast: math.NaN()}}, []int{3, 8, 8}},
		"2 operations with magnitude 31; want ": {augment.Pipeline{Rand: augment.RandAugment{N: 2, M: 31}}, []int{3, 8, 8}},
		"of -1 operations":                      {augment.Pipeline{Rand: augment.RandAugment{N: -1}}, []int{3, 8, 8}},
		"probability 1.5; want 0 to 1":          {augment.Pipeline{Erase: augment.Erase{P: 1.5}}, []int{3, 8, 8}},
		"value +Inf; want a finite one":         {augment.Pipeline{Erase: augment.Erase{P: 1, Value: float32(math.Inf(1))}}, []int{3, 8, 8}},
	} {
		if _, err := c.p.Shape(c.in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v of %v: %v; want %q", c.p, c.in, err, want)
		}
	}
}

// Images of one row, one column or one pixel go through every operation.
func TestSmallest(t *testing.T) {
	for _, in := range [][]int{{3, 1, 1}, {1, 1, 1}, {3, 1, 9}, {3, 9, 1}, {1, 2, 2}} {
		p := augment.Pipeline{Jitter: everything.Jitter, Rand: augment.RandAugment{N: 20, M: 30}, Trivial: true, Erase: augment.Erase{P: 1}}
		write, src, dst := p.Pixels(in), make([]byte, data.Size(in)), make([]float32, data.Size(in))
		for i := range src {
			src[i] = byte(37 * i)
		}
		for seed := range uint64(200) {
			write(dst, src, rand.New(rand.NewPCG(seed, 1)))
		}
	}
}
