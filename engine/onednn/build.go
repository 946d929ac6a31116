package onednn

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// builder turns a network into a program. Building forward leaves a
// tape of functions that, called from the last to the first, build backward.
type builder struct {
	*program
	lowered
	store   *store
	choose  func(direction string, g conv) (dnnl.Alg, error)
	mix     *mixture                                       // which numbers are bfloat16; nil: none
	threads int                                            // of what is not a primitive
	mask    func(layer int, p float32, mask *tensor) error // fills a dropout mask
	folded  *folded                                        // evaluation: weights with batch norm folded in

	values map[int]*tensor   // by layer index, nn.Input for the sample
	grads  map[int][]*tensor // the gradients of a value, one for each user
	norms  []normStats
	made   map[made]*tensor // what as has made
}

// made is a tensor in another layout or type.
type made struct {
	from *tensor
	md   dnnl.Desc
}

// normStats are what a batch norm found in a batch.
type normStats struct {
	layer          int
	mean, variance *tensor // [C], population variance
	count          int     // values per channel
}

// back builds the gradient of a node, given that of its output.
type back func(diff *tensor) error

// edges are the tensors by which Go and the program meet.
type edges struct{ input, logits, diff *tensor }

// build makes the whole program; loss, if training, computes the gradient of the logits.
func (b *builder) build(loss func() error) (edges, error) {
	e, tape, err := b.forward()
	if err != nil {
		return e, err
	}
	if !b.training {
		b.touch(e.logits)
		return e, b.complete()
	}
	e.diff = b.tensor(e.logits.md)
	b.call("loss", loss, e.logits, e.diff)
	b.grads[b.net.Head()] = []*tensor{e.diff}
	for _, t := range slices.Backward(tape) {
		if err := b.backward(t.node, t.back); err != nil {
			return e, err
		}
	}
	for _, s := range b.norms {
		b.touch(s.mean, s.variance)
	}
	return e, b.complete()
}

// taped is a node with what builds its gradient.
type taped struct {
	node
	back
}

// forward builds the forward pass, and returns its tape.
func (b *builder) forward() (e edges, tape []taped, err error) {
	b.values, b.grads, b.made = map[int]*tensor{}, map[int][]*tensor{}, map[made]*tensor{}
	if e.input, err = b.plain(b.net.Input); err != nil {
		return e, nil, err
	}
	b.values[nn.Input] = e.input
	for _, nd := range b.nodes {
		y, f, err := b.node(nd)
		if err != nil {
			return e, nil, err
		}
		b.values[nd.out] = y
		tape = append(tape, taped{nd, f})
	}
	e.logits = b.values[b.net.Head()]
	return e, tape, nil
}

// backward builds a node's gradient, if its output has one.
func (b *builder) backward(nd node, f back) error {
	if !b.needs[nd.out] || len(b.grads[nd.out]) == 0 {
		return nil
	}
	diff := b.grads[nd.out][0]
	for _, more := range b.grads[nd.out][1:] {
		var err error
		if diff, err = b.binary(b.name(nd)+" gradient sum", dnnl.BinaryAdd, diff, more, false); err != nil {
			return err
		}
	}
	return f(diff)
}

// contribute adds to the gradient of value v, in the layout of v.
func (b *builder) contribute(v int, diff *tensor, name string) error {
	diff, err := b.as(diff, b.values[v].md, name)
	b.grads[v] = append(b.grads[v], diff)
	return err
}

// node builds the forward pass of a node.
func (b *builder) node(nd node) (*tensor, back, error) {
	x := b.values[nd.in[0]]
	switch op := b.net.Layers[nd.layer].Op.(type) {
	case nn.Conv2D:
		if nd.add >= 0 {
			return b.convSum(nd, op, x, b.values[nd.in[1]])
		}
		return b.conv(nd, op, x)
	case nn.Linear:
		return b.linear(nd, op, x)
	case nn.BatchNorm:
		return b.norm(nd, op, x)
	case nn.ReLU:
		return b.relu(nd, x)
	case nn.MaxPool:
		return b.pool(nd, dnnl.MaxPool, square(op.Kernel, op.Stride, op.Pad), x)
	case nn.AvgPool:
		return b.pool(nd, dnnl.AvgPool, square(op.Kernel, op.Stride, op.Pad), x)
	case nn.GlobalAvgPool:
		size := b.shape(nd.in[0])
		return b.pool(nd, dnnl.AvgPool, dnnl.Window{Kernel: [2]int{size[1], size[2]}, Stride: [2]int{1, 1}}, x)
	case nn.Flatten:
		return b.flatten(nd, x)
	case nn.Dropout:
		return b.dropout(nd, op, x)
	case nn.Add:
		return b.sum(nd, x, b.values[nd.in[1]])
	}
	return nil, nil, fmt.Errorf("onednn: layer %s: unknown operation %T", b.name(nd), b.net.Layers[nd.layer].Op)
}

func square(kernel, stride, pad int) dnnl.Window {
	return dnnl.Window{Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Pad: [2]int{pad, pad}}
}

// desc describes a batch of samples of the given shape.
func (b *builder) desc(t dnnl.Type, shape []int, tag dnnl.Tag) (dnnl.Desc, error) {
	return dnnl.NewDescOf(t, append([]int{b.n}, shape...), tag)
}

// plain returns a new row-major tensor for a batch.
func (b *builder) plain(shape []int) (*tensor, error) {
	md, err := b.desc(dnnl.F32, shape, dnnl.Plain(1+len(shape)))
	if err != nil {
		return nil, fmt.Errorf("onednn: a tensor of %d samples of shape %v: %w", b.n, shape, err)
	}
	return b.tensor(md), nil
}

// as returns t in layout and type md, and makes that once for all that ask for it.
func (b *builder) as(t *tensor, md dnnl.Desc, name string) (*tensor, error) {
	key := made{t, md}
	if to := b.made[key]; to != nil {
		return to, nil
	}
	to, err := b.program.as(t, md, name)
	if err == nil {
		b.made[key] = to
	}
	return to, err
}

// binary builds x + y or x * y, with ReLU after it if relu.
func (b *builder) binary(name string, alg dnnl.Alg, x, y *tensor, relu bool) (*tensor, error) {
	out := b.tensor(x.md)
	pd, err := b.engine.Binary(alg, &x.md, &y.md, &out.md, relu)
	if err != nil {
		return nil, fmt.Errorf("onednn: %s: %w", name, err)
	}
	return out, b.add(name, pd, arg{dnnl.Src, x}, arg{dnnl.Src1, y}, arg{dnnl.Dst, out})
}
