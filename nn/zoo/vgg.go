package zoo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/local-to-global/lgl/nn"
)

// pool marks a 2x2 max-pooling of stride 2 in a VGG configuration.
const pool = 0

// vgg holds configurations A, B, D and E of Simonyan and Zisserman 2014, table 1.
var vgg = map[string][]int{
	"vgg11": {64, pool, 128, pool, 256, 256, pool, 512, 512, pool, 512, 512, pool},
	"vgg13": {64, 64, pool, 128, 128, pool, 256, 256, pool, 512, 512, pool, 512, 512, pool},
	"vgg16": {64, 64, pool, 128, 128, pool, 256, 256, 256, pool, 512, 512, 512, pool, 512, 512, 512, pool},
	"vgg19": {64, 64, pool, 128, 128, pool, 256, 256, 256, 256, pool, 512, 512, 512, 512, pool, 512, 512, 512, 512, pool},
}

// imageNet ends the names of the networks that torchvision has without it: vgg16_bn-imagenet is
// torchvision's vgg16_bn.
const imageNet = "-imagenet"

// imageNetVGG returns the configuration of a name like vgg16-imagenet or vgg16_bn-imagenet, nil
// for any other, and whether it has batch norm.
func imageNetVGG(name string) (cfg []int, norm bool) {
	base, ok := strings.CutSuffix(name, imageNet)
	if !ok {
		return nil, false
	}
	base, norm = strings.CutSuffix(base, "_bn")
	return vgg[base], norm
}

// convs adds the convolutional part of a VGG configuration.
func (b *builder) convs(cfg []int, norm bool) {
	for _, c := range cfg {
		if c == pool {
			b.add(nn.MaxPool{Kernel: 2, Stride: 2})
			continue
		}
		b.add(nn.Conv2D{Out: b.channels(c), Kernel: 3, Stride: 1, Pad: 1, Bias: true})
		if norm {
			b.add(usualNorm)
		}
		b.add(nn.ReLU{})
	}
}

// imageNetVGG adds all but the head of torchvision's VGG: the convolutional part, its map brought
// to 7x7, two linear layers of 4096 units, each with dropout.
func (b *builder) imageNetVGG(cfg []int, norm bool) error {
	b.convs(cfg, norm)
	if err := b.adaptivePool(7); err != nil {
		return err
	}
	b.layer("flatten", nn.Flatten{})
	wide := nn.Linear{Out: b.channels(4096), Bias: true}
	for i, op := range []nn.Op{wide, nn.ReLU{}, nn.Dropout{P: 0.5}, wide, nn.ReLU{}, nn.Dropout{P: 0.5}} {
		b.layer("classifier."+strconv.Itoa(i), op)
	}
	return nil
}

// adaptivePool adds torch.nn.AdaptiveAvgPool2d(bins) where it is a pooling of one window, and
// nothing where it is the identity.
func (b *builder) adaptivePool(bins int) error {
	shapes, err := b.net.Shapes()
	if err != nil {
		return fmt.Errorf("network %s: %w", b.net.Name, err)
	}
	size := shapes[len(shapes)-1]
	kernel, stride, ok := adaptive(size[1], bins)
	if k, s, same := adaptive(size[2], bins); !ok || !same || k != kernel || s != stride {
		return fmt.Errorf("network %s: images of %dx%d leave a map of %dx%d, which no pooling of one window brings to %dx%d; want images of 224x224, 256x256 or 448x448, or a network without %s in its name",
			b.net.Name, b.net.Input[1], b.net.Input[2], size[1], size[2], bins, bins, imageNet)
	}
	if kernel > 1 {
		b.layer("avgpool", nn.AvgPool{Kernel: kernel, Stride: stride})
	}
	return nil
}

// adaptive returns the window of adaptive pooling from size pixels to bins: bin i is the mean of
// pixels floor(i size / bins) to ceil((i+1) size / bins) - 1. ok says that all bins are as wide and
// as far apart, and that no two are the same.
func adaptive(size, bins int) (kernel, stride int, ok bool) {
	kernel, stride = (size+bins-1)/bins, size/bins
	for i := range bins {
		from, to := i*size/bins, ((i+1)*size+bins-1)/bins
		if from != i*stride || to != from+kernel {
			return 0, 0, false
		}
	}
	return kernel, stride, stride > 0
}
