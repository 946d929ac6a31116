// Package nn describes a neural network as data: layers in the order in which they run, the
// shapes that follow, the parameters with their names, and State, the named tensors that a
// training run reads and writes. It computes nothing; the engines do.
//
// The data flow:
//
//  1. a builder (package nn/zoo) lists the layers of a Net;
//  2. Net.Validate infers the shape of every layer's output and refuses what does not fit;
//  3. Net.Params lists the parameters under PyTorch's names;
//  4. Net.Init draws a State from an initialiser;
//  5. an engine compiles the Net, loads the State, trains it and saves it again.
//
// Shape letters, here and in the engines: N batch, C channels, H height, W width, F features,
// K classes, O output channels, I input channels. Shapes of samples leave N out: an image is
// [C H W], a vector [F].
package nn

import (
	"errors"
	"fmt"
	"slices"
)

// Net is a network that ends in a linear head with one output per class.
type Net struct {
	Name    string  // "vgg16"; for people and records
	Input   []int   // shape of one sample, [C H W] or [F]
	Classes int     // K, the outputs of the head
	Layers  []Layer // in execution order; the last one is the head, a Linear with K outputs
}

// Layer is one step of a Net.
type Layer struct {
	Name   string // PyTorch module path ("features.0"); unique; prefix of its parameters' names
	Op     Op
	Inputs []int // indices of the layers that feed it, Input for the sample; nil: the layer before
}

// Input, as an element of Layer.Inputs, stands for the network's input.
const Input = -1

// Op is what a layer does: one of Linear, Conv2D, BatchNorm, ReLU, MaxPool, AvgPool,
// GlobalAvgPool, Flatten, Dropout and Add. The set is closed, so that an engine's type switch
// can be complete.
type Op interface {
	// shape returns the output shape for the input shapes.
	shape(in [][]int) ([]int, error)
	// params returns the parameters, with their shapes, for the input shape.
	params(in []int) []Param
}

// Linear is y = x W^T + b over the last dimension: [F] to [Out].
type Linear struct {
	Out  int
	Bias bool
}

// Conv2D is a 2-D cross-correlation as torch.nn.Conv2d, square kernel, zero padding:
// [C H W] to [Out H' W'], H' = floor((H + 2 Pad - Kernel) / Stride) + 1.
type Conv2D struct {
	Out, Kernel, Stride, Pad int
	Bias                     bool
}

// BatchNorm normalises each channel as torch.nn.BatchNorm2d ([C H W]) or BatchNorm1d ([F]).
// Training uses the batch's mean and biased variance; running statistics move by Momentum
// towards the batch's mean and unbiased variance: r = (1 - Momentum) r + Momentum s.
type BatchNorm struct {
	Eps, Momentum float32 // PyTorch's defaults: 1e-5, 0.1
}

// ReLU is max(0, x).
type ReLU struct{}

// MaxPool and AvgPool slide a square window as torch.nn.MaxPool2d and AvgPool2d, output size
// rounded down. Padding counts as minus infinity for the maximum and as zeros for the mean
// (count_include_pad, PyTorch's default).
type (
	MaxPool struct{ Kernel, Stride, Pad int }
	AvgPool struct{ Kernel, Stride, Pad int }
)

// GlobalAvgPool is the mean over H and W: [C H W] to [C 1 1], as AdaptiveAvgPool2d(1).
type GlobalAvgPool struct{}

// Flatten turns [C H W] into [C*H*W], in that order.
type Flatten struct{}

// Dropout zeroes each element with probability P in training and scales the rest by 1/(1-P).
type Dropout struct{ P float32 }

// Add is the element-wise sum of two inputs of one shape: a residual connection.
type Add struct{}

// InputsOf returns the indices of the layers that feed layer i, Input for the sample.
func (n Net) InputsOf(i int) []int {
	if n.Layers[i].Inputs != nil {
		return n.Layers[i].Inputs
	}
	return []int{i - 1}
}

// Head returns the index of the head: the last layer.
func (n Net) Head() int { return len(n.Layers) - 1 }

// HasBatchNorm reports whether a layer is a BatchNorm, which cannot train on one sample.
func (n Net) HasBatchNorm() bool {
	return slices.ContainsFunc(n.Layers, func(l Layer) bool { _, ok := l.Op.(BatchNorm); return ok })
}

// Centred reports whether nothing but batch norm takes the output of a layer: it takes off each channel's mean, so that the
// gradient of a bias there is zero.
func (n Net) Centred(layer int) bool {
	normed := false
	for i, l := range n.Layers {
		if slices.Contains(n.InputsOf(i), layer) {
			if _, normed = l.Op.(BatchNorm); !normed {
				return false
			}
		}
	}
	return normed
}

// Validate reports the first fault of the network: a layer whose input does not fit it, a name
// used twice, a head that is not Linear with Classes outputs, a layer that no other reads.
func (n Net) Validate() error {
	if err := n.check(); err != nil {
		return fmt.Errorf("network %s: %w", n.Name, err)
	}
	return nil
}

func (n Net) check() error {
	if len(n.Layers) == 0 {
		return errors.New("has no layers")
	}
	if n.Classes < 2 {
		return fmt.Errorf("has %d classes; a classifier needs at least 2", n.Classes)
	}
	names := map[string]bool{}
	for i, l := range n.Layers {
		if l.Name == "" || names[l.Name] {
			return fmt.Errorf("layer %d: name %q is empty or used twice", i, l.Name)
		}
		names[l.Name] = true
	}
	if head, ok := n.Layers[n.Head()].Op.(Linear); !ok || head.Out != n.Classes {
		return fmt.Errorf("its last layer is %#v; want a Linear with %d outputs", n.Layers[n.Head()].Op, n.Classes)
	}
	if _, err := n.Shapes(); err != nil {
		return err
	}
	return n.checkRead()
}

// checkRead reports a layer whose output nothing reads: its parameters have no gradient.
func (n Net) checkRead() error {
	read := map[int]bool{n.Head(): true}
	for i := range n.Layers {
		for _, j := range n.InputsOf(i) {
			read[j] = true
		}
	}
	for i, l := range n.Layers {
		if !read[i] {
			return fmt.Errorf("no layer reads the output of %s", l.Name)
		}
	}
	return nil
}

// Shapes returns the output shape of every layer, without the batch dimension.
func (n Net) Shapes() ([][]int, error) {
	if d := len(n.Input); d != 1 && d != 3 || slices.Min(n.Input) < 1 {
		return nil, fmt.Errorf("input shape %v; want positive [C H W] or [F]", n.Input)
	}
	out := make([][]int, len(n.Layers))
	for i, l := range n.Layers {
		in, err := n.inputShapes(i, out)
		if err == nil {
			out[i], err = l.Op.shape(in)
		}
		if err != nil {
			return nil, fmt.Errorf("layer %s (%T): %w", l.Name, l.Op, err)
		}
	}
	return out, nil
}

// inputShapes returns the shapes that feed layer i, given the outputs of the layers before it.
func (n Net) inputShapes(i int, out [][]int) ([][]int, error) {
	var in [][]int
	for _, j := range n.InputsOf(i) {
		switch {
		case j == Input:
			in = append(in, n.Input)
		case j < 0 || j >= i:
			return nil, fmt.Errorf("input %d is not a layer before it", j)
		default:
			in = append(in, out[j])
		}
	}
	return in, nil
}

// TrainableValues returns the number of values that training moves.
func (n Net) TrainableValues() int {
	total := 0
	for _, p := range n.Params() {
		if p.Trainable() {
			total += p.Len()
		}
	}
	return total
}

// MACs returns the multiply-adds of one sample's forward pass through the convolutions and
// linear layers of a valid network. A training step costs three times as many.
func (n Net) MACs() int64 {
	var total int64
	for _, macs := range n.LayerMACs() {
		total += macs
	}
	return total
}

// LayerMACs returns the multiply-adds of one sample's forward pass through each layer of a valid
// network; 0 for layers that are neither convolution nor linear.
func (n Net) LayerMACs() []int64 {
	macs := make([]int64, len(n.Layers))
	shapes, err := n.Shapes()
	if err != nil {
		return macs
	}
	for _, p := range n.Params() {
		if p.Role != Weight {
			continue
		}
		positions := 1
		if s := shapes[p.Layer]; len(s) == 3 {
			positions = s[1] * s[2]
		}
		macs[p.Layer] += int64(p.Len()) * int64(positions)
	}
	return macs
}

// Activations returns the values that a valid network makes of one sample: kept, the outputs of
// convolutions and linear layers, without which there is no backward pass; and all, those of every
// layer, and the sample.
func (n Net) Activations() (kept, all int) {
	shapes, err := n.Shapes()
	if err != nil {
		return 0, 0
	}
	all = Size(n.Input)
	for i, l := range n.Layers {
		all += Size(shapes[i])
		switch l.Op.(type) {
		case Conv2D, Linear:
			kept += Size(shapes[i])
		}
	}
	return kept, all
}

// Size returns the number of elements of a shape.
func Size(shape []int) int {
	size := 1
	for _, d := range shape {
		size *= d
	}
	return size
}
