package mix

import "github.com/local-to-global/lgl/data"

// ClassWeights are the weights w_k of the classes in the loss, [K], those of PyTorch's CrossEntropyLoss(weight=w);
// nil: none. Their scale is of no account, since the mean over a batch is a weighted one.
type ClassWeights []float32

// BalancedWeights returns weights by which every class of perClass samples has the same part in the loss of an epoch:
// scikit-learn's "balanced", n / (K n_k) for n samples of K classes; 0 for a class without any.
func BalancedWeights(perClass []int) ClassWeights {
	n, classes := 0, 0
	for _, c := range perClass {
		if n += c; c > 0 {
			classes++
		}
	}
	w := make(ClassWeights, len(perClass))
	for k, c := range perClass {
		if c > 0 {
			w[k] = float32(float64(n) / (float64(classes) * float64(c)))
		}
	}
	return w
}

// Apply returns b, whose targets it changes, with such weights v_i and targets t_i that the mean of v_i times the loss
// of sample i is, v being the weights that b had, PyTorch's weighted mean,
//
//	sum_i v_i w_(y_i) l_i / sum_i w_(y_i),  or, with targets,  -sum_i v_i sum_k w_k t_ik log p_ik / sum_i w_(y_i).
//
// With mixup the latter is, where v is 1, lambda times the weighted mean with the labels plus 1 - lambda times that with
// the labels of the neighbours, as mixup's authors have it. The sum below the line is the same for both, since every
// sample is some sample's neighbour. PyTorch's loss with probabilities as targets is another one: it divides by the
// number of samples, whatever their classes weigh, so that the scale of w would count.
func (w ClassWeights) Apply(b data.Batch) data.Batch {
	if w == nil {
		return b
	}
	total := 0.0
	for _, y := range b.Y {
		total += float64(w[y])
	}
	old, scale := b.Weight, float64(b.Len())/total
	b.Weight = make([]float32, b.Len())
	for i, y := range b.Y {
		v := scale
		if b.Targets == nil {
			v *= float64(w[y])
		}
		if old != nil {
			v *= float64(old[i])
		}
		b.Weight[i] = float32(v)
	}
	for at := range b.Targets {
		b.Targets[at] *= w[at%len(w)]
	}
	return b
}

// WeightedSum returns the sum of the losses of a batch times its weights; nil weights are all 1.
func WeightedSum(losses, weights []float32) float64 {
	sum := 0.0
	for i, l := range losses {
		w := float32(1)
		if weights != nil {
			w = weights[i]
		}
		sum += float64(w) * float64(l)
	}
	return sum
}
