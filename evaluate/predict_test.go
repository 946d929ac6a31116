package evaluate

import (
	"context"
	"errors"
	"math"
	"testing"
)

// TestPredict holds the probabilities to the plain softmax of each sample's logits, over all classes
// and over some.
func TestPredict(t *testing.T) {
	m, src := trained(t)
	p, err := New(m, src, nil, 16, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, keep := range [][]int{{0, 1, 2}, {0, 2}} {
		active := make([]bool, 3)
		for _, k := range keep {
			active[k] = true
		}
		next := 0
		err := p.Predict(context.Background(), active, func(i int, got []float64) error {
			if i != next {
				t.Fatalf("sample %d; want %d", i, next)
			}
			next++
			want := make([]float64, 3)
			for j, q := range softmax(logitsOf(t, m, src, i), keep) {
				want[keep[j]] = q
			}
			for k := range want {
				if math.Abs(got[k]-want[k]) > 1e-6 {
					t.Fatalf("sample %d: %v; want %v", i, got, want)
				}
			}
			return nil
		})
		if err != nil || next != src.Len() {
			t.Errorf("%d samples, error %v; want %d", next, err, src.Len())
		}
	}
}

// TestPredictEnds checks that the first error ends it, that of visit and that of numbers that are none.
func TestPredictEnds(t *testing.T) {
	m, src := trained(t)
	p, err := New(m, src, nil, 16, 0)
	if err != nil {
		t.Fatal(err)
	}
	full, calls := errors.New("disk full"), 0
	err = p.Predict(context.Background(), nil, func(int, []float64) error { calls++; return full })
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("error %v after %d calls; want disk full after 1", err, calls)
	}
}
