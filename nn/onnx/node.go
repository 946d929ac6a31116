package onnx

import (
	"fmt"

	"github.com/local-to-global/lgl/nn"
)

// node is an operator with the names of what it reads and writes: a NodeProto.
type node struct {
	name, op   string
	in         []string
	out        string
	attributes []message // AttributeProto
}

// nodes returns the nodes of a valid network's layers, in their order.
func nodes(net nn.Net) (all []node, err error) {
	values := make([]string, len(net.Layers)) // the name of each layer's output
	for i, l := range net.Layers {
		n := node{name: l.Name, out: l.Name + "/output"}
		for _, j := range net.InputsOf(i) {
			if j == nn.Input {
				n.in = append(n.in, Input)
			} else {
				n.in = append(n.in, values[j])
			}
		}
		if i == net.Head() {
			n.out = Output
		}
		if _, ok := l.Op.(nn.Dropout); ok { // the identity
			values[i] = n.in[0]
			continue
		}
		if err := n.become(l.Op); err != nil {
			return nil, fmt.Errorf("layer %s: %w", l.Name, err)
		}
		values[i] = n.out
		all = append(all, n)
	}
	return all, nil
}

// become gives the node the operator of a layer, its weights and attributes.
func (n *node) become(op nn.Op) error {
	switch op := op.(type) {
	case nn.Linear: // y = x W^T + b
		n.op = "Gemm"
		n.reads(op.Bias)
		n.number("transB", 1)
	case nn.Conv2D:
		n.op = "Conv"
		n.reads(op.Bias)
		n.window(op.Kernel, op.Stride, op.Pad)
	case nn.BatchNorm:
		n.op = "BatchNormalization"
		n.reads(true)
		n.in = append(n.in, n.name+".running_mean", n.name+".running_var")
		n.real("epsilon", op.Eps)
	case nn.MaxPool:
		n.op = "MaxPool"
		n.window(op.Kernel, op.Stride, op.Pad)
	case nn.AvgPool:
		n.op = "AveragePool"
		n.window(op.Kernel, op.Stride, op.Pad)
		n.number("count_include_pad", 1)
	case nn.GlobalAvgPool:
		n.op = "GlobalAveragePool"
	case nn.Flatten:
		n.op = "Flatten" // from axis 1 on
	case nn.ReLU:
		n.op = "Relu"
	case nn.Add:
		n.op = "Add"
	default:
		return fmt.Errorf("ONNX has no operator for %T; export to safetensors instead", op)
	}
	return nil
}

// reads adds the layer's weight, and its bias if it has one.
func (n *node) reads(bias bool) {
	n.in = append(n.in, n.name+".weight")
	if bias {
		n.in = append(n.in, n.name+".bias")
	}
}

// window adds the attributes of a square window.
func (n *node) window(kernel, stride, pad int) {
	n.numbers("kernel_shape", kernel, kernel)
	n.numbers("strides", stride, stride)
	n.numbers("pads", pad, pad, pad, pad) // top, left, bottom, right
}

// The types of attributes, AttributeProto.AttributeType.
const (
	floatAttribute = 1
	intAttribute   = 2
	intsAttribute  = 7
)

// add adds an attribute whose value is in m.
func (n *node) add(name string, kind int64, m message) {
	m.Text(1, name)
	m.Number(20, kind)
	n.attributes = append(n.attributes, m)
}

func (n *node) number(name string, v int64) {
	var m message
	m.Number(3, v)
	n.add(name, intAttribute, m)
}

func (n *node) real(name string, v float32) {
	var m message
	m.Float(2, v)
	n.add(name, floatAttribute, m)
}

func (n *node) numbers(name string, values ...int) {
	var m message
	for _, v := range values {
		m.Number(8, int64(v))
	}
	n.add(name, intsAttribute, m)
}

// message returns the NodeProto.
func (n node) message() (m message) {
	for _, name := range n.in {
		m.Text(1, name)
	}
	m.Text(2, n.out)
	m.Text(3, n.name)
	m.Text(4, n.op)
	for _, a := range n.attributes {
		m.Sub(5, a)
	}
	return m
}
