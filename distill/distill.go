// Package distill makes targets of what the network knew at the end of the stage before: learning
// without forgetting (Li and Hoiem 2016), with the old classes' samples still there (as in iCaRL,
// Rebuffi et al. 2017).
//
//  1. the trainer hands over the weights that a stage begins with, before they are shrunk or drawn
//     anew, and the classes trained so far;
//  2. before each step they compute the logits z_i of the batch as the step sees it, augmented and
//     blended, in evaluation mode;
//  3. with p_i = softmax(z_i) over the classes trained so far, and a_i the share of these in the
//     sample's targets t_i (1 for a sample of an old class, 0 for one of a new class), these targets
//     become (1 - w) t_i + w a_i p_i. Those of new classes stay: the old network knows nothing of them.
package distill

import (
	"fmt"
	"math"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/nn"
)

// Teacher is the network of the stage before. A nil Teacher teaches nothing.
type Teacher struct {
	Model  engine.Model // of the run's network and batch, beside the one that is trained
	Weight float64      // w, 0..1

	weights nn.State // nil: there is no stage before
	known   []bool   // [K] the classes trained so far
	logits  []float32
	logP    []float64 // [K]
}

// Learn takes a copy of the weights of a network that was trained on the given classes of k; without
// classes it forgets what it had.
func (t *Teacher) Learn(s nn.State, k int, classes []int) error {
	if t == nil {
		return nil
	}
	t.weights, t.known, t.logP = nil, metric.Mask(k, classes), make([]float64, k)
	if len(classes) == 0 {
		return nil
	}
	t.weights = s.Weights().Clone()
	if err := t.Model.Load(t.weights); err != nil {
		return fmt.Errorf("distilling from the stage before: %w", err)
	}
	return nil
}

// Weights returns what was learnt, nil for nothing. They must not be changed.
func (t *Teacher) Weights() nn.State {
	if t == nil {
		return nil
	}
	return t.weights
}

// Teach returns the batch with its targets changed, and how many samples were passed forward for that:
// all or none.
func (t *Teacher) Teach(b data.Batch) (taught data.Batch, forwarded int64, err error) {
	if t == nil || t.weights == nil {
		return b, 0, nil
	}
	n, k := b.Len(), len(t.known)
	if cap(t.logits) < n*k {
		t.logits = make([]float32, n*k)
	}
	z := t.logits[:n*k]
	if err := t.Model.Logits(data.Batch{X: b.X}, z); err != nil {
		return b, 0, fmt.Errorf("distilling from the stage before: %w", err)
	}
	b.Targets = targets(b, k)
	for i := range n {
		t.change(b.Targets[i*k:(i+1)*k], z[i*k:(i+1)*k])
	}
	return b, int64(n), nil
}

// targets returns a copy of a batch's targets [N K], or those of its labels.
func targets(b data.Batch, k int) []float32 {
	t := make([]float32, b.Len()*k)
	if b.Targets != nil {
		copy(t, b.Targets)
		return t
	}
	for i, y := range b.Y {
		t[i*k+int(y)] = 1
	}
	return t
}

// change replaces the share w of the known classes' targets [K] by the softmax of the logits [K].
func (t *Teacher) change(targets, logits []float32) {
	share := 0.0
	for k, v := range targets {
		if t.known[k] {
			share += float64(v)
		}
	}
	metric.LogSoftmax(t.logP, logits, t.known)
	for k, v := range targets {
		if t.known[k] {
			targets[k] = float32((1-t.Weight)*float64(v) + t.Weight*share*math.Exp(t.logP[k]))
		}
	}
}
