package reference

import (
	"fmt"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// tensor is what a layer puts out for a whole batch.
type tensor struct {
	shape []int     // of one sample
	size  int       // values of one sample
	value []float32 // [N shape...]
	grad  []float32 // gradient of the loss, [N shape...]; nil if no parameter lies before it
}

// program is the kernels of each pass, and what they share.
type program struct {
	batch         int
	learns        bool // it is for training, too
	input, logits *tensor
	training      []kernel
	evaluation    []kernel
	clearing      []kernel // before backward, which adds
	backward      []kernel
	norms         []*norm
	seed          uint64 // of the running step's dropout
	scratch       *scratch
}

// build turns a valid network into kernels over the parameters of s.
func build(net nn.Net, batch int, o engine.Options, s *store) (*program, error) {
	shapes, err := net.Shapes()
	if err != nil {
		return nil, err
	}
	p := &program{batch: batch, learns: !o.Evaluation, scratch: &scratch{}}
	p.input = p.tensor(net.Input, false)
	outputs := make([]*tensor, len(net.Layers))
	for i, l := range net.Layers {
		var in []*tensor
		for _, j := range net.InputsOf(i) {
			if j == nn.Input {
				in = append(in, p.input)
			} else {
				in = append(in, outputs[j])
			}
		}
		if _, ok := l.Op.(nn.ReLU); ok && lone(net, net.InputsOf(i)[0]) {
			outputs[i] = in[0]
			p.relu(in[0], in[0])
			continue
		}
		if outputs[i], err = p.layer(i, l, in, shapes[i], s.layers[i]); err != nil {
			return nil, err
		}
	}
	p.logits = outputs[net.Head()]
	p.scratch.allocate(o.Threads)
	return p, nil
}

// lone reports whether a single layer reads the output of layer v, under whatever shape. That layer
// may then change it in place: no layer needs its own output again, but ReLU, which stays as it is.
func lone(net nn.Net, v int) bool {
	for v != nn.Input && readers(net, v) == 1 {
		if _, ok := net.Layers[v].Op.(nn.Flatten); !ok {
			return true
		}
		v = net.InputsOf(v)[0]
	}
	return false
}

// readers counts the inputs of layers that are the output of layer v.
func readers(net nn.Net, v int) int {
	n := 0
	for i := range net.Layers {
		for _, j := range net.InputsOf(i) {
			if j == v {
				n++
			}
		}
	}
	return n
}

// tensor allocates a tensor, with a gradient if it is trained: if the layer that it comes from, or
// one before, has parameters, and the program learns.
func (p *program) tensor(shape []int, trained bool) *tensor {
	t := &tensor{shape: shape, size: nn.Size(shape)}
	t.value = floats(p.batch * t.size)
	if trained && p.learns {
		t.grad = floats(p.batch * t.size)
		p.clearing = append(p.clearing, clearing{t})
	}
	return t
}

// layer adds the kernels of layer i and returns its output.
func (p *program) layer(i int, l nn.Layer, in []*tensor, shape []int, ps params) (*tensor, error) {
	x := in[0]
	if _, ok := l.Op.(nn.Flatten); ok { // the same values under another shape
		return &tensor{shape, x.size, x.value, x.grad}, nil
	}
	trained := len(ps) > 0
	for _, t := range in {
		trained = trained || t.grad != nil
	}
	y := p.tensor(shape, trained)
	switch op := l.Op.(type) {
	case nn.Linear:
		p.linear(x, y, ps)
	case nn.Conv2D:
		p.conv(window{op.Kernel, op.Stride, op.Pad}, x, y, ps)
	case nn.BatchNorm:
		p.norm(l.Name, op, x, y, ps)
	case nn.ReLU:
		p.relu(x, y)
	case nn.MaxPool:
		p.maxPool(window{op.Kernel, op.Stride, op.Pad}, x, y)
	case nn.AvgPool:
		p.avgPool(window{op.Kernel, op.Stride, op.Pad}, x, y)
	case nn.GlobalAvgPool:
		p.globalPool(x, y)
	case nn.Dropout:
		p.dropout(i, op.P, x, y)
	case nn.Add:
		p.sum(x, in[1], y)
	default:
		return nil, fmt.Errorf("reference: layer %s: operation %T is unknown", l.Name, l.Op)
	}
	return y, nil
}

// both adds a kernel to the training and the evaluation pass.
func (p *program) both(k kernel) {
	p.training, p.evaluation = append(p.training, k), append(p.evaluation, k)
}

// back puts a kernel before the others of the backward pass, if there is one.
func (p *program) back(k kernel) {
	if p.learns {
		p.backward = append([]kernel{k}, p.backward...)
	}
}

// clearing zeroes a gradient. A unit is a sample.
type clearing struct{ t *tensor }

func (k clearing) size(n int) (int, int) { return n, 1 + k.t.size/8 }

func (k clearing) run(s span) { clear(k.t.grad[s.from*k.t.size : s.to*k.t.size]) }
