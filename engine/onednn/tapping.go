package onednn

import (
	"errors"
	"fmt"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// tapping adds the products of a convolution by taps to a program, all under one name.
type tapping struct {
	*program
	g    conv
	name string
}

// forward adds y, which it returns in the layout md, and x as backward weights takes it. w lies by
// tap; bias may be nil.
func (k tapping) forward(x, w, bias *tensor, md dnnl.Desc, relu bool) (xs, y *tensor, err error) {
	if xs, err = k.laid(x, k.g.byPosition, k.g.in, "input"); err != nil {
		return nil, nil, err
	}
	if w, err = k.as(w, w.md.As(k.g.factor()), k.name+" weights"); err != nil {
		return nil, nil, err
	}
	out, err := k.g.byPosition(k.g.out)
	if err != nil {
		return nil, nil, k.fail(err)
	}
	ys := k.tensor(out)
	runs := k.g.runs()
	for i, r := range runs {
		p := product{a: k.input(xs, r), b: k.tap(w, r.tap), c: k.output(ys, r), add: i > 0}
		if i == 0 {
			p.bias = bias
		}
		if err := k.multiply(p); err != nil {
			return nil, nil, err
		}
	}
	if relu {
		if err := k.relu(ys); err != nil {
			return nil, nil, err
		}
	}
	k.tell(len(runs))
	y, err = k.as(ys, md, k.name+" output")
	return xs, y, err
}

// relu applies ReLU to y in place.
func (k tapping) relu(y *tensor) error {
	pd, err := k.engine.ReLUForward(dnnl.Inference, &y.md)
	if err != nil {
		return k.fail(err)
	}
	return k.add(k.name+" ReLU", pd, arg{dnnl.Src, y}, arg{dnnl.Dst, y})
}

// data adds the gradient of the input, which lies by channel: dx^T += W dy^T.
func (k tapping) data(dy, w *tensor) (*tensor, error) {
	dy, err := k.laid(dy, k.g.byChannel, k.g.out, "gradient")
	if err != nil {
		return nil, err
	}
	if w, err = k.as(w, w.md.As(k.g.factor()), k.name+" weights"); err != nil {
		return nil, err
	}
	in, err := k.g.byChannel(k.g.in)
	if err != nil {
		return nil, k.fail(err)
	}
	dx := k.tensor(in)
	runs := k.g.runs()
	for i, r := range runs {
		b, c := k.columns(dy, k.g.out[0], r.out, r.n), k.columns(dx, k.g.in[0], r.in, r.n)
		if err := k.multiply(product{a: k.tap(w, r.tap), b: b, c: c, add: i > 0}); err != nil {
			return nil, err
		}
	}
	k.tell(len(runs))
	return dx, nil
}

// weights adds the gradient of the weights, to be written by tap to dw, and of the bias, unless
// dbias is nil: dW = x^T dy.
func (k tapping) weights(x, dy, dw, dbias *tensor) error {
	x, err1 := k.laid(x, k.g.byPosition, k.g.in, "input")
	dy, err2 := k.laid(dy, k.g.byPosition, k.g.out, "gradient")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	runs := k.g.runs()
	for i, r := range runs {
		p := product{a: k.input(x, r).turned(), b: k.output(dy, r), c: k.tap(dw, r.tap)}
		p.add = i > 0 && runs[i-1].tap == r.tap
		if err := k.gradient(p, r, dbias); err != nil {
			return err
		}
	}
	k.tell(len(runs))
	k.clear(dw)
	return nil
}

// gradient adds a product of weights. That of the centre tap is also the gradient of a linear layer
// which sees every position as a sample, and then gives the gradient of the bias.
func (k tapping) gradient(p product, r run, dbias *tensor) error {
	if r.tap != centre || dbias == nil {
		return k.multiply(p)
	}
	x, err1 := k.cut(p.a.turned())
	dy, err2 := k.cut(p.b)
	dw, err3 := k.cut(p.c.turned())
	if err := errors.Join(err1, err2, err3); err != nil {
		return k.fail(err)
	}
	w := dw.md.As(k.g.factor())
	hint, err := k.engine.InnerForward(dnnl.Training, &x.md, &w, &dbias.md, &dy.md, false)
	if err != nil {
		return k.fail(err)
	}
	k.hint(hint)
	pd, err := k.engine.InnerBackwardWeights(&x.md, &dw.md, &dbias.md, &dy.md, hint)
	if err != nil {
		return k.fail(err)
	}
	return k.add(k.name, pd, arg{dnnl.Src, x}, arg{dnnl.DiffDst, dy}, arg{dnnl.DiffWeights, dw}, arg{dnnl.DiffBias, dbias})
}

// clear zeroes the gradient of the taps that no run has: nothing else writes there.
func (k tapping) clear(dw *tensor) {
	unused, size := k.g.unused(), k.g.in[0]*k.g.out[0]
	if len(unused) == 0 {
		return
	}
	k.call(k.name+" unused taps", func() error {
		for _, tap := range unused {
			clear(dw.at.floats(9 * size)[tap*size:][:size])
		}
		return nil
	}, dw)
}

// laid returns t, a batch of images, in one of the layouts of this algorithm and the type that it
// multiplies.
func (k tapping) laid(t *tensor, layout func([]int) (dnnl.Desc, error), image []int, what string) (*tensor, error) {
	md, err := layout(image)
	if err != nil {
		return nil, k.fail(err)
	}
	return k.as(t, md.As(k.g.factor()), k.name+" "+what)
}

// tell says what computes the products.
func (k tapping) tell(products int) {
	k.impl[k.name] = fmt.Sprintf("taps: %d products, %s", products, k.impl[k.name])
}

func (k tapping) fail(err error) error {
	return fmt.Errorf("onednn: %s by taps, %v: %w", k.name, k.g, err)
}

// matrix is [rows columns] values of a tensor, from one on.
type matrix struct {
	t              *tensor
	from           int
	shape, strides [2]int
}

// turned is the transposed matrix.
func (m matrix) turned() matrix {
	return matrix{m.t, m.from, [2]int{m.shape[1], m.shape[0]}, [2]int{m.strides[1], m.strides[0]}}
}

// cut makes the matrix a tensor.
func (k tapping) cut(m matrix) (*tensor, error) {
	md, err := dnnl.NewStrided(m.shape[:], m.strides[:])
	return k.part(m.t, m.from, md.As(m.t.md.Type())), err
}

// tap is [C O], the weights of a tap in w, which lies by tap.
func (k tapping) tap(w *tensor, tap int) matrix {
	c, o := k.g.in[0], k.g.out[0]
	return matrix{w, tap * c * o, [2]int{c, o}, [2]int{o, 1}}
}

// input is [n N, C], what a run takes of x, and output [n N, O] what it adds to in y; both lie by
// position.
func (k tapping) input(x *tensor, r run) matrix  { return k.rows(x, k.g.in[0], r.in, r.n) }
func (k tapping) output(y *tensor, r run) matrix { return k.rows(y, k.g.out[0], r.out, r.n) }

func (k tapping) rows(t *tensor, channels, from, n int) matrix {
	return matrix{t, from * k.g.n * channels, [2]int{n * k.g.n, channels}, [2]int{channels, 1}}
}

// columns is [channels, n N], n positions of an image that lies by channel.
func (k tapping) columns(t *tensor, channels, from, n int) matrix {
	return matrix{t, from * k.g.n, [2]int{channels, n * k.g.n}, [2]int{k.g.in[1] * k.g.in[2] * k.g.n, 1}}
}

// product is c = a b, plus a bias [columns] unless it is nil, plus what c was if add.
type product struct {
	a, b, c matrix
	bias    *tensor
	add     bool
}

// multiply adds a product.
func (k tapping) multiply(p product) error {
	a, err1 := k.cut(p.a)
	b, err2 := k.cut(p.b)
	c, err3 := k.cut(p.c)
	if err := errors.Join(err1, err2, err3); err != nil {
		return k.fail(err)
	}
	var bias *tensor
	var md *dnnl.Desc
	if p.bias != nil {
		var err error
		if bias, err = k.cut(matrix{p.bias, 0, [2]int{1, p.c.shape[1]}, [2]int{p.c.shape[1], 1}}); err != nil {
			return k.fail(err)
		}
		md = &bias.md
	}
	pd, err := k.engine.MatMul(&a.md, &b.md, md, &c.md, p.add)
	if err != nil {
		return k.fail(err)
	}
	return k.add(k.name, pd, arg{dnnl.Src, a}, arg{dnnl.Weights, b}, arg{dnnl.Dst, c}, arg{dnnl.Bias, bias})
}
