package mix

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/metric"
)

// Printed in the documentation of scikit-learn 1.5, compute_class_weight: classes [0 1], y = [1 1 1 1 0 0].
func TestBalancedWeights(t *testing.T) {
	if w := BalancedWeights([]int{2, 4}); !slices.Equal(w, ClassWeights{1.5, 0.75}) {
		t.Errorf("weights %v; want 1.5 and 0.75", w)
	}
	if w := BalancedWeights([]int{2, 0, 4}); !slices.Equal(w, ClassWeights{1.5, 0, 0.75}) {
		t.Errorf("weights %v with a class of no samples; want 1.5, 0 and 0.75", w)
	}
}

// The mean over a batch, and its gradients as package engine has them, are those of PyTorch's
// CrossEntropyLoss(weight=w, label_smoothing=e), of blends too; samples' own weights go on top.
func TestClassWeightsAgainstPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	plain := 0
	for i, v := range vectors {
		k := len(v.Active)
		b := data.Batch{Y: v.Y}
		if v.Lambda < 1 || v.Smoothing > 0 {
			b.Targets = Mix{Smoothing: v.Smoothing, Classes: k, Active: v.Active}.targets(v.Y, v.Lambda)
		} else {
			plain++
		}
		half := b
		half.Targets, half.Weight = slices.Clone(b.Targets), slices.Repeat([]float32{0.5}, v.N)
		for share, b := range map[float64]data.Batch{1: v.Weights.Apply(b), 0.5: v.Weights.Apply(half)} {
			mean, gradients := meanLoss(b, v.Logits, v.Active)
			if !(math.Abs(mean-share*v.Weighted) < 2e-6*(1+v.Weighted)) {
				t.Errorf("case %d, times %v: loss %v; want %v", i, share, mean, share*v.Weighted)
			}
			for at, want := range v.Gradients {
				if !(math.Abs(gradients[at]-share*want) < 1e-6) {
					t.Errorf("case %d, times %v: gradient %v of logit %d; want %v", i, share, gradients[at], at, share*want)
				}
			}
		}
		if half.Weight[0] != 0.5 {
			t.Errorf("case %d: the samples' own weights changed", i)
		}
	}
	if plain == 0 || plain == len(vectors) {
		t.Errorf("%d of %d cases are of labels alone", plain, len(vectors))
	}
}

// meanLoss is what a step of an engine goes down, and its gradients by the logits [N K].
func meanLoss(b data.Batch, logits []float32, active []bool) (mean float64, gradients []float64) {
	n, k := b.Len(), len(active)
	lp := make([]float64, k)
	for i, y := range b.Y {
		row := make([]float32, k)
		row[y] = 1
		if b.Targets != nil {
			row = b.Targets[i*k : (i+1)*k]
		}
		scale := float64(b.Weight[i]) / float64(n)
		mean += scale * loss(logits[i*k:(i+1)*k], row, active)
		metric.LogSoftmax(lp, logits[i*k:(i+1)*k], active)
		for j, t := range row {
			gradients = append(gradients, scale*(math.Exp(lp[j])*total(row)-float64(t)))
		}
	}
	return mean, gradients
}

// Without class weights a batch stays what it is.
func TestNoClassWeights(t *testing.T) {
	if b := (ClassWeights)(nil).Apply(data.Batch{Y: []int32{0, 1}}); b.Weight != nil {
		t.Errorf("weights %v of samples; want none", b.Weight)
	}
}
