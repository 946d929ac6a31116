package enginetest

import (
	"fmt"

	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// build returns a network of the zoo; its arguments are this package's, so it panics on an error.
func build(name string, o zoo.Options) nn.Net {
	net, err := zoo.Build(name, o)
	if err != nil {
		panic(fmt.Sprintf("enginetest: %v", err))
	}
	return net
}

// norm is a batch norm with PyTorch's defaults.
var norm = nn.BatchNorm{Eps: 1e-5, Momentum: 0.1}

// residual has a block with a strided shortcut, one without, and what the zoo's networks lack:
// 1x1 convolutions, windows that overlap or are padded, batch norm over features. It is class
// Residual of make_vectors.py.
func residual() nn.Net {
	return nn.Net{Name: "residual", Input: []int{3, 10, 9}, Classes: 4, Layers: []nn.Layer{
		{Name: "conv1", Op: nn.Conv2D{Out: 5, Kernel: 3, Stride: 1, Pad: 1}},
		{Name: "bn1", Op: norm},
		{Name: "relu1", Op: nn.ReLU{}}, // 2
		{Name: "conv2", Op: nn.Conv2D{Out: 6, Kernel: 3, Stride: 2, Pad: 1}},
		{Name: "bn2", Op: norm},
		{Name: "relu2", Op: nn.ReLU{}},
		{Name: "conv3", Op: nn.Conv2D{Out: 6, Kernel: 3, Stride: 1, Pad: 1, Bias: true}},
		{Name: "bn3", Op: nn.BatchNorm{Eps: 1e-3, Momentum: 0.3}}, // 7
		{Name: "shortcut", Op: nn.Conv2D{Out: 6, Kernel: 1, Stride: 2}, Inputs: []int{2}},
		{Name: "add1", Op: nn.Add{}, Inputs: []int{7, 8}},
		{Name: "relu3", Op: nn.ReLU{}}, // 10
		{Name: "conv4", Op: nn.Conv2D{Out: 6, Kernel: 1, Stride: 1, Bias: true}},
		{Name: "add2", Op: nn.Add{}, Inputs: []int{11, 10}},
		{Name: "maxpool", Op: nn.MaxPool{Kernel: 3, Stride: 1, Pad: 1}},
		{Name: "avgpool", Op: nn.AvgPool{Kernel: 2, Stride: 1, Pad: 1}},
		{Name: "conv5", Op: nn.Conv2D{Out: 7, Kernel: 3, Stride: 2}},
		{Name: "gap", Op: nn.GlobalAvgPool{}},
		{Name: "flatten", Op: nn.Flatten{}},
		{Name: "fc1", Op: nn.Linear{Out: 9}},
		{Name: "bn4", Op: norm},
		{Name: "relu4", Op: nn.ReLU{}},
		{Name: "fc2", Op: nn.Linear{Out: 4, Bias: true}},
	}}
}
