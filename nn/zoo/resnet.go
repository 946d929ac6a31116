package zoo

import (
	"fmt"

	"github.com/local-to-global/lgl/nn"
)

// residual is a ResNet of He et al. 2015, table 1: the blocks of its four stages, and whether a
// block is a bottleneck (1x1, 3x3, 1x1 convolutions, four times the channels) or two 3x3.
type residual struct {
	blocks     [4]int
	bottleneck bool
}

var resnet = map[string]residual{
	"resnet18":  {[4]int{2, 2, 2, 2}, false},
	"resnet34":  {[4]int{3, 4, 6, 3}, false},
	"resnet50":  {[4]int{3, 4, 6, 3}, true},
	"resnet101": {[4]int{3, 4, 23, 3}, true},
}

// SmallImage is the side, in pixels, below which a ResNet gets the stem for CIFAR, which keeps the image's
// size, where that for ImageNet divides it by four.
const SmallImage = 64

// resnet adds all but the head. The stages have 64, 128, 256 and 512 channels; all but the first
// halve the image.
func (b *builder) resnet(r residual) {
	b.stem()
	in := 64
	for stage, blocks := range r.blocks {
		c, out := 64<<stage, 64<<stage
		if r.bottleneck {
			out *= 4
		}
		for i := range blocks {
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			b.block(fmt.Sprintf("layer%d.%d.", stage+1, i), r, in, c, out, stride)
			in = out
		}
	}
	b.layer("avgpool", nn.GlobalAvgPool{})
	b.layer("flatten", nn.Flatten{})
}

// stem adds what is before the first block.
func (b *builder) stem() {
	in := b.net.Input
	small := len(in) == 3 && min(in[1], in[2]) < SmallImage
	conv := nn.Conv2D{Out: b.channels(64), Kernel: 7, Stride: 2, Pad: 3}
	if small {
		conv.Kernel, conv.Stride, conv.Pad = 3, 1, 1
	}
	b.layer("conv1", conv)
	b.layer("bn1", usualNorm)
	b.layer("relu", nn.ReLU{})
	if !small {
		b.layer("maxpool", nn.MaxPool{Kernel: 3, Stride: 2, Pad: 1})
	}
}

// block adds relu(branch(x) + shortcut(x)), from in channels over c to out. The stride is that of
// a 3x3 convolution, in bottlenecks, too: version 1.5, torchvision's.
func (b *builder) block(path string, r residual, in, c, out, stride int) {
	x := b.last()
	first, last := nn.Conv2D{Kernel: 3, Stride: stride, Pad: 1}, nn.Conv2D{Kernel: 3, Stride: 1, Pad: 1}
	convs := []nn.Conv2D{first, last}
	if r.bottleneck {
		narrow := nn.Conv2D{Kernel: 1, Stride: 1}
		convs = []nn.Conv2D{narrow, first, narrow}
	}
	branch := b.branch(path, convs, c, out)
	if stride > 1 || in != out {
		b.layer(path+"downsample.0", nn.Conv2D{Out: b.channels(out), Kernel: 1, Stride: stride}, x)
		x = b.layer(path+"downsample.1", usualNorm)
	}
	b.layer(path+"add", nn.Add{}, branch, x)
	b.layer(path+"relu", nn.ReLU{})
}

// branch adds convolutions with c channels, the last one out, each with batch norm, and ReLU
// between them. It returns the index of the last layer.
func (b *builder) branch(path string, convs []nn.Conv2D, c, out int) int {
	for i, conv := range convs {
		if i > 0 {
			b.layer(fmt.Sprintf("%srelu%d", path, i), nn.ReLU{})
		}
		conv.Out = b.channels(c)
		if i == len(convs)-1 {
			conv.Out = b.channels(out)
		}
		b.layer(fmt.Sprintf("%sconv%d", path, i+1), conv)
		b.layer(fmt.Sprintf("%sbn%d", path, i+1), usualNorm)
	}
	return b.last()
}
