// Package zoo builds the networks of the paper and its small relatives as nn.Net data.
//
// Parameters carry torchvision's names where torchvision has the network: features.N for the
// convolutional part (N counts batch norm, ReLU and pooling too, as in torch.nn.Sequential) and
// classifier for the head.
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

// pool marks a 2x2 max-pooling of stride 2 in a VGG configuration.
const pool = 0

// vgg holds configurations A, B, D and E of Simonyan and Zisserman 2014, table 1.
var vgg = map[string][]int{
	"vgg11": {64, pool, 128, pool, 256, 256, pool, 512, 512, pool, 512, 512, pool},
	"vgg13": {64, 64, pool, 128, 128, pool, 256, 256, pool, 512, 512, pool, 512, 512, pool},
	"vgg16": {64, 64, pool, 128, 128, pool, 256, 256, 256, pool, 512, 512, 512, pool, 512, 512, 512, pool},
	"vgg19": {64, 64, pool, 128, 128, pool, 256, 256, 256, 256, pool, 512, 512, 512, 512, pool, 512, 512, 512, 512, pool},
}

// Names returns the networks that Build knows, sorted.
func Names() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(vgg)), "mlp", "smallcnn")))
}

// MinSize is the least height and width of an image that the network takes: 32 for VGG, whose
// five poolings halve it to 1.
func MinSize(name string) int {
	switch {
	case vgg[name] != nil:
		return 32
	case name == "smallcnn":
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
func Build(name string, o Options) (nn.Net, error) {
	if o.Width == 0 {
		o.Width = 1
	}
	if !(o.Width > 0) || math.IsInf(o.Width, 0) {
		return nn.Net{}, fmt.Errorf("width %v; want a positive number", o.Width)
	}
	b := &builder{width: o.Width, net: nn.Net{Name: name, Input: o.Input, Classes: o.Classes}}
	switch {
	case name == "mlp":
		b.mlp(max(o.Hidden, 1))
	case name == "smallcnn":
		b.convs([]int{32, pool, 64, pool, 128, pool})
		b.add(nn.Flatten{})
	case vgg[name] != nil:
		b.convs(vgg[name])
		b.add(nn.Flatten{})
	default:
		return nn.Net{}, fmt.Errorf("model %q; want one of %s", name, strings.Join(Names(), ", "))
	}
	b.net.Layers = append(b.net.Layers, nn.Layer{Name: "classifier", Op: nn.Linear{Out: o.Classes, Bias: true}})
	return b.net, b.net.Validate()
}

// builder appends layers named features.0, features.1, ...
type builder struct {
	net   nn.Net
	width float64
}

func (b *builder) add(op nn.Op) {
	name := "features." + strconv.Itoa(len(b.net.Layers))
	b.net.Layers = append(b.net.Layers, nn.Layer{Name: name, Op: op})
}

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

// convs adds the convolutional part of a VGG configuration.
func (b *builder) convs(cfg []int) {
	for _, c := range cfg {
		if c == pool {
			b.add(nn.MaxPool{Kernel: 2, Stride: 2})
			continue
		}
		b.add(nn.Conv2D{Out: b.channels(c), Kernel: 3, Stride: 1, Pad: 1, Bias: true})
		b.add(nn.BatchNorm{Eps: 1e-5, Momentum: 0.1})
		b.add(nn.ReLU{})
	}
}
