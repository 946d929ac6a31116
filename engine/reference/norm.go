package reference

import (
	"math"

	"github.com/local-to-global/lgl/nn"
)

// norm is batch normalisation (Ioffe and Szegedy 2015) of every channel over the M values that it
// has in all samples and positions, computed in double precision:
//
//	h = (x - mean) / sqrt(variance + eps);  y = scale h + shift
//	dshift = sum dy;  dscale = sum dy h
//	dx = scale / sqrt(variance + eps) (dy - dshift / M - h dscale / M)
type norm struct {
	name                         string
	op                           nn.BatchNorm
	x, y                         *tensor
	channels, area               int // area: positions of a sample
	scale, shift                 param
	runningMean, runningVariance []float32
	mean, variance               []float32 // of the batch; the variance is biased
}

type (
	normTraining   struct{ *norm }
	normEvaluation struct{ *norm }
	normBackward   struct{ *norm }
)

func (p *program) norm(name string, op nn.BatchNorm, x, y *tensor, ps params) {
	channels := x.shape[0]
	k := &norm{name: name, op: op, x: x, y: y, channels: channels, area: x.size / channels,
		scale: ps["weight"], shift: ps["bias"],
		runningMean: ps["running_mean"].value, runningVariance: ps["running_var"].value,
		mean: make([]float32, channels), variance: make([]float32, channels)}
	p.norms = append(p.norms, k)
	p.training = append(p.training, normTraining{k})
	p.evaluation = append(p.evaluation, normEvaluation{k})
	p.back(normBackward{k})
}

// image returns where channel c of sample i lies in x and y.
func (k *norm) image(i, c int) (from, to int) {
	from = (i*k.channels + c) * k.area
	return from, from + k.area
}

// A unit is a channel.
func (k normTraining) size(n int) (int, int) { return k.channels, 4 * n * k.area }

func (k normTraining) run(s span) {
	m := float64(s.n * k.area)
	for c := s.from; c < s.to; c++ {
		total, squares := 0.0, 0.0
		for i := range s.n {
			from, to := k.image(i, c)
			total += sum(k.x.value[from:to])
		}
		mean := total / m
		for i := range s.n {
			from, to := k.image(i, c)
			for _, v := range k.x.value[from:to] {
				squares += (float64(v) - mean) * (float64(v) - mean)
			}
		}
		k.mean[c], k.variance[c] = float32(mean), float32(squares/m)
		k.apply(c, s.n, k.mean[c], k.variance[c])
	}
}

func (k normEvaluation) size(n int) (int, int) { return k.channels, n * k.area }

func (k normEvaluation) run(s span) {
	for c := s.from; c < s.to; c++ {
		k.apply(c, s.n, k.runningMean[c], k.runningVariance[c])
	}
}

// inverse is 1 / sqrt(variance + eps).
func (k *norm) inverse(variance float32) float64 {
	return 1 / math.Sqrt(float64(variance)+float64(k.op.Eps))
}

// apply normalises channel c of n samples.
func (k *norm) apply(c, n int, mean, variance float32) {
	a := float64(k.scale.value[c]) * k.inverse(variance)
	b := float64(k.shift.value[c]) - float64(mean)*a
	for i := range n {
		from, to := k.image(i, c)
		y := k.y.value[from:to]
		for j, v := range k.x.value[from:to] {
			y[j] = float32(a*float64(v) + b)
		}
	}
}

func (k normBackward) size(n int) (int, int) { return k.channels, 4 * n * k.area }

func (k normBackward) run(s span) {
	for c := s.from; c < s.to; c++ {
		mean, inverse := float64(k.mean[c]), k.inverse(k.variance[c])
		dshift, dscale := 0.0, 0.0
		for i := range s.n {
			from, to := k.image(i, c)
			x := k.x.value[from:to]
			for j, d := range k.y.grad[from:to] {
				dshift += float64(d)
				dscale += float64(d) * (float64(x[j]) - mean)
			}
		}
		dscale *= inverse
		k.shift.grad[c], k.scale.grad[c] = float32(dshift), float32(dscale)
		if k.x.grad != nil {
			k.input(c, s.n, mean, inverse, dshift, dscale)
		}
	}
}

// input adds to dx in channel c: a dy + b x + e, the equation above with h written out.
func (k *norm) input(c, n int, mean, inverse, dshift, dscale float64) {
	m := float64(n * k.area)
	a := float64(k.scale.value[c]) * inverse
	b := -a * inverse * dscale / m
	e := -a*dshift/m - b*mean
	for i := range n {
		from, to := k.image(i, c)
		x, dx := k.x.value[from:to], k.x.grad[from:to]
		for j, d := range k.y.grad[from:to] {
			dx[j] += float32(a*float64(d) + b*float64(x[j]) + e)
		}
	}
}

// moveStats moves the running statistics towards those of a batch of n samples; the variance is
// then the unbiased one.
func (k *norm) moveStats(n int) {
	m, count := k.op.Momentum, float32(n*k.area)
	for c := range k.mean {
		k.runningMean[c] = (1-m)*k.runningMean[c] + m*k.mean[c]
		k.runningVariance[c] = (1-m)*k.runningVariance[c] + m*(k.variance[c]*(count/(count-1)))
	}
}
