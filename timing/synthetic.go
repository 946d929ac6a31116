package timing

import (
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
)

// Synthetic returns a batch of normal noise with random labels.
func Synthetic(net nn.Net, n int) data.Batch {
	r := seed.Stream(1, "synthetic")
	b := data.Batch{X: make([]float32, n*nn.Size(net.Input)), Y: make([]int32, n)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Y {
		b.Y[i] = r.Int32N(int32(net.Classes))
	}
	return b
}

// Images loads synthetic images for net as training loads CIFAR's: shuffled and, if they are of three dimensions, shifted and flipped. An epoch is in the order.
func Images(net nn.Net, batch, batches int) (l *data.Loader, order []int, err error) {
	r := seed.Stream(1, "synthetic images")
	n, size := batch*batches, nn.Size(net.Input)
	some := min(n, 10_000, max(1, 1<<30/size)) // images; more of them only take memory
	pixels, labels := make([]byte, some*size), make([]byte, some)
	for i := range pixels {
		pixels[i] = byte(r.Uint32())
	}
	classes := make([]string, min(net.Classes, 256))
	src, err := data.NewImages(pixels, labels, classes, net.Input...)
	if err != nil {
		return nil, nil, err
	}
	p := augment.Pipeline{}
	for range net.Input[0] {
		p.Mean, p.Std = append(p.Mean, 0.5), append(p.Std, 0.25)
	}
	if len(net.Input) == 3 {
		p.Crop, p.Flip = 4, true
	}
	order = make([]int, n)
	for i := range order {
		order[i] = r.IntN(some)
	}
	l, err = data.NewLoader(src, p, batch, 0)
	return l, order, err
}
