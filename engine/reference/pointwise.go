package reference

import (
	"math"

	"github.com/local-to-global/lgl/nn"
)

// pointwise kernels compute y from x, or dx from dy, value by value. A unit is a sample.
type pointwise struct{ x, y *tensor }

func (k pointwise) size(n int) (int, int) { return n, 1 + k.y.size }

// limits returns where the samples of a span lie.
func (k pointwise) limits(s span) (from, to int) { return s.from * k.y.size, s.to * k.y.size }

type (
	reluForward  struct{ pointwise }
	reluBackward struct{ pointwise }
	reluMask     struct{ pointwise } // backward in place: x and y are the same
)

// relu adds ReLU, in place where y is x.
func (p *program) relu(x, y *tensor) {
	p.both(reluForward{pointwise{x, y}})
	switch {
	case x.grad == nil:
	case x == y:
		p.back(reluMask{pointwise{x, y}})
	default:
		p.back(reluBackward{pointwise{x, y}})
	}
}

func (k reluForward) run(s span) {
	from, to := k.limits(s)
	y := k.y.value[from:to]
	for i, v := range k.x.value[from:to] {
		y[i] = passed(v, v)
	}
}

func (k reluBackward) run(s span) {
	from, to := k.limits(s)
	y, dx := k.y.value[from:to], k.x.grad[from:to]
	for i, d := range k.y.grad[from:to] {
		dx[i] += passed(d, y[i])
	}
}

func (k reluMask) run(s span) {
	from, to := k.limits(s)
	d := k.y.grad[from:to]
	for i, y := range k.y.value[from:to] {
		d[i] = passed(d[i], y)
	}
}

// passed is d where y is above 0 (or NaN), 0 elsewhere: ReLU itself, and its gradient where it gave y.
func passed(d, y float32) float32 {
	bits := math.Float32bits(d) // a choice between integers compiles without a branch
	if y <= 0 {
		bits = 0
	}
	return math.Float32frombits(bits)
}

type (
	sumForward struct {
		pointwise
		other *tensor
	}
	sumBackward struct{ pointwise } // x is either of the two
)

func (p *program) sum(x, other, y *tensor) {
	p.both(sumForward{pointwise{x, y}, other})
	for _, t := range []*tensor{x, other} {
		if t.grad != nil {
			p.back(sumBackward{pointwise{t, y}})
		}
	}
}

func (k sumForward) run(s span) {
	from, to := k.limits(s)
	y, other := k.y.value[from:to], k.other.value[from:to]
	for i, v := range k.x.value[from:to] {
		y[i] = v + other[i]
	}
}

func (k sumBackward) run(s span) {
	from, to := k.limits(s)
	add(k.x.grad[from:to], k.y.grad[from:to])
}

// dropout multiplies by 0 or 1 / (1 - p) in training, by 1 in evaluation.
type dropout struct {
	pointwise
	layer int
	p     float32
	seed  *uint64   // of the running step
	mask  []float32 // [N shape...]
}

type (
	dropoutTraining   struct{ dropout }
	dropoutEvaluation struct{ pointwise }
	dropoutBackward   struct{ dropout }
)

func (p *program) dropout(layer int, probability float32, x, y *tensor) {
	k := dropout{pointwise{x, y}, layer, probability, &p.seed, floats(len(y.value))}
	p.training = append(p.training, dropoutTraining{k})
	p.evaluation = append(p.evaluation, dropoutEvaluation{k.pointwise})
	if x.grad != nil {
		p.back(dropoutBackward{k})
	}
}

func (k dropoutTraining) run(s span) {
	from, to := k.limits(s)
	for e := from; e < to; e++ {
		k.mask[e] = 0
		if nn.DropKeep(*k.seed, k.layer, uint64(e), k.p) {
			k.mask[e] = 1 / (1 - k.p)
		}
		k.y.value[e] = k.x.value[e] * k.mask[e]
	}
}

func (k dropoutEvaluation) run(s span) {
	from, to := k.limits(s)
	copy(k.y.value[from:to], k.x.value[from:to])
}

func (k dropoutBackward) run(s span) {
	from, to := k.limits(s)
	for e := from; e < to; e++ {
		k.x.grad[e] += float32(k.y.grad[e] * k.mask[e])
	}
}
