package mix

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/metric"
)

// vector is one case of testdata/make_vectors.py.
type vector struct {
	N                  int
	Active             []bool
	Lambda, Smoothing  float64
	X, Logits, Blended []float32
	Y                  []int32
	Losses             []float64
	Weights            ClassWeights
	Weighted           float64
	Gradients          []float64
}

// Blended pixels have torchvision's bits; the cross-entropy of the targets is PyTorch's.
func TestAgainstPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for i, v := range vectors {
		blend(v.X, len(v.X)/v.N, v.Lambda)
		if !slices.Equal(v.X, v.Blended) {
			t.Errorf("case %d: blended %v; want %v", i, v.X, v.Blended)
		}
		k := len(v.Active)
		targets := Mix{Smoothing: v.Smoothing, Classes: k, Active: v.Active}.targets(v.Y, v.Lambda)
		for s, want := range v.Losses {
			if got := loss(v.Logits[s*k:(s+1)*k], targets[s*k:(s+1)*k], v.Active); !(math.Abs(got-want) < 2e-6*(1+want)) {
				t.Errorf("case %d, sample %d: loss %v; want %v", i, s, got, want)
			}
		}
	}
}

// loss is -sum t log p over the active classes.
func loss(logits, targets []float32, active []bool) (sum float64) {
	lp := make([]float64, len(logits))
	metric.LogSoftmax(lp, logits, active)
	for k, t := range targets {
		if t > 0 {
			sum -= float64(t) * lp[k]
		}
	}
	return sum
}

// draw is a batch of up to 8 samples with labels of some active classes, and a Mix for it.
func draw(r *rand.Rand) (Mix, data.Batch) {
	m := Mix{Classes: 1 + r.IntN(8)}
	if r.IntN(3) > 0 {
		m.Alpha = math.Exp(2 * r.NormFloat64())
	}
	if r.IntN(3) > 0 {
		m.Smoothing = r.Float64()
	}
	var used []int
	active := make([]bool, m.Classes)
	for k := range active {
		if active[k] = r.IntN(2) == 0 || k == 0; active[k] {
			used = append(used, k)
		}
	}
	if r.IntN(2) == 0 {
		m.Active = active
	}
	b := data.Batch{X: make([]float32, 3*(1+r.IntN(8)))}
	for i := range b.X {
		b.X[i] = r.Float32()
	}
	for range len(b.X) / 3 {
		b.Y = append(b.Y, int32(used[r.IntN(len(used))]))
	}
	if r.IntN(2) == 0 {
		for range b.Y {
			b.Weight = append(b.Weight, r.Float32())
		}
	}
	return m, b
}

// Over random batches: targets add up to 1 and lie on active classes alone, nothing but X of the batch
// handed over changes, the sums of pixels and weights stay, and the same stream gives the same batch.
func TestApply(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 2000 {
		m, b := draw(r)
		x, y, w := slices.Clone(b.X), slices.Clone(b.Y), slices.Clone(b.Weight)
		got := m.Apply(b, seed.Stream(uint64(n), "mix"))
		if !slices.Equal(b.Y, y) || !slices.Equal(b.Weight, w) || !slices.Equal(got.Y, y) {
			t.Fatalf("%+v: labels or weights changed", m)
		}
		if m.Alpha == 0 && !slices.Equal(b.X, x) {
			t.Fatalf("%+v: X changed without mixup", m)
		}
		for i := range y {
			row, sum := got.Targets[i*m.Classes:(i+1)*m.Classes], 0.0
			for k, v := range row {
				sum += float64(v)
				if v < 0 || v > 0 && m.Active != nil && !m.Active[k] {
					t.Fatalf("%+v: target %v of class %d", m, v, k)
				}
			}
			if math.Abs(sum-1) > 1e-6 {
				t.Fatalf("%+v: targets %v add up to %v", m, row, sum)
			}
		}
		for what, both := range map[string][2][]float32{"pixels": {got.X, x}, "weights": {got.Weight, w}} {
			if math.Abs(total(both[0])-total(both[1])) > 1e-5 {
				t.Fatalf("%+v: sum of %s is %v; want %v", m, what, total(both[0]), total(both[1]))
			}
		}
		again := m.Apply(data.Batch{X: slices.Clone(x), Y: y, Weight: w}, seed.Stream(uint64(n), "mix"))
		if !slices.Equal(again.X, got.X) || !slices.Equal(again.Weight, got.Weight) || !slices.Equal(again.Targets, got.Targets) {
			t.Fatalf("%+v: the same stream gives another batch", m)
		}
	}
}

func total(values []float32) (sum float64) {
	for _, v := range values {
		sum += float64(v)
	}
	return sum
}

// A weight goes with its sample: two samples at lambda have the weights that their blends have.
func TestWeightsAreBlended(t *testing.T) {
	b := data.Batch{X: []float32{1, 0}, Y: []int32{0, 1}, Weight: []float32{1, 0}}
	got := Mix{Alpha: 1, Classes: 2}.Apply(b, seed.Stream(1, "mix"))
	if !slices.Equal(got.Weight, got.X) || got.Targets[0] != got.X[0] || got.Targets[1] != got.X[1] {
		t.Errorf("pixels %v, weights %v, targets %v; want the same shares", got.X, got.Weight, got.Targets)
	}
}

func ExampleMix_Apply() {
	b := data.Batch{X: []float32{0, 1}, Y: []int32{0, 1}}
	fmt.Println(Mix{Smoothing: 0.25, Classes: 4}.Apply(b, seed.Stream(1, "mix")).Targets)
	// Output:
	// [0.8125 0.0625 0.0625 0.0625 0.0625 0.8125 0.0625 0.0625]
}

// BenchmarkApply is a batch of 256 images of 224 x 224 in 1,000 classes.
func BenchmarkApply(b *testing.B) {
	batch := data.Batch{X: make([]float32, 256*3*224*224), Y: make([]int32, 256)}
	r := seed.Stream(1, "mix")
	for b.Loop() {
		Mix{Alpha: 0.2, Smoothing: 0.1, Classes: 1000}.Apply(batch, r)
	}
}
