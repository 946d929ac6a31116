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

// tiny is one image [2 2 3] with bytes 5, 25, 45 ... 225.
func tiny(t testing.TB) *data.Images {
	t.Helper()
	var pixels []byte
	for b := 5; b <= 225; b += 20 {
		pixels = append(pixels, byte(b))
	}
	src, err := data.NewImages(pixels, []byte{0}, []string{"a", "b"}, 2, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// apply transforms sample 0 of src both ways, checks that they agree bit for bit, and returns the
// result.
func apply(t testing.TB, p augment.Pipeline, src data.Pixels, seed uint64) []float32 {
	t.Helper()
	shape, err := p.Shape(src.Shape())
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, data.Size(src.Shape()))
	if err := src.Sample(0, x); err != nil {
		t.Fatal(err)
	}
	slow, fast := make([]float32, data.Size(shape)), make([]float32, data.Size(shape))
	p.Apply(slow, x, src.Shape(), rand.New(rand.NewPCG(seed, 0)))
	p.Pixels(src.Shape())(fast, src.Pixels(0), rand.New(rand.NewPCG(seed, 0)))
	if !slices.Equal(slow, fast) {
		t.Fatalf("from floats %v,\nfrom bytes %v", slow, fast)
	}
	return slow
}

// TestTorchvision compares with torchvision 0.14, for the image tiny/255:
//
//	F.normalize(F.hflip(F.pad(x, [0, 1, 1, 1])), [.5, .25], [.2, .3])
func TestTorchvision(t *testing.T) {
	const a, b = -2.5, -0.8333333
	flipped := []float32{
		a, a, a, a,
		a, -1.617647, -2.009804, -2.4019608,
		a, -0.44117644, -0.83333325, -1.2254901,
		a, a, a, a,
		b, b, b, b,
		b, 1.3235295, 1.0620916, 0.8006536,
		b, 2.1078432, 1.8464051, 1.5849673,
		b, b, b, b,
	}
	plain := slices.Clone(flipped)
	for row := range slices.Chunk(plain, 4) {
		slices.Reverse(row)
	}
	p := augment.Pipeline{Size: 4, Flip: true, Mean: []float32{.5, .25}, Std: []float32{.2, .3}}
	seen := [2]bool{}
	for seed := range uint64(20) {
		got := apply(t, p, tiny(t), seed)
		switch {
		case near(got, flipped):
			seen[1] = true
		case near(got, plain):
			seen[0] = true
		default:
			t.Fatalf("got %v;\nwant %v or its mirror image", got, flipped)
		}
	}
	if seen != [2]bool{true, true} {
		t.Errorf("plain, flipped seen: %v", seen)
	}
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) < 1e-6 })
}

// TestCropAndFlipAreUniform enumerates every shift of an image with distinct pixels, written down
// pixel by pixel from the definition; each result must be one of them, all equally often.
// Chi-square with 49 degrees of freedom exceeds 85 once in a thousand; the seed is fixed.
func TestCropAndFlipAreUniform(t *testing.T) {
	src := tiny(t)
	in := src.Pixels(0)
	at := func(c, y, x int) float32 {
		if y < 0 || y >= 2 || x < 0 || x >= 3 {
			return 0
		}
		return float32(in[(c*2+y)*3+x]) / 255
	}
	count := map[[12]float32]int{}
	var want [][12]float32
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			for flip := range 2 {
				var v [12]float32
				for i := range v {
					c, y, x := i/6, i/3%2, i%3
					if flip == 1 {
						x = 2 - x
					}
					v[i] = at(c, y+dy, x+dx)
				}
				want = append(want, v)
				count[v] = 0
			}
		}
	}
	const draws = 20000
	pipeline := augment.Pipeline{Crop: 2, Flip: true}
	r := rand.New(rand.NewPCG(3, 4))
	write := pipeline.Pixels(src.Shape())
	for range draws {
		var got [12]float32
		write(got[:], in, r)
		if _, ok := count[got]; !ok {
			t.Fatalf("%v is no shift of the image", got)
		}
		count[got]++
	}
	// Shifts that leave nothing of the image in sight, or one column, look alike: they share.
	share := map[[12]float32]float64{}
	for _, v := range want {
		share[v] += draws / float64(len(want))
	}
	chi := 0.0
	for v, expect := range share {
		chi += (float64(count[v]) - expect) * (float64(count[v]) - expect) / expect
	}
	if chi > 85 {
		t.Errorf("chi-square %.0f over %d outcomes", chi, len(share))
	}
}

// TestShiftsBeyondTheImage: a crop wider than the image may show nothing of it.
func TestShiftsBeyondTheImage(t *testing.T) {
	for seed := range uint64(500) {
		apply(t, augment.Pipeline{Crop: 9, Flip: true, Size: 5}, tiny(t), seed)
	}
}

func TestPadsLeaveTheImageInTheMiddle(t *testing.T) {
	src, err := data.NewImages(slices.Repeat([]byte{255}, 28*28), []byte{0}, []string{"a"}, 1, 28, 28)
	if err != nil {
		t.Fatal(err)
	}
	got := apply(t, augment.Pipeline{Size: 32}, src, 1)
	for i, v := range got {
		y, x := i/32, i%32
		inside := y >= 2 && y < 30 && x >= 2 && x < 30
		if (v == 1) != inside {
			t.Fatalf("pixel %d, %d is %v", y, x, v)
		}
	}
}

func TestShape(t *testing.T) {
	one := []float32{1}
	for _, c := range []struct {
		p    augment.Pipeline
		in   []int
		want any
	}{
		{augment.Pipeline{}, []int{3, 32, 32}, []int{3, 32, 32}},
		{augment.Pipeline{Size: 32, Crop: 4, Flip: true}, []int{1, 28, 20}, []int{1, 32, 32}},
		{augment.Pipeline{Mean: []float32{1, 2}, Std: []float32{1, 2}}, []int{2}, []int{2}},
		{augment.Pipeline{Size: 24}, []int{1, 28, 28}, "cannot pad images of 28x28 to 24x24"},
		{augment.Pipeline{Crop: -1}, []int{1, 28, 28}, "crop -1"},
		{augment.Pipeline{Flip: true}, []int{7}, "no images"},
		{augment.Pipeline{Mean: one, Std: one}, []int{3, 4, 4}, "1 means and 1 deviations for 3 channels"},
		{augment.Pipeline{Mean: one, Std: []float32{0}}, []int{1, 4, 4}, "deviation 0"},
		{augment.Pipeline{Mean: one, Std: []float32{float32(math.NaN())}}, []int{1, 4, 4}, "deviation NaN"},
		{augment.Pipeline{}, []int{4, 4}, "want [C H W] or [F]"},
	} {
		got, err := c.p.Shape(c.in)
		switch want := c.want.(type) {
		case []int:
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%+v of %v: %v, %v; want %v", c.p, c.in, got, err, want)
			}
		case string:
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v of %v: %v; want %q", c.p, c.in, err, want)
			}
		}
	}
}

// floats is a source of one-label samples in memory.
type floats struct {
	shape []int
	x     [][]float32
}

func (s floats) Len() int          { return len(s.x) }
func (s floats) Classes() []string { return []string{"a", "b"} }
func (s floats) Shape() []int      { return s.shape }
func (s floats) Label(int) int     { return 0 }
func (s floats) Sample(i int, dst []float32) error {
	copy(dst, s.x[i])
	return nil
}

func TestMeasure(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name      string
		src       data.Source
		mean, std []float32
	}{
		// means of 5..105 and 125..225 by 20; deviation 20 sqrt((6^2 - 1) / 12)
		{"bytes", tiny(t), []float32{55. / 255, 175. / 255}, []float32{34.15650255 / 255, 34.15650255 / 255}},
		{"features", floats{[]int{2}, [][]float32{{1, 1e6}, {3, 1e6 + 2}, {8, 1e6 + 1}}}, []float32{4, 1e6 + 1}, []float32{2.9439203, 0.8164966}},
		{"planes", floats{[]int{1, 1, 2}, [][]float32{{1, 2}, {3, 4}}}, []float32{2.5}, []float32{1.1180340}},
		{"constant", floats{[]int{2}, [][]float32{{.1, 1}, {.1, 2}}}, []float32{.1, 1.5}, []float32{1, .5}},
		{"not finite", floats{[]int{2}, [][]float32{{1, 2}, {1, nan}}}, nil, nil},
		{"empty", floats{[]int{2}, nil}, nil, nil},
	} {
		mean, std, err := augment.Measure(context.Background(), c.src)
		if !near(mean, c.mean) || !near(std, c.std) || (err != nil) != (c.mean == nil) {
			t.Errorf("%s: mean %v, deviation %v, %v; want %v, %v", c.name, mean, std, err, c.mean, c.std)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, src := range []data.Source{tiny(t), floats{[]int{1}, [][]float32{{1}}}} {
		if _, _, err := augment.Measure(ctx, src); err != context.Canceled {
			t.Errorf("cancelled: %v", err)
		}
	}
}

// TestMeasureNormalises: after the pipeline, the data have mean 0 and deviation 1.
func TestMeasureNormalises(t *testing.T) {
	src, order := cifarLike(t, 200)
	mean, std, err := augment.Measure(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	l, err := data.NewLoader(src, augment.Pipeline{Mean: mean, Std: std}, 50, 2)
	if err != nil {
		t.Fatal(err)
	}
	sum, square, n := 0.0, 0.0, 0.0
	for b, err := range l.Epoch(context.Background(), order, nil, 1) {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range b.X {
			sum, square, n = sum+float64(v), square+float64(v)*float64(v), n+1
		}
	}
	if math.Abs(sum/n) > 1e-5 || math.Abs(square/n-1) > 1e-5 {
		t.Errorf("mean %v, mean square %v; want 0, 1", sum/n, square/n)
	}
}

// TestBytesAndFloatsLoadAlike: hiding that a source holds bytes changes no bit of a batch.
func TestBytesAndFloatsLoadAlike(t *testing.T) {
	src, order := cifarLike(t, 300)
	p := augment.Pipeline{Size: 36, Crop: 4, Flip: true, Mean: []float32{.5, .4, .3}, Std: []float32{.2, .3, .4}}
	var x [2][]float32
	for i, s := range []data.Source{src, struct{ data.Source }{src}} {
		l, err := data.NewLoader(s, p, 64, 3)
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range l.Epoch(context.Background(), order, nil, 9) {
			if err != nil {
				t.Fatal(err)
			}
			x[i] = append(x[i], b.X...)
		}
	}
	if !slices.Equal(x[0], x[1]) {
		t.Error("bytes and floats give other batches")
	}
}
