package evaluate

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/plan"
)

// many is a source of so many samples, 10 classes in turn, that are never read.
type many int

func (m many) Len() int                    { return int(m) }
func (m many) Classes() []string           { return make([]string, 10) }
func (m many) Shape() []int                { return []int{1} }
func (m many) Label(i int) int             { return i % 10 }
func (m many) Sample(int, []float32) error { panic("read") }

// A sample has the loss that it was last remembered with, and NaN before.
func TestLastLosses(t *testing.T) {
	p := &Probe{source: many(4)}
	nan := math.NaN()
	check := func(want ...float64) {
		t.Helper()
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
		if got := p.LastLosses(); !slices.EqualFunc(got, want, same) {
			t.Errorf("%v; want %v", got, want)
		}
	}
	check(nan, nan, nan, nan)
	p.Remember([]int{3, 1}, []float32{0.5, 2})
	check(nan, 2, nan, 0.5)
	p.Remember([]int{0, 3}, []float32{4, 0.25})
	check(4, 2, nan, 0.25)
}

// BenchmarkRemember is what running losses add to a step of 128 samples.
func BenchmarkRemember(b *testing.B) {
	p := &Probe{source: many(50_000)}
	samples, losses := make([]int, 128), make([]float32, 128)
	for i := range samples {
		samples[i] = i * 7919 % 50_000
	}
	for b.Loop() {
		p.Remember(samples, losses)
	}
}

// BenchmarkChoice is what running losses add to an epoch of 50,000 samples: the choice.
func BenchmarkChoice(b *testing.B) {
	p := &Probe{source: many(50_000), last: make([]float32, 50_000)}
	for i := range p.last {
		p.last[i] = float32(i*7919%len(p.last)) / 1000
	}
	labels := data.Labels(p.source)
	for _, method := range []string{"spl", "spl-inv", "spld"} {
		c := config.Paper()
		c.Method, c.Losses, c.Epochs, c.PaceWarmup = method, "running", 6, 1
		next, err := plan.NewCurriculum(c, slices.Repeat([]int{5000}, 10), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(method, func(b *testing.B) {
			for b.Loop() {
				if _, err := next.Next(context.Background(), labels, make([]curriculum.Stage, 1), p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
