package data

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func images(t *testing.T, labels ...byte) *Images {
	t.Helper()
	pixels := make([]byte, 4*len(labels))
	for i := range pixels {
		pixels[i] = byte(i)
	}
	s, err := NewImages(pixels, labels, []string{"a", "b", "c"}, 1, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestImages(t *testing.T) {
	s := images(t, 0, 2, 1)
	x := make([]float32, 4)
	if err := s.Sample(1, x); err != nil || !slices.Equal(x, []float32{4. / 255, 5. / 255, 6. / 255, 7. / 255}) {
		t.Errorf("sample 1 is %v, %v", x, err)
	}
	if got := Labels(s); !slices.Equal(got, []int{0, 2, 1}) {
		t.Errorf("labels %v", got)
	}
	for name, build := range map[string]func() (*Images, error){
		"label too large": func() (*Images, error) { return NewImages([]byte{1}, []byte{2}, []string{"a", "b"}, 1) },
		"too few labels":  func() (*Images, error) { return NewImages([]byte{1, 2}, []byte{0}, []string{"a"}, 1) },
		"half an image":   func() (*Images, error) { return NewImages([]byte{1, 2, 3}, []byte{0}, []string{"a"}, 2) },
		"empty shape":     func() (*Images, error) { return NewImages(nil, nil, []string{"a"}, 1, 0, 2) },
	} {
		if _, err := build(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSubset(t *testing.T) {
	s := Subset(images(t, 0, 2, 1), []int{2, 1})
	if s.Len() != 2 || s.Label(0) != 1 || s.Label(1) != 2 || len(s.Classes()) != 3 {
		t.Errorf("labels %v of %d samples, classes %v", Labels(s), s.Len(), s.Classes())
	}
	if p, ok := s.(Pixels); !ok || p.Pixels(0)[0] != 8 {
		t.Error("the subset of bytes does not give bytes")
	}
	x := make([]float32, 4)
	if err := Subset(s, []int{1}).Sample(0, x); err != nil || x[0] != 4./255 {
		t.Errorf("subset of a subset: %v, %v", x, err)
	}
	if _, ok := Subset(numbers{3, -1}, []int{1}).(Pixels); ok {
		t.Error("a subset of floats claims to hold bytes")
	}
}

func TestStratified(t *testing.T) {
	labels := slices.Concat(slices.Repeat([]byte{0}, 50), slices.Repeat([]byte{1}, 30), slices.Repeat([]byte{2}, 21))
	s := images(t, labels...)
	for n, want := range map[int][]int{
		10:  {5, 3, 2}, // 4.95, 2.97, 2.08
		1:   {1, 0, 0},
		101: {50, 30, 21},
		3:   {1, 1, 1}, // 1.49, 0.89, 0.62
	} {
		got, err := Stratified(s, n, rand.New(rand.NewPCG(1, 1)))
		if err != nil || len(got) != n || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != n {
			t.Fatalf("n = %d: %v, %v", n, got, err)
		}
		count := make([]int, 3)
		for _, i := range got {
			count[labels[i]]++
		}
		if !slices.Equal(count, want) {
			t.Errorf("n = %d: %v of each class; want %v", n, count, want)
		}
	}
	a, _ := Stratified(s, 10, rand.New(rand.NewPCG(1, 1)))
	b, _ := Stratified(s, 10, rand.New(rand.NewPCG(1, 1)))
	c, _ := Stratified(s, 10, rand.New(rand.NewPCG(2, 1)))
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("one seed gave %v and %v, another %v", a, b, c)
	}
	for _, n := range []int{0, -1, 102} {
		if _, err := Stratified(s, n, rand.New(rand.NewPCG(1, 1))); err == nil {
			t.Errorf("n = %d: no error", n)
		}
	}
}

func TestDigest(t *testing.T) {
	digest := func(s Source) string {
		d, err := Digest(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	base := digest(images(t, 0, 1, 2))
	if base != digest(Subset(images(t, 0, 1, 2), []int{0, 1, 2})) {
		t.Error("the same samples gave another digest")
	}
	for name, s := range map[string]Source{
		"label": images(t, 0, 1, 1),
		"order": Subset(images(t, 0, 1, 2), []int{1, 0, 2}),
		"less":  images(t, 0, 1),
	} {
		if digest(s) == base {
			t.Errorf("%s: same digest", name)
		}
	}
	if _, err := Digest(numbers{5, 3}); err == nil || err.Error() != "sample 3: unreadable" {
		t.Errorf("error %v", err)
	}
}
