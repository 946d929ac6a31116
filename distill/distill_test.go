package distill_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/distill"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
)

// net has its 4 inputs as its logits under the weights of identity.
var net = nn.Net{Name: "linear", Input: []int{4}, Classes: 4, Layers: []nn.Layer{{Name: "head", Op: nn.Linear{Out: 4}}}}

func identity() nn.State {
	w := make([]float32, 16)
	for i := range 4 {
		w[5*i] = 1
	}
	return nn.State{"head.weight": nn.Tensor{Shape: []int{4, 4}, Data: w}}
}

func teacher(t *testing.T, weight float64) *distill.Teacher {
	t.Helper()
	m, err := reference.New().Compile(net, 8, engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return &distill.Teacher{Model: m, Weight: weight}
}

// batch draws samples with labels, and, if soft, with targets that add up to 1.
func batch(r *rand.Rand, soft bool) data.Batch {
	b := data.Batch{X: make([]float32, 4*(1+r.IntN(8)))}
	for i := range b.X {
		b.X[i] = float32(3 * r.NormFloat64())
	}
	for range len(b.X) / 4 {
		b.Y = append(b.Y, r.Int32N(4))
		if soft {
			u, v := r.Float32(), r.Int32N(4)
			row := make([]float32, 4)
			row[b.Y[len(b.Y)-1]] += u
			row[v] += 1 - u
			b.Targets = append(b.Targets, row...)
		}
	}
	return b
}

// Targets are those of the package comment, by its formula with probabilities made the plain way; what
// was handed over stays.
func TestTeach(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		w := []float64{0, 0.3, 1}[n%3]
		known := r.Perm(4)[:1+r.IntN(4)]
		tr := teacher(t, w)
		if err := tr.Learn(identity(), 4, known); err != nil {
			t.Fatal(err)
		}
		b := batch(r, n%2 == 0)
		before := slices.Clone(b.Targets)
		got, forwarded, err := tr.Teach(b)
		if err != nil || forwarded != int64(b.Len()) || !slices.Equal(b.Targets, before) {
			t.Fatalf("%d forwarded, %v, targets %v", forwarded, err, b.Targets)
		}
		for i, y := range b.Y {
			old := make([]float64, 4)
			old[y] = 1
			if b.Targets != nil {
				for k := range old {
					old[k] = float64(b.Targets[4*i+k])
				}
			}
			share, sum := 0.0, 0.0
			for _, k := range known {
				share += old[k]
				sum += math.Exp(float64(b.X[4*i+k]))
			}
			for k := range old {
				want := old[k]
				if slices.Contains(known, k) {
					want = (1-w)*old[k] + w*share*math.Exp(float64(b.X[4*i+k]))/sum
				}
				if math.Abs(float64(got.Targets[4*i+k])-want) > 1e-6 {
					t.Fatalf("weight %v, known %v: target %d of %v became %v; want %v", w, known, k, old, got.Targets[4*i+k], want)
				}
			}
		}
	}
}

// Nobody, who has learnt nothing or forgotten it, teaches nothing; what was learnt is a copy.
func TestNothingToTeach(t *testing.T) {
	b := batch(rand.New(rand.NewPCG(3, 4)), false)
	var nobody *distill.Teacher
	if err := nobody.Learn(identity(), 4, []int{1}); err != nil || nobody.Weights() != nil {
		t.Errorf("%v, %v", err, nobody.Weights())
	}
	forgetful, s := teacher(t, 0.5), identity()
	if err := forgetful.Learn(s, 4, []int{1}); err != nil {
		t.Fatal(err)
	}
	clear(s["head.weight"].Data)
	if forgetful.Weights()["head.weight"].Data[0] != 1 {
		t.Error("the weights that were learnt changed with those handed over")
	}
	if err := forgetful.Learn(s, 4, nil); err != nil || forgetful.Weights() != nil {
		t.Errorf("%v, %v", err, forgetful.Weights())
	}
	for _, tr := range []*distill.Teacher{nobody, teacher(t, 0.5), forgetful} {
		if got, n, err := tr.Teach(b); got.Targets != nil || n != 0 || err != nil {
			t.Errorf("%v, %d, %v", got.Targets, n, err)
		}
	}
}

func TestRefusesOtherWeights(t *testing.T) {
	err := teacher(t, 0.5).Learn(nil, 4, []int{1})
	if err == nil || !strings.Contains(err.Error(), "head.weight") {
		t.Errorf("%v", err)
	}
}
