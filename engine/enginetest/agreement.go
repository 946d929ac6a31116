package enginetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// Agree holds engine e to engine ref, step by step, on networks of every operation, some of them
// random: both start every step from the same state, so that differences cannot build up.
func Agree(t *testing.T, e, ref engine.Engine, tol Tolerance) {
	agree(t, e, ref, agreementNets(), tol)
}

// AgreeOperations is Agree on networks of a few layers, one for each operation. What rounding does
// to an operation does not build up there, so that an engine of fewer digits can be held closely.
// Left out are ReLU and maxima, whose slope jumps where rounding moves a value over the kink.
func AgreeOperations(t *testing.T, e, ref engine.Engine, tol Tolerance) {
	agree(t, e, ref, slices.DeleteFunc(differenceNets(), func(net nn.Net) bool {
		return slices.ContainsFunc(net.Layers, func(l nn.Layer) bool {
			switch l.Op.(type) {
			case nn.ReLU, nn.MaxPool:
				return true
			}
			return false
		})
	}), tol)
}

func agree(t *testing.T, e, ref engine.Engine, nets []nn.Net, tol Tolerance) {
	for i, net := range nets {
		t.Run(net.Name, func(t *testing.T) {
			g := generator(200 + i)
			h := usual
			if i%3 == 1 {
				h.Active = even(net.Classes)
			}
			s := g.state(net)
			o := engine.Options{Threads: i % 2} // all threads, or one
			got, want := compileWith(t, e, net, 8, s, o), compile(t, ref, net, 8, s)
			for i, n := range []int{8, 7, 8, 3} {
				b := g.batch(net, n, h.Active, i%2 == 1)
				if i == 1 || i == 2 {
					b = g.soften(net, b, h.Active)
				}
				what := fmt.Sprintf("step %d, batch of %d: ", i, n)
				h.Seed = g.u()
				compare(t, what+"losses", step(t, got, b, h), step(t, want, b, h), tol.Forward)
				s = save(t, want)
				compareStates(t, what, net, save(t, got), s, tol)
				compare(t, what+"logits", logits(t, got, net, b), logits(t, want, net, b), tol.Run)
				load(t, got, s)
			}
		})
	}
}

// compareStates compares weights, momentum and running statistics after one step.
func compareStates(t *testing.T, what string, net nn.Net, got, want nn.State, tol Tolerance) {
	t.Helper()
	for _, p := range net.Params() {
		bound := tol.Forward
		if p.Trainable() {
			bound = tol.Gradient
			name := nn.MomentumPrefix + p.Name
			compare(t, what+name, got[name].Data, want[name].Data, bound)
		}
		compare(t, what+p.Name, got[p.Name].Data, want[p.Name].Data, bound)
	}
}

// agreementNets are the networks of this package, a deeper one, and random ones.
func agreementNets() []nn.Net {
	nets := []nn.Net{
		promised(),
		residual(),
		build("vgg11", zoo.Options{Input: []int{3, 32, 32}, Classes: 10, Width: 0.05}),
		build("mlp", zoo.Options{Input: []int{2}, Classes: 3, Hidden: 3}),
	}
	for i := range 16 {
		nets = append(nets, random(generator(300+1000003*i), fmt.Sprintf("random %d", i)))
	}
	return append(nets, edgeNets()...)
}

// edgeNets are at the edges of what a network may be: maps of one pixel and of one row, windows that lie on padding alone,
// strides longer than kernels, sums with the sample, a batch norm that comes first.
func edgeNets() []nn.Net {
	conv := func(kernel, stride, pad int) nn.Op {
		return nn.Conv2D{Out: 5, Kernel: kernel, Stride: stride, Pad: pad, Bias: true}
	}
	summed := chain("sum with the sample", []int{5, 7, 4}, norm, conv(3, 1, 1), nn.Add{}, nn.ReLU{}, nn.Flatten{})
	summed.Layers[2].Inputs = []int{nn.Input, 1}
	doubled := chain("sample twice", []int{6}, nn.Add{}, nn.Linear{Out: 6}, nn.Add{}, nn.ReLU{})
	doubled.Layers[0].Inputs, doubled.Layers[2].Inputs = []int{nn.Input, nn.Input}, []int{1, nn.Input}
	return []nn.Net{
		summed, doubled,
		chain("one pixel", []int{17, 1, 1}, conv(3, 1, 1), nn.ReLU{}, conv(1, 2, 0), nn.MaxPool{Kernel: 3, Stride: 2, Pad: 1}, conv(5, 1, 2), nn.Flatten{}),
		chain("one row", []int{3, 1, 9}, conv(3, 1, 1), nn.AvgPool{Kernel: 2, Stride: 3, Pad: 1}, conv(2, 1, 1), nn.Flatten{}),
		chain("padding beyond the kernel", []int{3, 4, 7}, conv(1, 3, 2), conv(3, 2, 4), conv(2, 3, 1), nn.Flatten{}),
		chain("kernel beyond the image", []int{2, 3, 5}, conv(9, 1, 4), nn.MaxPool{Kernel: 8, Stride: 3, Pad: 4}, nn.Flatten{}),
		chain("multinomial", []int{9}),
	}
}

// random draws a network: an image of odd size, up to six layers that fit, and one or two linear
// layers.
func random(g generator, name string) nn.Net {
	draw := func(from, to int) int { return from + int(g.u()*uint64(to-from+1)>>24) }
	net := nn.Net{Name: name, Input: []int{draw(1, 5), draw(6, 13), draw(6, 13)}, Classes: draw(2, 11)}
	add := func(op nn.Op, inputs ...int) {
		grown := net
		grown.Layers = append(net.Layers[:len(net.Layers):len(net.Layers)],
			nn.Layer{Name: fmt.Sprintf("layer%d", len(net.Layers)), Op: op, Inputs: inputs})
		if _, err := grown.Shapes(); err == nil {
			net = grown // what does not fit is left out
		}
	}
	for range draw(3, 6) {
		kernel := draw(1, 5)
		switch draw(0, 7) {
		case 0, 1, 2:
			add(nn.Conv2D{Out: draw(1, 20), Kernel: kernel, Stride: draw(1, 2), Pad: draw(0, kernel/2), Bias: draw(0, 1) == 1})
		case 3:
			add(nn.BatchNorm{Eps: 1e-3, Momentum: float32(draw(1, 9)) / 10})
		case 4:
			add(nn.ReLU{})
		case 5:
			add(nn.MaxPool{Kernel: kernel, Stride: draw(1, 2), Pad: draw(0, kernel/2)})
		case 6:
			add(nn.AvgPool{Kernel: kernel, Stride: draw(1, 2), Pad: draw(0, kernel/2)})
		case 7:
			add(nn.Dropout{P: 0.3})
			last := len(net.Layers) - 1
			add(nn.Conv2D{Out: 6, Kernel: 3, Stride: 1, Pad: 1}, last)
			add(nn.Conv2D{Out: 6, Kernel: 3, Stride: 1, Pad: 1}, last)
			add(nn.Add{}, last+1, last+2)
		}
	}
	if draw(0, 2) == 0 {
		add(nn.GlobalAvgPool{})
	}
	add(nn.Flatten{})
	if draw(0, 1) == 0 {
		add(nn.Linear{Out: draw(1, 20)})
		add(nn.BatchNorm{Eps: 1e-3, Momentum: 0.1})
	}
	add(nn.Linear{Out: net.Classes, Bias: true})
	return net
}
