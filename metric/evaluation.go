package metric

// Evaluation gathers the logits of a data set into mean loss and accuracy, over all classes and
// over the active ones: the fields of record.Accuracy.
type Evaluation struct {
	// Confusion holds the predictions over all K outputs.
	Confusion *Confusion

	active, outputs []bool
	loss            float64
	samples, right  []int // [K] by label; right: arg-max over the outputs in use
}

// NewEvaluation returns an Evaluation of k classes of which those marked in active, nil for all,
// are in use. masked restricts the arg-max of Top1Active to their outputs.
func NewEvaluation(k int, active []bool, masked bool) *Evaluation {
	e := &Evaluation{Confusion: NewConfusion(k), active: active, samples: make([]int, k), right: make([]int, k)}
	if masked {
		e.outputs = active
	}
	return e
}

// Add takes the logits [K] of one sample and its label.
func (e *Evaluation) Add(logits []float32, label int) {
	e.loss += CrossEntropy(logits, label, nil)
	e.Confusion.Add(label, ArgMax(logits, nil))
	if e.active != nil && !e.active[label] {
		return
	}
	e.samples[label]++
	if ArgMax(logits, e.outputs) == label {
		e.right[label]++
	}
}

// Samples returns how many samples were added.
func (e *Evaluation) Samples() int { return e.Confusion.Samples() }

// Loss returns the mean cross-entropy in nats over all samples and all outputs; NaN without
// samples.
func (e *Evaluation) Loss() float64 { return e.loss / float64(e.Samples()) }

// Top1 returns the share of all samples that are right, 0..1, arg-max over all outputs; NaN
// without samples.
func (e *Evaluation) Top1() float64 { return e.Confusion.Top1() }

// Top1Active returns the share of the samples of active classes that are right, 0..1, arg-max
// over the outputs in use; NaN without such samples.
func (e *Evaluation) Top1Active() float64 { return ratio(sum(e.right), sum(e.samples)) }

// Top1Of returns Top1Active over the samples of the given classes, which are active; NaN without
// such samples.
func (e *Evaluation) Top1Of(classes []int) float64 {
	right, samples := 0, 0
	for _, k := range classes {
		right += e.right[k]
		samples += e.samples[k]
	}
	return ratio(right, samples)
}

// Recalls returns Top1Of each of the classes that has samples.
func (e *Evaluation) Recalls(classes []int) map[int]float64 {
	shares := map[int]float64{}
	for _, k := range classes {
		if e.samples[k] > 0 {
			shares[k] = ratio(e.right[k], e.samples[k])
		}
	}
	return shares
}
