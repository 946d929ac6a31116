package nn

import (
	"slices"
	"strings"
	"testing"
)

// block is a small network with a fan-out: layers 2 and 3 both read layer 1.
func block() Net {
	return Net{Name: "block", Input: []int{3, 9, 8}, Classes: 4, Layers: []Layer{
		{Name: "conv", Op: Conv2D{Out: 6, Kernel: 3, Stride: 2, Pad: 1}},
		{Name: "bn", Op: BatchNorm{Eps: 1e-5, Momentum: 0.1}},
		{Name: "branch", Op: Conv2D{Out: 6, Kernel: 1, Stride: 1, Bias: true}},
		{Name: "add", Op: Add{}, Inputs: []int{2, 1}},
		{Name: "gap", Op: GlobalAvgPool{}},
		{Name: "flatten", Op: Flatten{}},
		{Name: "drop", Op: Dropout{P: 0.5}},
		{Name: "head", Op: Linear{Out: 4, Bias: true}},
	}}
}

// A bias is centred where batch norm comes next, and nothing else.
func TestCentred(t *testing.T) {
	layers := []Layer{{Op: Conv2D{}}, {Op: BatchNorm{}}, {Op: Conv2D{}}, {Op: BatchNorm{}}, {Op: Add{}, Inputs: []int{2, 3}}, {Op: Conv2D{}}, {Op: ReLU{}}, {Op: BatchNorm{}}, {Op: Linear{}}}
	for i, want := range map[int]bool{0: true, 1: false, 2: false, 3: false, 5: false, 6: true, 8: false} {
		if got := (Net{Layers: layers}).Centred(i); got != want {
			t.Errorf("layer %d: %v", i, got)
		}
	}
}

// Output shapes as torch.nn.functional gives them for one sample of each kind.
func TestShapes(t *testing.T) {
	for _, c := range []struct {
		op       Op
		in, want []int
	}{
		{Linear{Out: 7}, []int{5}, []int{7}},
		{Conv2D{Out: 4, Kernel: 3, Stride: 1, Pad: 1}, []int{3, 32, 32}, []int{4, 32, 32}},
		{Conv2D{Out: 4, Kernel: 3, Stride: 2, Pad: 1}, []int{3, 9, 8}, []int{4, 5, 4}},
		{Conv2D{Out: 4, Kernel: 7, Stride: 2, Pad: 3}, []int{3, 224, 224}, []int{4, 112, 112}},
		{Conv2D{Out: 4, Kernel: 1, Stride: 2}, []int{3, 9, 8}, []int{4, 5, 4}},
		{Conv2D{Out: 4, Kernel: 5, Stride: 3}, []int{3, 5, 9}, []int{4, 1, 2}},
		{MaxPool{Kernel: 3, Stride: 2, Pad: 1}, []int{3, 112, 111}, []int{3, 56, 56}},
		{MaxPool{Kernel: 2, Stride: 2}, []int{3, 9, 8}, []int{3, 4, 4}},
		{AvgPool{Kernel: 2, Stride: 1, Pad: 1}, []int{3, 9, 8}, []int{3, 10, 9}},
		{GlobalAvgPool{}, []int{3, 9, 8}, []int{3, 1, 1}},
		{Flatten{}, []int{3, 9, 8}, []int{216}},
		{BatchNorm{}, []int{3, 9, 8}, []int{3, 9, 8}},
		{BatchNorm{}, []int{5}, []int{5}},
		{ReLU{}, []int{3, 9, 8}, []int{3, 9, 8}},
		{Dropout{P: 0.5}, []int{5}, []int{5}},
	} {
		got, err := c.op.shape([][]int{c.in})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%#v of %v: %v, %v; want %v", c.op, c.in, got, err, c.want)
		}
	}
}

func TestShapesOfNet(t *testing.T) {
	got, err := block().Shapes()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]int{{6, 5, 4}, {6, 5, 4}, {6, 5, 4}, {6, 5, 4}, {6, 1, 1}, {6}, {6}, {4}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("shapes %v; want %v", got, want)
	}
	if !block().HasBatchNorm() || block().Head() != 7 {
		t.Errorf("batch norm %v, head %d; want true, 7", block().HasBatchNorm(), block().Head())
	}
}

// TestValidateRefuses changes a valid network in one place; the error must name the place.
func TestValidateRefuses(t *testing.T) {
	if err := block().Validate(); err != nil {
		t.Fatal(err)
	}
	op := func(i int, op Op) func(*Net) { return func(n *Net) { n.Layers[i].Op = op } }
	for _, c := range []struct {
		change func(*Net)
		want   string
	}{
		{func(n *Net) { n.Layers = nil }, "no layers"},
		{func(n *Net) { n.Classes = 1 }, "1 classes"},
		{func(n *Net) { n.Classes = 5 }, "want a Linear with 5 outputs"},
		{func(n *Net) { n.Layers = n.Layers[:7] }, "want a Linear"},
		{func(n *Net) { n.Layers[2].Name = "bn" }, `"bn"`},
		{func(n *Net) { n.Layers[2].Name = "" }, "empty"},
		{func(n *Net) { n.Input = nil }, "input shape"},
		{func(n *Net) { n.Input = []int{4, 5} }, "input shape"},
		{func(n *Net) { n.Input = []int{3, 0, 8} }, "input shape"},
		{func(n *Net) { n.Input = []int{27} }, "layer conv"},
		{func(n *Net) { n.Layers[3].Inputs = []int{2, 3} }, "layer add"},
		{func(n *Net) { n.Layers[3].Inputs = []int{2, -2} }, "layer add"},
		{func(n *Net) { n.Layers[3].Inputs = []int{2} }, "layer add"},
		{func(n *Net) { n.Layers[3].Inputs = []int{2, Input} }, "layer add"},
		{func(n *Net) { n.Layers[0].Inputs = []int{} }, "layer conv"},
		{func(n *Net) { n.Layers[2].Inputs = []int{0}; n.Layers[3].Inputs = []int{0, 2} }, "no layer reads the output of bn"},
		{func(n *Net) { n.Layers[1].Inputs = []int{0, 0} }, "layer bn"},
		{op(0, Conv2D{Out: 0, Kernel: 3, Stride: 1}), "0 output channels"},
		{op(0, Conv2D{Out: 6, Kernel: 0, Stride: 1}), "kernel 0"},
		{op(0, Conv2D{Out: 6, Kernel: 3, Stride: 0}), "stride 0"},
		{op(0, Conv2D{Out: 6, Kernel: 3, Stride: 1, Pad: -1}), "padding -1"},
		{op(0, Conv2D{Out: 6, Kernel: 10, Stride: 1}), "kernel 10 is larger"},
		{op(4, MaxPool{Kernel: 2, Stride: 2, Pad: 2}), "padding 2"},
		{op(4, AvgPool{Kernel: 0, Stride: 2}), "kernel 0"},
		{op(5, ReLU{}), "layer head"},
		{op(6, Linear{Out: 0}), "0 outputs"},
		{op(6, Dropout{P: 1}), "p = 1"},
		{op(6, Dropout{P: -0.1}), "p = -0.1"},
	} {
		n := block()
		c.change(&n)
		if err := n.Validate(); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "block") {
			t.Errorf("error %v; want one with %q", err, c.want)
		}
	}
}

func TestParams(t *testing.T) {
	var names []string
	for _, p := range block().Params() {
		names = append(names, p.Name)
		if p.Name == "branch.bias" && (p.FanIn != 6 || p.FanOut != 6 || p.Layer != 2 || p.Role != Bias) {
			t.Errorf("%+v; want fans 6 and 6 of layer 2", p)
		}
		if p.Name == "conv.weight" && (p.FanIn != 27 || p.FanOut != 54 || !slices.Equal(p.Shape, []int{6, 3, 3, 3})) {
			t.Errorf("%+v; want fans 27 and 54, OIHW", p)
		}
	}
	want := []string{"conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
		"branch.weight", "branch.bias", "head.weight", "head.bias"}
	if !slices.Equal(names, want) {
		t.Errorf("names %v; want %v", names, want)
	}
}

// Two convolutions, scale and shift of a batch norm, a head: not the running statistics.
func TestTrainableValues(t *testing.T) {
	if got, want := block().TrainableValues(), 6*3*9+(6+6)+(6*6+6)+(6*4+4); got != want {
		t.Errorf("%d; want %d", got, want)
	}
}

// By hand: two convolutions and a head; these, the sample, two layers of 5x4 and three of 1x1.
func TestActivations(t *testing.T) {
	kept, all := block().Activations()
	if wantKept := 2*6*5*4 + 4; kept != wantKept || all != wantKept+3*9*8+2*6*5*4+3*6 {
		t.Errorf("%d kept of %d; want %d of %d", kept, all, wantKept, wantKept+3*9*8+2*6*5*4+3*6)
	}
	if kept, all := (Net{}).Activations(); kept != 0 || all != 0 {
		t.Errorf("%d kept of %d by a network that is none", kept, all)
	}
}

// Output positions x weights, by hand.
func TestMACs(t *testing.T) {
	if got, want := block().MACs(), int64(20*6*27+20*6*6+6*4); got != want {
		t.Errorf("%d multiply-adds; want %d", got, want)
	}
}
