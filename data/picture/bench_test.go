package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// photo is a JPEG of 500 x 375 pixels, ImageNet's usual size, with colours at half the resolution.
func photo(t testing.TB) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 500, 375))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		x, y := float64(i/4%500), float64(i/2000)
		m.Pix[i] = clamp(int32(128 + 60*math.Sin(x/17+float64(i%4)) + 50*math.Cos(y/11) + 12*r.NormFloat64()))
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// BenchmarkDecode decodes a photo on one core.
func BenchmarkDecode(b *testing.B) {
	file := photo(b)
	for b.Loop() {
		if _, err := DecodeBytes(file); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLibrary is the part of BenchmarkDecode that image/jpeg takes.
func BenchmarkLibrary(b *testing.B) {
	file := photo(b)
	for b.Loop() {
		if _, err := jpeg.Decode(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkViews takes the two views of a decoded photo, at 224 pixels.
func BenchmarkViews(b *testing.B) {
	p, err := DecodeBytes(photo(b))
	if err != nil {
		b.Fatal(err)
	}
	x, r := make([]float32, 3*224*224), rand.New(rand.NewPCG(1, 2))
	b.Run("centre", func(b *testing.B) {
		for b.Loop() {
			p.Centre(224).Planes(x)
		}
	})
	b.Run("random", func(b *testing.B) {
		for b.Loop() {
			p.Random(224, r).Planes(x)
		}
	})
}
