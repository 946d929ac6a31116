package data

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// labelled is a source of samples of one value, with any labels.
type labelled struct {
	labels  []int
	classes int
}

func (s labelled) Len() int                          { return len(s.labels) }
func (s labelled) Shape() []int                      { return []int{1} }
func (s labelled) Label(i int) int                   { return s.labels[i] }
func (s labelled) Sample(i int, dst []float32) error { dst[0] = float32(i); return nil }
func (s labelled) Classes() (names []string) {
	for k := range s.classes {
		names = append(names, fmt.Sprint("class ", k))
	}
	return names
}

// Labels that are no class's are refused by whatever counts by label, and by the loader, through
// which every sample goes to a model.
func TestBadLabels(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for label, want := range map[int]string{-1: "sample 2: label -1; want 0..2", 3: "sample 2: label 3; want 0..2", 1 << 40: "label 1099511627776"} {
		src := labelled{[]int{0, 1, label, 2}, 3}
		_, subset := Stratified(src, 2, r)
		_, _, holdOut := HoldOut(src, 0.5, 1)
		_, loader := NewLoader(src, nil, 2, 1)
		for what, err := range map[string]error{"classes": CheckEveryClass(src), "subset": subset, "hold-out": holdOut, "loader": loader} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v; want %q", what, err, want)
			}
		}
	}
	if _, err := NewImages([]byte{1, 2}, []byte{0, 255}, []string{"a", "b"}, 1); err == nil || !strings.Contains(err.Error(), "sample 1: label 255; want 0..1") {
		t.Errorf("images: %v", err)
	}
	if _, err := NewImages([]byte{1, 2, 3}, []byte{0, 1}, []string{"a", "b"}, 1); err == nil || !strings.Contains(err.Error(), "2 labels and 3 bytes of images") {
		t.Errorf("three images, two labels: %v", err)
	}
}

// K classes, one of which may have no sample, or one: what is missing is named.
func TestNumbersOfClasses(t *testing.T) {
	for _, k := range []int{1, 2, 1000, 100_000} {
		src := labelled{classes: k}
		for i := range 2 * k {
			src.labels = append(src.labels, i%k)
		}
		if err := CheckEveryClass(src); err != nil {
			t.Errorf("%d classes: %v", k, err)
		}
		train, held, err := HoldOut(src, 0.5, 1)
		if err != nil || train.Len() != k || held.Len() != k {
			t.Errorf("%d classes, half held out: %v", k, err)
		}
		src.labels = slices.DeleteFunc(src.labels, func(l int) bool { return l == k-1 })
		if err := CheckEveryClass(src); err == nil || err.Error() != fmt.Sprintf("class \"class %d\" has no training samples; leave it out of the data or add some", k-1) {
			t.Errorf("%d classes, the last without samples: %v", k, err)
		}
		src.labels = append(src.labels, k-1)
		if err := CheckEveryClass(src); err != nil {
			t.Errorf("%d classes, the last of one sample: %v", k, err)
		}
		if _, _, err := HoldOut(src, 0.5, 1); k > 1 && (err == nil || !strings.Contains(err.Error(), "has no training samples")) {
			t.Errorf("%d classes, the last of one sample, half held out: %v", k, err)
		}
	}
}
