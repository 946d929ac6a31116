package compat

import (
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// The p-th of the sorted active classes gets row p of the first head, whatever was placed before;
// the step of SGD on the gradient that Reduce gives is zero; a head that moved is reported.
func TestFrozenHead(t *testing.T) {
	const decay = 5e-4
	net, err := zoo.Build("mlp", zoo.Options{Input: []int{2}, Classes: 4, Width: 0.25, Hidden: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Init(nn.Default, seed.Stream(1, "init"))
	if err != nil {
		t.Fatal(err)
	}
	first, f := s.Clone(), NewFrozenHead(net, decay)
	for _, c := range []struct {
		active []bool
		rows   []int // of the first head, by class
	}{
		{[]bool{false, true, false, true}, []int{2, 0, 3, 1}},
		{[]bool{true, true, false, true}, []int{0, 1, 3, 2}},
		{[]bool{true, true, true, true}, []int{0, 1, 2, 3}},
	} {
		f.Place(s, c.active)
		for _, name := range []string{"classifier.weight", "classifier.bias"} {
			got, from := s[name].Data, first[name].Data
			width := len(got) / 4
			for k, row := range c.rows {
				if !slices.Equal(got[k*width:(k+1)*width], from[row*width:(row+1)*width]) {
					t.Errorf("active %v: class %d does not have row %d of the first %s", c.active, k, row, name)
				}
			}
		}
		checkReduce(t, f, net, s, decay)
	}
	if err := f.Check(s); err != nil {
		t.Error(err)
	}
	s["classifier.bias"].Data[2]++
	if err := f.Check(s); err == nil || !strings.Contains(err.Error(), "classifier.bias moved") {
		t.Errorf("%v", err)
	}
}

// checkReduce holds the gradients of the head, the last of all, to g + decay w = 0, and the others
// to what they were.
func checkReduce(t *testing.T, f *FrozenHead, net nn.Net, s nn.State, decay float32) {
	var grad, w []float32
	for _, p := range net.Params() {
		for _, v := range s[p.Name].Data {
			grad, w = append(grad, 1), append(w, v)
		}
	}
	if err := f.Reduce(grad); err != nil {
		t.Fatal(err)
	}
	head := len(s["classifier.weight"].Data) + len(s["classifier.bias"].Data)
	for i, g := range grad {
		if held := i >= len(grad)-head; held && g+float32(decay*w[i]) != 0 || !held && g != 1 {
			t.Fatalf("gradient %d of %d is %v", i, len(grad), g)
		}
	}
	if err := f.Reduce(grad[1:]); err == nil {
		t.Error("took a gradient too few")
	}
}
