// Package curriculum decides what to train on next. It is pure logic: labels and history in,
// next stage out; it never trains.
//
//  1. a Curriculum (Plain, LGL, Control, SelfPaced) is asked for the Next stage, given the labels of the
//     training samples and the stages done so far;
//  2. to choose, it may ask the Probe about the model as it is now (losses, entropies);
//  3. package train redraws the Fresh head rows, trains the Stage until the Stopper of its StopRule
//     says so, and asks again, until io.EOF.
//
// A curriculum keeps no state: what it draws at random derives from its seed and the number of
// stages done, so a run resumes from the list of stages alone.
package curriculum

import (
	"context"
	"slices"
)

// Stage is a span of training on one fixed, weighted part of the data.
type Stage struct {
	// Classes are the active classes S_k, in the order in which they entered.
	Classes []int
	// New are those of Classes that were not active in the stage before.
	New []int
	// Weights are v_i per training sample, 0 for one left out; nil: all samples of Classes,
	// weight 1.
	Weights []float32
	// Warm is what happens to the weights before the stage, ahead of Fresh.
	Warm Warm
	// Fresh are the head rows to draw anew before the stage.
	Fresh []int
	// Masked restricts softmax, loss and arg-max to the active outputs (head: masked).
	Masked bool
	// Restart begins the learning-rate schedule again.
	Restart bool
	// KeepMomentum keeps the momentum buffers; they start at zero otherwise.
	KeepMomentum bool
	// Stretch is the number of epochs over which one epoch of the learning-rate schedule is
	// spread; 0 means 1.
	Stretch float64
	Stop    StopRule
	// Scores are H_w(T|X_{i}) in nats of the classes that were candidates for New, by class;
	// nil where the choice did not ask.
	Scores map[int]float64
	// Note says in words how New, or Weights, was chosen, where that needs saying.
	Note string
	// EachEpoch says that the samples are chosen anew for each epoch: after every epoch that does
	// not end the stage, Next is asked again and gives the same stage with other Weights, Lambda,
	// Gamma and Note. All else goes on, and Stop counts the epochs of the whole stage. The history
	// holds such a stage once for every epoch done, without Weights.
	EachEpoch bool
	// Lambda and Gamma are the parameters of equations (1) to (4) that chose Weights, in nats; nil
	// where none does: all samples are in, or those left out are equal to the last one in.
	Lambda, Gamma *float64
}

// Old returns those of Classes that are not New.
func (s Stage) Old() []int {
	isNew := make(map[int]bool, len(s.New))
	for _, k := range s.New {
		isNew[k] = true
	}
	return slices.DeleteFunc(slices.Clone(s.Classes), func(k int) bool { return isNew[k] })
}

// WeightsOf returns the weights of the given samples, in their order; nil if all are 1.
func (s Stage) WeightsOf(samples []int) []float32 {
	if s.Weights == nil {
		return nil
	}
	w := make([]float32, len(samples))
	for pos, i := range samples {
		w[pos] = s.Weights[i]
	}
	return w
}

// Warm says what a stage does to the weights that it is handed. The zero value keeps them.
type Warm struct {
	// Shrink a and Noise b: every trainable tensor w becomes a w + b std(w) N(0, 1) (Ash and
	// Adams 2020, "On Warm-Starting Neural Network Training"). Shrink 0: not done.
	Shrink, Noise float64
	// Redraw is the number of layers with weights, counted back from the head and without it,
	// that are drawn anew.
	Redraw int
}

// Probe is all that a curriculum may ask of the model, in evaluation mode without augmentation. A
// number that is not finite is an error: where there is none, Losses, Entropy and MeanSoftmax give
// finite numbers.
type Probe interface {
	// Losses returns the cross-entropy of each sample.
	Losses(ctx context.Context, samples []int) ([]float64, error)
	// Entropy returns, for each sample, the entropy in nats of the softmax renormalised over
	// the active classes: H_w(T|X = x) of equation (7).
	Entropy(ctx context.Context, samples []int, active []int) ([]float64, error)
	// MeanSoftmax returns the mean over the samples of the softmax renormalised over the active
	// classes, [len(active)].
	MeanSoftmax(ctx context.Context, samples []int, active []int) ([]float64, error)
	// LastLosses returns, for every training sample, its cross-entropy in the step that last
	// trained on it (training mode, augmented, before the update); NaN for one never trained on.
	// It costs nothing.
	LastLosses() []float64
}

// Curriculum chooses the stages of a run.
type Curriculum interface {
	// Next returns the stage that follows those done, or io.EOF after the last one. labels are
	// those of the training samples. It does not change its arguments.
	Next(ctx context.Context, labels []int, done []Stage, p Probe) (Stage, error)
}
