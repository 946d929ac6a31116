package onednn

import (
	"fmt"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
)

// sums is a network whose residual additions are part of convolutions in evaluation: to what pooling gives, to another sum,
// and to a value that three others read before.
func sums(size int) nn.Net {
	same := func(out, kernel int) nn.Op { return nn.Conv2D{Out: out, Kernel: kernel, Stride: 1, Pad: kernel / 2} }
	return nn.Net{Name: "sums", Input: []int{3, size, size}, Classes: 4, Layers: []nn.Layer{
		{Name: "conv0", Op: same(20, 3)},
		{Name: "pool0", Op: nn.MaxPool{Kernel: 3, Stride: 1, Pad: 1}},
		{Name: "conv1", Op: same(20, 3)},
		{Name: "conv2", Op: same(20, 1)},
		{Name: "norm2", Op: nn.BatchNorm{Eps: 1e-5, Momentum: 0.1}},
		{Name: "add2", Op: nn.Add{}, Inputs: []int{4, 1}},
		{Name: "relu2", Op: nn.ReLU{}},
		{Name: "conv3", Op: same(20, 3), Inputs: []int{6}},
		{Name: "conv4", Op: same(20, 3), Inputs: []int{6}},
		{Name: "add4", Op: nn.Add{}, Inputs: []int{7, 8}},
		{Name: "conv5", Op: same(20, 3)},
		{Name: "add5", Op: nn.Add{}, Inputs: []int{6, 10}},
		{Name: "flat", Op: nn.Flatten{}},
		{Name: "head", Op: nn.Linear{Out: 4, Bias: true}},
	}}
}

// What convolutions add in the place of the addend is what the definition adds, on whole batches and short ones.
func TestSums(t *testing.T) {
	net, with := sums(9), 0
	for _, nd := range fuse(net, false, false) {
		if nd.add >= 0 {
			with++
		}
	}
	if with != 3 {
		t.Errorf("%d convolutions add; want 3", with)
	}
	if n, apart := len(fuse(net, false, true)), len(fuse(net, false, false))+with; n != apart {
		t.Errorf("%d nodes with bfloat16; want %d, the additions apart", n, apart)
	}
	addsAsDefined(t, open(t), net)
}

// So do those by taps, behind which a primitive of its own adds.
func TestSumsBehindTaps(t *testing.T) {
	e, net := open(t), sums(2)
	force(t, e, net, 7, inference)
	for _, p := range addsAsDefined(t, e, net).(*model).plans {
		if impl := fmt.Sprint(p.impl); !p.training && p.n == 7 && (!strings.Contains(impl, "taps:") || !strings.Contains(impl, "add4 forward:")) {
			t.Errorf("taps, and additions behind them, are not what computes: %s", impl)
		}
	}
}

// addsAsDefined holds what net computes in evaluation to the definition, and returns the model.
func addsAsDefined(t *testing.T, e engine.Engine, net nn.Net) engine.Model {
	t.Helper()
	got, want := compile(t, e, net, 7, one), compile(t, reference.New(), net, 7, one)
	for _, m := range []engine.Model{got, want} {
		_, err := m.Step(batch(net, 7, 1), engine.Hyper{LR: 0.01}) // for statistics
		check(t, err)
	}
	for _, n := range []int{7, 6, 7, 1} {
		agreeLogits(t, net, got, want, n)
	}
	return got
}
