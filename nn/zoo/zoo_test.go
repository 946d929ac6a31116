package zoo

import (
	"slices"
	"testing"
)

// Parameter counts as torch prints them for the same modules (VGG with batch norm and one
// linear layer on 32x32, ten classes).
func TestParameterCounts(t *testing.T) {
	for _, c := range []struct {
		name  string
		input []int
		k     int
		want  int
	}{
		{"vgg11", []int{3, 32, 32}, 10, 9231114},
		{"vgg16", []int{3, 32, 32}, 10, 14728266},
		{"vgg16", []int{3, 32, 32}, 100, 14774436},
		{"mlp", []int{2}, 3, 2*64 + 64 + 64*3 + 3},
		{"smallcnn", []int{1, 28, 28}, 10, 104650},
	} {
		net, err := Build(c.name, Options{Input: c.input, Classes: c.k})
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, p := range net.Params() {
			if p.Trainable() {
				got += p.Len()
			}
		}
		if got != c.want {
			t.Errorf("%s: %d parameters; want %d", c.name, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	net, err := Build("vgg16", Options{Input: []int{3, 32, 32}, Classes: 10, Width: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range net.Params() {
		names = append(names, p.Name)
	}
	for _, want := range []string{"features.0.weight", "features.1.running_var", "features.40.weight", "classifier.bias"} {
		if !slices.Contains(names, want) {
			t.Errorf("no parameter %s in %v", want, names)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"resnet9":  {Input: []int{3, 32, 32}, Classes: 10},
		"vgg16":    {Input: []int{3, 28, 28}, Classes: 10},
		"smallcnn": {Input: []int{3, 32, 32}, Classes: 1},
		"mlp":      {Input: []int{2}, Classes: 3, Width: -1},
		"vgg11":    {Input: []int{2}, Classes: 3},
	} {
		if net, err := Build(name, o); err == nil {
			t.Errorf("%s %+v: built %v", name, o, net.Layers)
		} else {
			t.Log(err)
		}
	}
}
