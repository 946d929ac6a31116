package xla

import (
	"fmt"

	"github.com/local-to-global/lgl/nn"
)

// graph is a network while it is written: the values of its layers, and how their gradients flow.
// Images are [N H W C], vectors [N F], both of the elements act.
type graph struct {
	emitter
	net    nn.Net
	n      int    // samples of the batch
	act    string // elements of activations: f32, or bf16
	exact  string // precision of products: HIGHEST, or DEFAULT, which allows TF32
	large  bool   // it is worth what takes long to compile
	params map[string]value
	seed   value // of dropout, ui64

	out   []value
	back  []func(dy value) // adds to the gradients of a layer's inputs and parameters
	grads []value          // of the loss with respect to out; no name: none yet

	paramGrads map[string]value // gradients of parameters, float32
	stats      map[string]value // new running statistics
	variances  []value          // of the batch, to check
}

func newGraph(net nn.Net, n int, precision string) *graph {
	g := &graph{net: net, n: n, act: f32, exact: "HIGHEST", params: map[string]value{}, paramGrads: map[string]value{}, stats: map[string]value{}}
	switch precision {
	case "tf32":
		g.exact = "DEFAULT"
	case "bf16":
		g.act, g.exact = bf16, "DEFAULT"
	}
	return g
}

// run writes the layers from the input x [N C H W] or [N F], float32, to the logits, float32.
// training says which forms of batch norm and dropout.
func (g *graph) run(x value, training bool) (logits value, err error) {
	input := g.to(g.act, x)
	if len(x.dims) == 4 {
		input = g.transpose(input, 0, 2, 3, 1)
	}
	g.back, g.grads = make([]func(value), len(g.net.Layers)), make([]value, len(g.net.Layers))
	for i, l := range g.net.Layers {
		var in []value
		for _, j := range g.net.InputsOf(i) {
			if j == nn.Input {
				in = append(in, input)
			} else {
				in = append(in, g.out[j])
			}
		}
		out, back, err := g.layer(i, l, in, training)
		if err != nil {
			return value{}, err
		}
		g.out, g.back[i] = append(g.out, out), back
	}
	return g.to(f32, g.out[g.net.Head()]), nil
}

// layer writes one layer.
func (g *graph) layer(i int, l nn.Layer, in []value, training bool) (value, func(value), error) {
	var out value
	var back func(value)
	switch op := l.Op.(type) {
	case nn.Linear:
		out, back = g.linear(i, op, in[0])
	case nn.Conv2D:
		out, back = g.conv(i, op, in[0])
	case nn.BatchNorm:
		if training {
			out, back = g.norm(i, op, in[0])
		} else {
			out = g.normByRunning(i, op, in[0])
		}
	case nn.ReLU:
		out, back = g.relu(i, in[0])
	case nn.MaxPool:
		out, back = g.maxPool(i, window{op.Kernel, op.Stride, op.Pad}, in[0])
	case nn.AvgPool:
		out, back = g.avgPool(i, window{op.Kernel, op.Stride, op.Pad}, in[0])
	case nn.GlobalAvgPool:
		out, back = g.globalPool(i, in[0])
	case nn.Flatten:
		out, back = g.flatten(i, in[0])
	case nn.Dropout:
		if out = in[0]; training && op.P > 0 {
			out, back = g.dropout(i, op.P, in[0])
		} else {
			back = func(dy value) { g.give(i, 0, dy) }
		}
	case nn.Add:
		out = g.add(in[0], in[1])
		back = func(dy value) { g.give(i, 0, dy); g.give(i, 1, dy) }
	default:
		return value{}, nil, fmt.Errorf("xla: layer %s: operation %T is unknown", l.Name, l.Op)
	}
	return out, back, nil
}

// param is a parameter of layer i.
func (g *graph) param(i int, suffix string) value { return g.params[g.net.Layers[i].Name+"."+suffix] }

// paramGrad sets the gradient of a parameter of layer i.
func (g *graph) paramGrad(i int, suffix string, v value) {
	g.paramGrads[g.net.Layers[i].Name+"."+suffix] = g.to(f32, v)
}

// give adds dx to the gradient of input number which of layer i. The network's input has none.
func (g *graph) give(i, which int, dx value) {
	j := g.net.InputsOf(i)[which]
	switch {
	case j == nn.Input:
	case g.grads[j].name == "":
		g.grads[j] = dx
	default:
		g.grads[j] = g.add(g.grads[j], dx)
	}
}

// wants reports whether input number which of layer i has a gradient.
func (g *graph) wants(i, which int) bool { return g.net.InputsOf(i)[which] != nn.Input }

// backward writes the gradients of all parameters, from that of the logits.
func (g *graph) backward(dlogits value) {
	g.grads[g.net.Head()] = g.to(g.act, dlogits)
	for i := len(g.net.Layers) - 1; i >= 0; i-- {
		if g.grads[i].name != "" {
			g.back[i](g.grads[i])
		}
	}
}
