package reference

import "math"

// maxPool takes the largest value of each window, the first of equal ones; NaN is larger than all.
type maxPool struct {
	geometry
	from []int32 // [N C H' W'] where in its image of x each value was
}

type (
	maxPoolForward  struct{ *maxPool }
	maxPoolBackward struct{ *maxPool }
)

func (p *program) maxPool(w window, x, y *tensor) {
	k := &maxPool{newGeometry(w, x, y), make([]int32, p.batch*y.size)}
	p.both(maxPoolForward{k})
	if x.grad != nil {
		p.back(maxPoolBackward{k})
	}
}

// size is that of every kernel here with a window: a unit is an image.
func (g *geometry) size(n int) (int, int) {
	return n * g.c, 2 * g.positions() * g.kernel * g.kernel
}

func (k maxPoolForward) run(s span) {
	for i := s.from; i < s.to; i++ {
		x, y := k.in(k.x.value, i), k.out(k.y.value, i)
		from := k.from[i*k.positions():]
		for at := range y {
			best := k.largest(x, at/k.ow, at%k.ow)
			y[at], from[at] = x[best], int32(best)
		}
	}
}

// largest returns the index of the largest pixel of a window.
func (k maxPoolForward) largest(x []float32, oy, ox int) int {
	top, bottom, left, right := k.clip(oy, ox)
	best, value := top*k.w+left, float32(math.Inf(-1))
	for iy := top; iy < bottom; iy++ {
		for i := iy*k.w + left; i < iy*k.w+right; i++ {
			if v := x[i]; v > value || v != v {
				best, value = i, v
			}
		}
	}
	return best
}

func (k maxPoolBackward) run(s span) {
	for i := s.from; i < s.to; i++ {
		dx, from := k.in(k.x.grad, i), k.from[i*k.positions():]
		for at, d := range k.out(k.y.grad, i) {
			dx[from[at]] += d
		}
	}
}

// avgPool is the mean of each window, zeros of the padding included.
type avgPool struct{ geometry }

type (
	avgPoolForward  struct{ *avgPool }
	avgPoolBackward struct{ *avgPool }
)

func (p *program) avgPool(w window, x, y *tensor) {
	k := &avgPool{newGeometry(w, x, y)}
	p.both(avgPoolForward{k})
	if x.grad != nil {
		p.back(avgPoolBackward{k})
	}
}

func (k avgPoolForward) run(s span) {
	for i := s.from; i < s.to; i++ {
		x, y := k.in(k.x.value, i), k.out(k.y.value, i)
		for at := range y {
			top, bottom, left, right := k.clip(at/k.ow, at%k.ow)
			total := 0.0
			for iy := top; iy < bottom; iy++ {
				total += sum(x[iy*k.w+left : iy*k.w+right])
			}
			y[at] = float32(total / float64(k.kernel*k.kernel))
		}
	}
}

func (k avgPoolBackward) run(s span) {
	for i := s.from; i < s.to; i++ {
		dx := k.in(k.x.grad, i)
		for at, d := range k.out(k.y.grad, i) {
			top, bottom, left, right := k.clip(at/k.ow, at%k.ow)
			for iy := top; iy < bottom; iy++ {
				addConstant(dx[iy*k.w+left:iy*k.w+right], d/float32(k.kernel*k.kernel))
			}
		}
	}
}

// globalPool is the mean of each image.
type globalPool struct{ x, y *tensor }

type (
	globalPoolForward  struct{ globalPool }
	globalPoolBackward struct{ globalPool }
)

func (p *program) globalPool(x, y *tensor) {
	k := globalPool{x, y}
	p.both(globalPoolForward{k})
	if x.grad != nil {
		p.back(globalPoolBackward{k})
	}
}

// A unit is an image.
func (k globalPool) size(n int) (int, int) { return n * k.y.size, k.area() }

func (k globalPool) area() int { return k.x.size / k.y.size }

func (k globalPoolForward) run(s span) {
	area := k.area()
	for i := s.from; i < s.to; i++ {
		k.y.value[i] = float32(sum(k.x.value[i*area:(i+1)*area]) / float64(area))
	}
}

func (k globalPoolBackward) run(s span) {
	area := k.area()
	for i := s.from; i < s.to; i++ {
		addConstant(k.x.grad[i*area:(i+1)*area], k.y.grad[i]/float32(area))
	}
}

// addConstant adds v to every value of y.
func addConstant(y []float32, v float32) {
	for i := range y {
		y[i] += v
	}
}
