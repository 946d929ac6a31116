package augment_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
)

// BenchmarkLoader measures images a second and worker, on the shape and transform of CIFAR.
// The goal is 100,000.
func BenchmarkLoader(b *testing.B) {
	src, order := cifarLike(b, 10000)
	p := augment.Pipeline{Crop: 4, Flip: true, Mean: []float32{.49, .48, .45}, Std: []float32{.25, .24, .26}}
	l, err := data.NewLoader(src, p, 128, 1)
	if err != nil {
		b.Fatal(err)
	}
	images := 0
	b.ReportAllocs()
	for b.Loop() {
		for batch, err := range l.Epoch(context.Background(), order, nil, 1) {
			if err != nil {
				b.Fatal(err)
			}
			images += batch.Len()
		}
	}
	b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
}

// cifarLike returns random images of CIFAR's shape, and a shuffled order.
func cifarLike(t testing.TB, n int) (*data.Images, []int) {
	r := rand.New(rand.NewPCG(1, 2))
	pixels, labels, order := make([]byte, n*3072), make([]byte, n), make([]int, n)
	for i := range pixels {
		pixels[i] = byte(r.Uint32())
	}
	for i := range labels {
		labels[i], order[i] = byte(i%10), i
	}
	src, err := data.NewImages(pixels, labels, make([]string, 10), 3, 32, 32)
	if err != nil {
		t.Fatal(err)
	}
	data.Shuffle(order, r)
	return src, order
}
