package sheet

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/toy"
)

// noise returns n random images of k classes, in a random order, of which the last class has none.
func noise(t *testing.T, n, k int, shape ...int) *data.Images {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	pixels, labels, names := make([]byte, n*data.Size(shape)), make([]byte, n), make([]string, k)
	for i := range pixels {
		pixels[i] = byte(r.IntN(256))
	}
	for i := range labels {
		labels[i] = byte(r.IntN(k - 1))
	}
	for i := range names {
		names[i] = fmt.Sprint("class ", i)
	}
	src, err := data.NewImages(pixels, labels, names, shape...)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// pixel returns the three bytes of a pixel of m.
func pixel(m image.Image, x, y int) [3]byte {
	c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
	return [3]byte{c.R, c.G, c.B}
}

// expected returns pixel x, y of image i of src, padded to side by side with black.
func expected(src *data.Images, i, side, x, y int) (out [3]byte) {
	s := src.Shape()
	x, y = x-(side-s[2])/2, y-(side-s[1])/2
	if x < 0 || y < 0 || x >= s[2] || y >= s[1] {
		return out
	}
	for c := range out {
		out[c] = src.Pixels(i)[(min(c, s[0]-1)*s[1]+y)*s[2]+x]
	}
	return out
}

// Every pixel of every tile is that of the first image of its class, in grey and in colours.
func TestThumbnails(t *testing.T) {
	for _, channels := range []int{1, 3} {
		src := noise(t, 200, 19, channels, 5, 7)
		m, err := Thumbnails(t.Context(), src, augment.Pipeline{Size: 8})
		if err != nil {
			t.Fatal(err)
		}
		if _, grey := m.(*image.Gray); grey != (channels == 1) || m.Bounds() != image.Rect(0, 0, 16*8, 2*8) {
			t.Fatalf("%d channels: a %T of %v", channels, m, m.Bounds())
		}
		seen := map[int]bool{}
		for i := range src.Len() {
			k := src.Label(i)
			if seen[k] {
				continue
			}
			seen[k] = true
			for p := range 64 {
				x, y := p%8, p/8
				if got, want := pixel(m, k%16*8+x, k/16*8+y), expected(src, i, 8, x, y); got != want {
					t.Fatalf("class %d, pixel %d,%d: %v; sample %d has %v", k, x, y, got, i, want)
				}
			}
		}
		if len(seen) != 18 || pixel(m, 2*8+3, 8+3) != [3]byte{128, 128, 128} {
			t.Errorf("the class without samples, of %d with some, is %v", len(seen), pixel(m, 2*8+3, 8+3))
		}
	}
}

// A large picture is reduced to 64 pixels by means over boxes.
func TestThumbnailsOfLargePictures(t *testing.T) {
	src := noise(t, 3, 2, 3, 192, 128)
	m, err := Thumbnails(t.Context(), src, augment.Pipeline{})
	if err != nil || m.Bounds() != image.Rect(0, 0, 16*43, 64) {
		t.Fatalf("%v, %v", m.Bounds(), err)
	}
	src = noise(t, 3, 2, 3, 192, 192)
	if m, err = Thumbnails(t.Context(), src, augment.Pipeline{}); err != nil {
		t.Fatal(err)
	}
	for y := range 64 {
		for x := range 64 {
			for c, got := range pixel(m, x, y) {
				sum := 0
				for i := range 9 {
					sum += int(src.Pixels(0)[c*192*192+(3*y+i/3)*192+3*x+i%3])
				}
				if math.Abs(float64(got)-float64(sum)/9) > 1 {
					t.Fatalf("pixel %d,%d: %v; its box has the mean %v", x, y, got, float64(sum)/9)
				}
			}
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range [][4]int{{224, 224, 64, 64}, {32, 32, 32, 32}, {64, 1, 64, 1}, {640, 1, 64, 1}, {100, 300, 21, 64}} {
		if w, h := within(c[0], c[1], 64); w != c[2] || h != c[3] {
			t.Errorf("%dx%d: %dx%d; want %dx%d", c[0], c[1], w, h, c[2], c[3])
		}
	}
}

func TestThumbnailsRefuses(t *testing.T) {
	points, _, err := toy.Generate(toy.Separated, 2, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	many := noise(t, 2, 3, 1, 2, 2)
	if many, err = many.Renamed(make([]string, MostThumbnails+1)); err != nil {
		t.Fatal(err)
	}
	for want, src := range map[string]data.Source{
		"samples of shape [2] are no pictures": points,
		"samples of shape [2 4 4] are no":      noise(t, 2, 2, 2, 4, 4),
		"4097 classes; want at most 4096":      many,
	} {
		if _, err := Thumbnails(t.Context(), src, augment.Pipeline{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q", err, want)
		}
	}
}
