package data

import (
	"slices"
	"strings"
	"testing"
)

func TestPerClass(t *testing.T) {
	s := images(t, 0, 2, 2, 1)
	if n := PerClass(s); !slices.Equal(n, []int{1, 1, 2}) || CheckEveryClass(s) != nil {
		t.Errorf("%v, %v", n, CheckEveryClass(s))
	}
	bird, err := NewImages(make([]byte, 2), []byte{0, 2}, []string{"a", "bird", "c"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckEveryClass(bird); err == nil || !strings.Contains(err.Error(), "bird") {
		t.Errorf("a class without samples: %v", err)
	}
}

func TestHoldOut(t *testing.T) {
	pixels := make([]byte, 200) // one a sample, all different
	for i := range pixels {
		pixels[i] = byte(i)
	}
	src, err := NewImages(pixels, slices.Repeat([]byte{0, 1, 0, 2}, 50), []string{"a", "b", "c"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	train, validation, err := HoldOut(src, 0.1, 7)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := PerClass(train), PerClass(validation); !slices.Equal(a, []int{90, 45, 45}) || !slices.Equal(b, []int{10, 5, 5}) {
		t.Errorf("kept %v, held out %v", a, b)
	}
	seen := map[float32]int{}
	x := make([]float32, 1)
	for _, part := range []Source{train, validation} {
		for i := range part.Len() {
			if err := part.Sample(i, x); err != nil {
				t.Fatal(err)
			}
			seen[x[0]]++
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d different samples in the two parts; want all 200", len(seen))
	}
	if whole, none, err := HoldOut(src, 0, 7); err != nil || none != nil || whole.Len() != 200 {
		t.Errorf("fraction 0: %v, %v", none, err)
	}
	for _, fraction := range []float64{0.001, 0.01, 0.999} {
		if _, _, err := HoldOut(src, fraction, 7); err == nil || !strings.Contains(err.Error(), "--val-fraction") {
			t.Errorf("fraction %v: %v", fraction, err)
		}
	}
}
