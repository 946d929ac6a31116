package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Scheme names a way to draw initial weights.
type Scheme string

const (
	// Default is PyTorch's own: weights and biases of Linear and Conv2D uniform in
	// +-1/sqrt(fan_in) (torch.nn.init.kaiming_uniform_ with a = sqrt(5)).
	Default Scheme = "default"
	// He is torchvision's for VGG and ResNet: Conv2D weights normal with variance 2/fan_out
	// (He et al. 2015), biases zero, Linear weights normal with deviation 0.01. Only the head of
	// torchvision's ResNet is another: it has PyTorch's default.
	He Scheme = "he"
)

// Init draws the weights of a valid network from r, layer by layer. Batch norm starts at scale
// 1, shift 0, running mean 0 and running variance 1.
func (n Net) Init(scheme Scheme, r *rand.Rand) (State, error) {
	if scheme != Default && scheme != He {
		return nil, fmt.Errorf("initialiser %q; want %s or %s", scheme, Default, He)
	}
	if err := n.Validate(); err != nil {
		return nil, err
	}
	s := State{}
	for _, p := range n.Params() {
		t := Tensor{Shape: p.Shape, Data: make([]float32, p.Len())}
		draw(t.Data, p, scheme, r)
		s[p.Name] = t
	}
	return s, nil
}

// RedrawHead draws the head's weights and biases of the given classes (rows) anew; every other
// row keeps its bits. Their momentum buffers, where present, become zero.
func (n Net) RedrawHead(s State, classes []int, scheme Scheme, r *rand.Rand) {
	for _, p := range n.Params() {
		if p.Layer != n.Head() {
			continue
		}
		width := p.Len() / n.Classes // F for the weight, 1 for the bias
		for _, k := range classes {
			draw(s[p.Name].Data[k*width:(k+1)*width], p, scheme, r)
			if m, ok := s[MomentumPrefix+p.Name]; ok {
				clear(m.Data[k*width : (k+1)*width])
			}
		}
	}
}

// draw fills dst, all or some rows of p, with initial values.
func draw(dst []float32, p Param, scheme Scheme, r *rand.Rand) {
	value := initialiser(p, scheme, r)
	for i := range dst {
		dst[i] = value()
	}
}

// initialiser returns the distribution of p's initial values.
func initialiser(p Param, scheme Scheme, r *rand.Rand) func() float32 {
	switch {
	case p.Role == Scale || p.Role == RunningVar:
		return constant(1)
	case p.Role == Shift || p.Role == RunningMean:
		return constant(0)
	case scheme == Default:
		return uniform(r, 1/math.Sqrt(float64(p.FanIn)))
	case p.Role == Bias:
		return constant(0)
	case len(p.Shape) == 4:
		return normal(r, math.Sqrt(2/float64(p.FanOut)))
	default:
		return normal(r, 0.01)
	}
}

func constant(v float32) func() float32 { return func() float32 { return v } }

func uniform(r *rand.Rand, bound float64) func() float32 {
	return func() float32 { return float32((2*r.Float64() - 1) * bound) }
}

func normal(r *rand.Rand, deviation float64) func() float32 {
	return func() float32 { return float32(r.NormFloat64() * deviation) }
}
