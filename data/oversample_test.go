package data

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Over random sizes: there are as many indices as before, classes and the samples of a class come equally often, up to
// one, nothing else comes, and what is handed over stays.
func TestOversampled(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var samples, labels []int
		sizes := make([]int, 1+r.IntN(6))
		for k := range sizes {
			sizes[k] = 1 + r.IntN(40)
			labels = append(labels, slices.Repeat([]int{k}, sizes[k]+3)...) // 3 of each are not among the samples
			for i := range sizes[k] {
				samples = append(samples, len(labels)-1-i)
			}
		}
		before := slices.Clone(samples)
		drawn := Oversampled(samples, labels, r)
		if !slices.Equal(samples, before) || len(drawn) != len(samples) {
			t.Fatalf("%d drawn of %d samples, which became %v", len(drawn), len(samples), samples)
		}
		times, classes := map[int]int{}, make([]int, len(sizes))
		for _, i := range drawn {
			times[i]++
			classes[labels[i]]++
		}
		if slices.Max(classes)-slices.Min(classes) > 1 {
			t.Fatalf("classes of %v samples have %v", sizes, classes)
		}
		least := slices.Clone(classes)
		for _, i := range samples {
			k := labels[i]
			if n := times[i]; n < classes[k]/sizes[k] || n > (classes[k]+sizes[k]-1)/sizes[k] {
				t.Fatalf("class %d of %d samples has %d; sample %d comes %d times", k, sizes[k], classes[k], i, n)
			}
			least[k] -= times[i]
		}
		if slices.Max(least) > 0 {
			t.Fatalf("%v are not of the samples", least)
		}
	}
}

// The same stream draws the same; another draws others, and a class of many does not always have the same ones left out.
func TestOversampledDraws(t *testing.T) {
	labels := append(make([]int, 50), 1, 1)
	every := make([]int, len(labels))
	for i := range every {
		every[i] = i
	}
	draw := func(seed uint64) []int { return Oversampled(every, labels, rand.New(rand.NewPCG(seed, 0))) }
	if !slices.Equal(draw(1), draw(1)) || slices.Equal(draw(1), draw(2)) {
		t.Errorf("%v, again %v, of another seed %v", draw(1), draw(1), draw(2))
	}
}
