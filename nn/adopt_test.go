package nn_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// drawn builds a network for so many classes and draws its weights.
func drawn(t *testing.T, name string, classes int, stream string) (nn.Net, nn.State) {
	t.Helper()
	net, err := zoo.Build(name, zoo.Options{Input: []int{1, 8, 8}, Classes: classes, Width: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Init(nn.Default, seed.Stream(1, stream))
	if err != nil {
		t.Fatal(err)
	}
	return net, s
}

// TestAdopt checks, tensor by tensor, what is taken: all, or all but a head of other classes, or all of what has no head.
func TestAdopt(t *testing.T) {
	net, own := drawn(t, "resnet18", 4, "own")
	for _, classes := range []int{4, 1000, 2, nn.NoHead} {
		_, from := drawn(t, "resnet18", max(classes, 2), "from")
		if classes == nn.NoHead {
			delete(from, "fc.weight")
			delete(from, "fc.bias")
		}
		from["layer1.0.bn1.running_mean"].Data[0] = 7 // statistics are taken, too
		s := own.Clone()
		other, err := net.Adopts(from)
		if err != nil || other != classes && classes != 4 || other != 0 && classes == 4 {
			t.Errorf("%d classes: %d, %v", classes, other, err)
		}
		if err := net.Adopt(s, from); err != nil {
			t.Fatal(err)
		}
		for name := range s {
			want := from[name].Data
			if classes != 4 && strings.HasPrefix(name, "fc.") {
				want = own[name].Data
			}
			if !slices.Equal(s[name].Data, want) {
				t.Errorf("%d classes: %s is not as it should be", classes, name)
			}
		}
		if from["conv1.weight"].Data[0]++; s["conv1.weight"].Data[0] == from["conv1.weight"].Data[0] {
			t.Error("the weights are not copies")
		}
	}
}

// TestAdoptRefuses checks that what does not fit is named, and nothing taken.
func TestAdoptRefuses(t *testing.T) {
	net, own := drawn(t, "resnet18", 4, "own")
	for want, spoil := range map[string]func(s nn.State){
		"the weights lack bn1.bias": func(s nn.State) { delete(s, "bn1.bias") },
		"lack fc.bias":              func(s nn.State) { delete(s, "fc.bias") },
		"lack fc.weight, fc.bias, and have beside its own head.weight": func(s nn.State) {
			s["head.weight"] = s["fc.weight"]
			delete(s, "fc.weight")
			delete(s, "fc.bias")
		},
		"lack bn1.bias, fc.weight, fc.bias": func(s nn.State) {
			delete(s, "bn1.bias")
			delete(s, "fc.weight")
			delete(s, "fc.bias")
		},
		"tensor conv1.weight has shape [1]": func(s nn.State) {
			s["conv1.weight"] = nn.Tensor{Shape: []int{1}, Data: make([]float32, 1)}
			delete(s, "fc.weight")
			delete(s, "fc.bias")
		},
		"have beside its own aux, zzz": func(s nn.State) {
			s["zzz"], s["aux"] = nn.Tensor{Shape: []int{1}, Data: make([]float32, 1)}, nn.Tensor{}
		},
		"lack conv1.weight, and have beside its own module.conv1.weight": func(s nn.State) {
			s["module.conv1.weight"] = s["conv1.weight"]
			delete(s, "conv1.weight")
		},
		"and 97 more": func(s nn.State) { maps.DeleteFunc(s, func(string, nn.Tensor) bool { return true }) },
		"conv1.weight has shape [3 3 1 3]": func(s nn.State) {
			s["conv1.weight"] = nn.Tensor{Shape: []int{3, 3, 1, 3}, Data: make([]float32, 27)}
		},
		"fc.weight has shape [9 3] and 27 values; want [9 26]": func(s nn.State) {
			s["fc.weight"] = nn.Tensor{Shape: []int{9, 3}, Data: make([]float32, 27)}
		},
		"tensor layer1.0.bn1.running_var holds a variance of -3; want none below 0": func(s nn.State) {
			s["layer1.0.bn1.running_var"].Data[1] = -3
		},
		"fc.bias has shape [5] and 5 values; want [4]": func(s nn.State) {
			s["fc.bias"] = nn.Tensor{Shape: []int{5}, Data: make([]float32, 5)}
		},
		"fc.bias has shape [4] and 4 values; want [9]": func(s nn.State) {
			s["fc.weight"] = nn.Tensor{Shape: []int{9, 26}, Data: make([]float32, 9*26)}
		},
		"fc.weight has shape [4 26] and 3 values": func(s nn.State) {
			s["fc.weight"] = nn.Tensor{Shape: []int{4, 26}, Data: make([]float32, 3)}
		},
	} {
		_, from := drawn(t, "resnet18", 4, "from")
		spoil(from)
		s := own.Clone()
		if err := net.Adopt(s, from); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q", err, want)
		}
		if !slices.Equal(s["layer1.0.conv1.weight"].Data, own["layer1.0.conv1.weight"].Data) {
			t.Errorf("%s: refused, and yet taken", want)
		}
	}
}

// TestNamed checks names alone: with a head of any size or without one they are the network's, with one less or more not.
func TestNamed(t *testing.T) {
	net, own := drawn(t, "resnet18", 4, "own")
	own["conv1.weight"] = nn.Tensor{}
	for _, step := range []struct {
		drop string
		want bool
	}{{"", true}, {"fc.bias", false}, {"fc.weight", true}, {"bn1.bias", false}} {
		if delete(own, step.drop); net.Named(own) != step.want {
			t.Errorf("without %s, and those before: %v; want %v", step.drop, !step.want, step.want)
		}
	}
	_, more := drawn(t, "resnet18", 4, "own")
	if more["aux.weight"] = (nn.Tensor{}); net.Named(more) {
		t.Error("a name that is not the network's is taken for one")
	}
}
