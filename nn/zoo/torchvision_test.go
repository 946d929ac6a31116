package zoo

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/nn"
)

//go:embed testdata/torchvision.txt
var torchvision []byte // by make_names.py

// TestTorchvision compares names, shapes and order of all tensors, so that torchvision's weights
// load by name.
func TestTorchvision(t *testing.T) {
	want := map[string][]string{}
	for line := range bytes.Lines(torchvision) {
		name, tensor, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		want[name] = append(want[name], tensor)
	}
	if len(want) != 12 {
		t.Fatalf("torchvision.txt has %d networks; want 4 ResNets and 8 VGGs", len(want))
	}
	for name, tensors := range want {
		net, err := Build(name, Options{Input: []int{3, 224, 224}, Classes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range net.Params() {
			got = append(got, fmt.Sprint(p.Name, " ", strings.Trim(fmt.Sprint(p.Shape), "[]")))
		}
		if !slices.Equal(got, tensors) {
			t.Errorf("%s has tensors\n%v\nwant\n%v", name, got, tensors)
		}
	}
}

// TestStems checks what a ResNet does to the size of images before its first block: the stem goes
// by the smaller side.
func TestStems(t *testing.T) {
	for _, c := range []struct{ in, first, last []int }{
		{[]int{3, 224, 224}, []int{64, 56, 56}, []int{512, 7, 7}},
		{[]int{3, 64, 70}, []int{64, 16, 18}, []int{512, 2, 3}},
		{[]int{3, 70, 63}, []int{64, 70, 63}, []int{512, 9, 8}},
		{[]int{1, 28, 28}, []int{64, 28, 28}, []int{512, 4, 4}},
		{[]int{3, 8, 8}, []int{64, 8, 8}, []int{512, 1, 1}},
	} {
		net, err := Build("resnet18", Options{Input: c.in, Classes: 10})
		if err != nil {
			t.Fatal(err)
		}
		shapes, err := net.Shapes()
		if err != nil {
			t.Fatal(err)
		}
		at := func(name string) []int {
			return shapes[slices.IndexFunc(net.Layers, func(l nn.Layer) bool { return l.Name == name })]
		}
		if first, last := at("layer1.0.conv1"), at("layer4.1.relu"); !slices.Equal(first, c.first) || !slices.Equal(last, c.last) {
			t.Errorf("%v: blocks make %v to %v; want %v to %v", c.in, first, last, c.first, c.last)
		}
	}
}

// TestWidth checks that the width reaches every hidden layer: half of it leaves about a quarter of
// the weights.
func TestWidth(t *testing.T) {
	for _, name := range []string{"resnet18", "resnet50", "vgg11-imagenet", "vgg16_bn-imagenet"} {
		var sizes [2]float64
		for i, width := range []float64{1, 0.5} {
			net, err := Build(name, Options{Input: []int{3, 224, 224}, Classes: 2, Width: width})
			if err != nil {
				t.Fatal(err)
			}
			sizes[i] = float64(net.TrainableValues())
		}
		if share := sizes[1] / sizes[0]; share < 0.25 || share > 0.255 {
			t.Errorf("%s at half the width has %.4f of the weights; want a quarter", name, share)
		}
	}
}

// TestAdaptive holds the windows to those of torch.nn.AdaptiveAvgPool2d(7): bin i is the mean of
// pixels floor(i size / 7) to ceil((i+1) size / 7) - 1.
func TestAdaptive(t *testing.T) {
	for size, want := range map[int][2]int{7: {1, 1}, 8: {2, 1}, 14: {2, 2}, 21: {3, 3}} {
		if kernel, stride, ok := adaptive(size, 7); !ok || [2]int{kernel, stride} != want {
			t.Errorf("%d pixels: window %d, stride %d, %v; want %v", size, kernel, stride, ok, want)
		}
	}
	for _, size := range []int{1, 2, 6, 9, 10, 13} {
		if kernel, stride, ok := adaptive(size, 7); ok {
			t.Errorf("%d pixels: window %d, stride %d; want none", size, kernel, stride)
		}
	}
}

// TestImageNetSizes checks that sizes whose map is not 7x7 are pooled to it or refused.
func TestImageNetSizes(t *testing.T) {
	for _, side := range []int{224, 230, 256, 448} {
		net, err := Build("vgg11-imagenet", Options{Input: []int{3, side, side}, Classes: 2, Width: 0.125})
		if err != nil {
			t.Fatal(err)
		}
		if w := net.Params()[16]; w.Name != "classifier.0.weight" || w.Shape[1] != 64*49 {
			t.Errorf("%d: %s of shape %v; want classifier.0.weight with %d inputs", side, w.Name, w.Shape, 64*49)
		}
	}
	for _, in := range [][]int{{3, 32, 32}, {3, 223, 224}, {3, 224, 256}, {3, 300, 300}} {
		if _, err := Build("vgg11-imagenet", Options{Input: in, Classes: 2}); err == nil || !strings.Contains(err.Error(), "224x224") {
			t.Errorf("%v: error %v; want one that names 224x224", in, err)
		}
	}
}

// TestMinSize builds every network at its least size, and none of those that refuse small images
// one below.
func TestMinSize(t *testing.T) {
	for _, name := range Names() {
		least := MinSize(name)
		if _, err := Build(name, Options{Input: []int{1, least, least}, Classes: 2, Width: 0.1}); err != nil {
			t.Errorf("%s at %d: %v", name, least, err)
		}
		_, residual := resnet[name]
		if _, err := Build(name, Options{Input: []int{1, least - 1, least - 1}, Classes: 2, Width: 0.1}); err == nil && least > 1 && !residual {
			t.Errorf("%s takes images of %d; MinSize says %d", name, least-1, least)
		}
	}
}
