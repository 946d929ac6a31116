package reference

import (
	"testing"

	"github.com/local-to-global/lgl/nn"
)

// ReLU may overwrite what no other layer reads, under any shape.
func TestLone(t *testing.T) {
	net := nn.Net{Name: "branches", Input: []int{2, 2, 2}, Classes: 3, Layers: []nn.Layer{
		{Name: "conv", Op: nn.Conv2D{Out: 2, Kernel: 1, Stride: 1}}, // 0: read by 1 and 3
		{Name: "flat", Op: nn.Flatten{}},                            // the same values
		{Name: "relu", Op: nn.ReLU{}},                               // 2
		{Name: "pool", Op: nn.GlobalAvgPool{}, Inputs: []int{0}},
		{Name: "flat2", Op: nn.Flatten{}}, // 4: read by 5 alone
		{Name: "relu2", Op: nn.ReLU{}},
		{Name: "twice", Op: nn.Add{}, Inputs: []int{5, 5}},
		{Name: "narrow", Op: nn.Linear{Out: 2}, Inputs: []int{2}},
		{Name: "both", Op: nn.Add{}, Inputs: []int{6, 7}},
		{Name: "head", Op: nn.Linear{Out: 3}},
	}}
	if err := net.Validate(); err != nil {
		t.Fatal(err)
	}
	for v, want := range map[int]bool{nn.Input: false, 0: false, 1: false, 3: true, 4: true, 5: false, 6: true} {
		if got := lone(net, v); got != want {
			t.Errorf("a single layer reads value %d: %v; want %v", v, got, want)
		}
	}
}
