// Package zoo builds the networks of the paper and its small relatives as nn.Net data.
//
// Parameters carry torchvision's names and shapes where torchvision has the network (ResNet, and
// VGG for ImageNet), so that its weights load by name. The others are features.N (N counts batch
// norm, ReLU and pooling too, as in torch.nn.Sequential) and classifier for the head.
package zoo

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/local-to-global/lgl/nn"
)

// Options are the choices that a network leaves open.
type Options struct {
	Input   []int   // shape of a sample: [C H W], or [F] for mlp
	Classes int     // K
	Width   float64 // multiplies the channels of every hidden layer, rounded, at least 1; 0 means 1
	Hidden  int     // hidden layers of mlp; 0 means 1
}

// Names returns the networks that Build knows, sorted.
func Names() []string {
	names := slices.AppendSeq([]string{"mlp", "smallcnn"}, maps.Keys(resnet))
	for name := range vgg {
		names = append(names, name, name+imageNet, name+"_bn"+imageNet)
	}
	slices.Sort(names)
	return names
}

// MinSize is the least height and width of an image that the network takes: 32 for VGG, whose
// five poolings halve it to 1, or 224 for ImageNet's, where they leave the 7x7 that it wants; 8 for
// ResNet and smallcnn, which halve it three times.
func MinSize(name string) int {
	cfg, _ := imageNetVGG(name)
	_, residual := resnet[name]
	switch {
	case cfg != nil:
		return 224
	case vgg[name] != nil:
		return 32
	case residual || name == "smallcnn":
		return 8
	}
	return 1
}

// Build returns the named network.
//
//   - mlp: Hidden times Linear(64 x Width) and ReLU, then the head; images are flattened.
//   - smallcnn: 3 x (3x3 convolution, batch norm, ReLU, 2x2 max-pooling) with 32, 64 and 128
//     channels, then the head on the flattened map.
//   - vgg11, vgg13, vgg16, vgg19: 3x3 convolutions with batch norm and ReLU, and one linear layer
//     as the head: the form in use for CIFAR.
//   - vgg16-imagenet, vgg16_bn-imagenet and the like: torchvision's vgg16 and vgg16_bn, with three
//     linear layers and dropout.
//   - resnet18, resnet34, resnet50, resnet101: torchvision's. Images with a side below 64 get the
//     stem in use for CIFAR instead: a 3x3 convolution of stride 1 and no pooling.
func Build(name string, o Options) (nn.Net, error) {
	if o.Width == 0 {
		o.Width = 1
	}
	if !(o.Width > 0) || math.IsInf(o.Width, 0) {
		return nn.Net{}, fmt.Errorf("width %v; want a positive number", o.Width)
	}
	b := &builder{width: o.Width, net: nn.Net{Name: name, Input: o.Input, Classes: o.Classes}}
	head, err := b.body(name, max(o.Hidden, 1))
	if err != nil {
		return nn.Net{}, err
	}
	b.layer(head, nn.Linear{Out: o.Classes, Bias: true})
	return b.net, b.net.Validate()
}

// builder appends layers.
type builder struct {
	net   nn.Net
	width float64
}

// body adds all layers but the head, and returns the head's name.
func (b *builder) body(name string, hidden int) (head string, err error) {
	wide, norm := imageNetVGG(name)
	r, residual := resnet[name]
	switch {
	case residual:
		b.resnet(r)
		return "fc", nil
	case wide != nil:
		return "classifier.6", b.imageNetVGG(wide, norm)
	case name == "mlp":
		b.mlp(hidden)
		return "classifier", nil
	case name == "smallcnn":
		b.convs([]int{32, pool, 64, pool, 128, pool}, true)
	case vgg[name] != nil:
		b.convs(vgg[name], true)
	default:
		return "", fmt.Errorf("model %q; want one of %s", name, strings.Join(Names(), ", "))
	}
	b.add(nn.Flatten{})
	return "classifier", nil
}

// usualNorm is a batch norm with PyTorch's defaults.
var usualNorm = nn.BatchNorm{Eps: 1e-5, Momentum: 0.1}

// layer appends a layer, fed by the one before it or by those given, and returns its index.
func (b *builder) layer(name string, op nn.Op, inputs ...int) int {
	b.net.Layers = append(b.net.Layers, nn.Layer{Name: name, Op: op, Inputs: inputs})
	return b.last()
}

// last is the index of the layer appended last.
func (b *builder) last() int { return len(b.net.Layers) - 1 }

// add appends a layer named features.0, features.1, ...
func (b *builder) add(op nn.Op) { b.layer("features."+strconv.Itoa(len(b.net.Layers)), op) }

// channels returns c scaled by the width.
func (b *builder) channels(c int) int { return max(1, int(math.Round(float64(c)*b.width))) }

func (b *builder) mlp(hidden int) {
	if len(b.net.Input) != 1 {
		b.add(nn.Flatten{})
	}
	for range hidden {
		b.add(nn.Linear{Out: b.channels(64), Bias: true})
		b.add(nn.ReLU{})
	}
}
