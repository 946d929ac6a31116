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
}

func (g conv) String() string {
	return fmt.Sprintf("n%d %dx%dx%d to %dx%dx%d k%d s%d p%d bias=%t", g.n, g.in[0], g.in[1], g.in[2],
		g.out[0], g.out[1], g.out[2], g.window.Kernel[0], g.window.Stride[0], g.window.Pad[0], g.bias)
}

// descs are the tensors of a convolution in whatever layout the library prefers.
type descs struct {
	src, weights, dst dnnl.Desc
	bias              *dnnl.Desc // nil without bias
}

func (g conv) descs() (descs, error) {
	var d descs
	var err error
	make := func(md *dnnl.Desc, tag dnnl.Tag, shape ...int) {
		if err == nil {
			*md, err = dnnl.NewDesc(shape, tag)
		}
	}
	make(&d.src, dnnl.Any, append([]int{g.n}, g.in...)...)
	make(&d.dst, dnnl.Any, append([]int{g.n}, g.out...)...)
	make(&d.weights, dnnl.Any, g.out[0], g.in[0], g.window.Kernel[0], g.window.Kernel[1])
	if g.bias {
		d.bias = new(dnnl.Desc)
		make(d.bias, dnnl.A, g.out[0])
	}
	return d, err
}

func (g conv) forward(e dnnl.Engine, prop dnnl.Prop, alg dnnl.Alg, relu bool) (dnnl.PrimitiveDesc, error) {
	d, err := g.descs()
	if err != nil {
		return 0, err
	}
	return e.ConvForward(prop, alg, g.window, &d.src, &d.weights, d.bias, &d.dst, relu)
}

func (g conv) backwardData(e dnnl.Engine, alg dnnl.Alg, hint dnnl.PrimitiveDesc) (dnnl.PrimitiveDesc, error) {
	d, err := g.descs()
	if err != nil {
		return 0, err
	}
	return e.ConvBackwardData(alg, g.window, &d.src, &d.weights, &d.dst, hint)
}

func (g conv) backwardWeights(e dnnl.Engine, alg dnnl.Alg, hint dnnl.PrimitiveDesc) (dnnl.PrimitiveDesc, error) {
	d, err := g.descs()
	if err != nil {
		return 0, err
	}
	return e.ConvBackwardWeights(alg, g.window, &d.src, &d.weights, d.bias, &d.dst, hint)
}
