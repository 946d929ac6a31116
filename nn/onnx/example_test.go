package onnx_test

import (
	"bytes"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/onnx"
)

// A network of one's own, drawn at random, as an ONNX model.
func Example() {
	net := nn.Net{Name: "tiny", Input: []int{1, 8, 8}, Classes: 3, Layers: []nn.Layer{
		{Name: "conv", Op: nn.Conv2D{Out: 4, Kernel: 3, Stride: 1, Pad: 1, Bias: true}},
		{Name: "relu", Op: nn.ReLU{}},
		{Name: "pool", Op: nn.GlobalAvgPool{}},
		{Name: "flatten", Op: nn.Flatten{}},
		{Name: "head", Op: nn.Linear{Out: 3, Bias: true}},
	}}
	state, err := net.Init(nn.Default, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range net.Params() {
		fmt.Println(p.Name, p.Shape)
	}
	var model bytes.Buffer
	if err := onnx.Write(&model, net, state, onnx.About{Version: "1"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("more than the values:", model.Len() > 4*(4*9+4+3*4+3))
	// Output:
	// conv.weight [4 1 3 3]
	// conv.bias [4]
	// head.weight [3 4]
	// head.bias [3]
	// more than the values: true
}
