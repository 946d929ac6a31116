package reference

import "gonum.org/v1/gonum/blas"

// linear is y = x W^T + b with x [N F], W [Out F], y [N Out]. gonum's inner loops are fast where
// they are long, so where Out is larger than F the products use W^T in place of W.
type linear struct {
	x, y         *tensor
	weight, bias param
	transposed   []float32 // W^T [F Out]; nil if W itself is used
	dTransposed  []float32 // its gradient
	ones         []float32 // [N]
}

type (
	linearTranspose struct{ *linear }
	linearForward   struct{ *linear }
	linearInput     struct{ *linear }
	linearWeights   struct{ *linear }
	linearBias      struct{ *linear }
)

func (p *program) linear(x, y *tensor, ps params) {
	l := &linear{x: x, y: y, weight: ps["weight"], bias: ps["bias"]}
	if y.size > x.size {
		l.transposed = floats(len(l.weight.value))
		if p.learns {
			l.dTransposed = floats(len(l.weight.value))
		}
		p.both(linearTranspose{l})
	}
	p.both(linearForward{l})
	if x.grad != nil {
		p.back(linearInput{l})
	}
	if l.bias.value != nil {
		l.ones = floats(p.batch)
		addConstant(l.ones, 1)
		p.back(linearBias{l})
	}
	p.back(linearWeights{l})
}

func (k linearTranspose) size(int) (int, int) { return 1, len(k.transposed) }

func (k linearTranspose) run(span) {
	f, out := k.x.size, k.y.size
	for o := range out {
		for i, v := range k.weight.value[o*f : (o+1)*f] {
			k.transposed[i*out+o] = v
		}
	}
}

// A unit is a sample.
func (k linearForward) size(n int) (int, int) { return n, productCost(k.x.size * k.y.size) }

func (k linearForward) run(s span) {
	f, out := k.x.size, k.y.size
	x := matrix(s.to-s.from, f, f, k.x.value[s.from*f:s.to*f])
	y := matrix(s.to-s.from, out, out, k.y.value[s.from*out:s.to*out])
	if k.bias.value == nil {
		zero(y)
	}
	for i := 0; k.bias.value != nil && i < y.Rows; i++ {
		copy(y.Data[i*out:], k.bias.value)
	}
	if k.transposed != nil {
		multiply(blas.NoTrans, blas.NoTrans, x, matrix(f, out, out, k.transposed), y)
	} else {
		multiply(blas.NoTrans, blas.Trans, x, matrix(out, f, f, k.weight.value), y)
	}
}

// linearInput adds dy W to dx. A unit is a sample.
func (k linearInput) size(n int) (int, int) { return n, productCost(k.x.size * k.y.size) }

func (k linearInput) run(s span) {
	f, out := k.x.size, k.y.size
	dx := matrix(s.to-s.from, f, f, k.x.grad[s.from*f:s.to*f])
	dy := matrix(s.to-s.from, out, out, k.y.grad[s.from*out:s.to*out])
	if k.transposed != nil {
		multiply(blas.NoTrans, blas.Trans, dy, matrix(f, out, out, k.transposed), dx)
	} else {
		multiply(blas.NoTrans, blas.NoTrans, dy, matrix(out, f, f, k.weight.value), dx)
	}
}

// linearWeights sets dW = dy^T x. A unit is a row of dW, or of its transpose x^T dy.
func (k linearWeights) size(n int) (int, int) {
	return min(k.x.size, k.y.size), n * productCost(max(k.x.size, k.y.size))
}

func (k linearWeights) run(s span) {
	f, out, rows := k.x.size, k.y.size, s.to-s.from
	x, dy := matrix(s.n, f, f, k.x.value), matrix(s.n, out, out, k.y.grad)
	if k.transposed == nil {
		dw := matrix(rows, f, f, k.weight.grad[s.from*f:s.to*f])
		zero(dw)
		multiply(blas.Trans, blas.NoTrans, columns(dy, s.from, s.to), x, dw)
		return
	}
	dw := matrix(rows, out, out, k.dTransposed[s.from*out:s.to*out])
	zero(dw)
	multiply(blas.Trans, blas.NoTrans, columns(x, s.from, s.to), dy, dw)
	for i := range rows {
		for o, v := range dw.Data[i*out : (i+1)*out] {
			k.weight.grad[o*f+s.from+i] = v
		}
	}
}

// linearBias sets db to the sum of dy over the batch: 1^T dy.
func (k linearBias) size(n int) (int, int) { return 1, n * k.y.size }

func (k linearBias) run(s span) {
	out := k.y.size
	db := matrix(1, out, out, k.bias.grad)
	zero(db)
	multiply(blas.NoTrans, blas.NoTrans, matrix(1, s.n, s.n, k.ones), matrix(s.n, out, out, k.y.grad), db)
}
