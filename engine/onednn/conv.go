package onednn

import (
	"fmt"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// The directions of a convolution, each with its own algorithm. Inference is a forward pass that
// keeps nothing.
const (
	forward         = "forward"
	inference       = "inference"
	backwardData    = "backward data"
	backwardWeights = "backward weights"
)

// conv is the geometry of a convolution over a batch.
type conv struct {
	n       int
	in, out []int // [C H W], [O H' W']
	window  dnnl.Window
	bias    bool
	bf16    bool // factors are bfloat16; sums, bias and the weights' gradient are float32
	wide    bool // and so is what forward and backward data give
}

func (g conv) String() string {
	return fmt.Sprintf("n%d %dx%dx%d to %dx%dx%d k%d s%d p%d bias=%t", g.n, g.in[0], g.in[1], g.in[2],
		g.out[0], g.out[1], g.out[2], g.window.Kernel[0], g.window.Stride[0], g.window.Pad[0], g.bias)
}

// factor is the type of what is multiplied, result that of an activation or its gradient that
// comes out.
func (g conv) factor() dnnl.Type { return numbers(g.bf16) }
func (g conv) result() dnnl.Type { return numbers(g.bf16 && !g.wide) }

// numbers is the type of an activation.
func numbers(bf16 bool) dnnl.Type {
	if bf16 {
		return dnnl.BF16
	}
	return dnnl.F32
}

// descs are the tensors of a convolution in whatever layout the library prefers.
type descs struct {
	src, weights, dst dnnl.Desc
	bias              *dnnl.Desc // nil without bias
}

func (g conv) descs() (descs, error) {
	var d descs
	var err error
	set := func(md *dnnl.Desc, typ dnnl.Type, tag dnnl.Tag, shape ...int) {
		if err == nil {
			*md, err = dnnl.NewDescOf(typ, shape, tag)
		}
	}
	set(&d.src, g.factor(), dnnl.Any, append([]int{g.n}, g.in...)...)
	set(&d.dst, g.factor(), dnnl.Any, append([]int{g.n}, g.out...)...)
	set(&d.weights, g.factor(), dnnl.Any, g.out[0], g.in[0], g.window.Kernel[0], g.window.Kernel[1])
	if g.bias {
		d.bias = new(dnnl.Desc)
		set(d.bias, dnnl.F32, dnnl.A, g.out[0])
	}
	return d, err
}

func (g conv) forward(e dnnl.Engine, prop dnnl.Prop, alg dnnl.Alg, sum, relu bool) (dnnl.PrimitiveDesc, error) {
	d, err := g.descs()
	if err != nil {
		return 0, err
	}
	dst := d.dst.As(g.result())
	return e.ConvForward(prop, alg, g.window, &d.src, &d.weights, d.bias, &dst, sum, relu)
}

func (g conv) backwardData(e dnnl.Engine, alg dnnl.Alg, hint dnnl.PrimitiveDesc) (dnnl.PrimitiveDesc, error) {
	d, err := g.descs()
	if err != nil {
		return 0, err
	}
	src := d.src.As(g.result())
	return e.ConvBackwardData(alg, g.window, &src, &d.weights, &d.dst, hint)
}

func (g conv) backwardWeights(e dnnl.Engine, alg dnnl.Alg, hint dnnl.PrimitiveDesc) (dnnl.PrimitiveDesc, error) {
	d, err := g.descs()
	if err != nil {
		return 0, err
	}
	w := d.weights.As(dnnl.F32)
	return e.ConvBackwardWeights(alg, g.window, &d.src, &w, d.bias, &d.dst, hint)
}

// primitive describes the convolution in a direction.
func (g conv) primitive(e dnnl.Engine, direction string, alg dnnl.Alg) (pd dnnl.PrimitiveDesc, err error) {
	switch direction {
	case forward:
		return g.forward(e, dnnl.Training, alg, false, false)
	case inference:
		return g.forward(e, dnnl.Inference, alg, false, false)
	}
	hint, err := g.forward(e, dnnl.Training, dnnl.Direct, false, false)
	if err != nil {
		return 0, err
	}
	defer hint.Close()
	if direction == backwardData {
		return g.backwardData(e, alg, hint)
	}
	return g.backwardWeights(e, alg, hint)
}

// slab is the layout of the float32 weights, and of their gradient: what forward takes; where that
// is bfloat16, what comes out of backward.
func (g conv) slab(e dnnl.Engine, forward dnnl.PrimitiveDesc) (dnnl.Desc, error) {
	if !g.bf16 {
		return forward.Weights(), nil
	}
	pd, err := g.backwardWeights(e, dnnl.Direct, forward)
	if err != nil {
		return dnnl.Desc{}, err
	}
	return pd.DiffWeights(), pd.Close()
}
