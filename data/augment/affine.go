package augment

import (
	"math"
	"strconv"
)

// matrix maps the middle of a pixel to where it comes from: x' = m[0] x + m[1] y + m[2],
// y' = m[3] x + m[4] y + m[5].
type matrix [6]float64

// inverseAffine is torchvision's _get_inverse_affine_matrix without rotation and scaling: the shears, in
// degrees, about the centre, then the shift.
func inverseAffine(centreX, centreY, shiftX, shiftY, shearX, shearY float64) matrix {
	sx, sy := radians(shearX), radians(shearY)
	a := math.Cos(-sy) / math.Cos(sy)
	b := -math.Cos(-sy) * math.Tan(sx) / math.Cos(sy)
	c := math.Sin(-sy) / math.Cos(sy)
	d := float64(-math.Sin(-sy)*math.Tan(sx)/math.Cos(sy)) + 1
	m := matrix{d, -b, 0, -c, a, 0}
	m[2] = float64(m[0]*(-centreX-shiftX)) + float64(m[1]*(-centreY-shiftY)) + centreX
	m[5] = float64(m[3]*(-centreX-shiftX)) + float64(m[4]*(-centreY-shiftY)) + centreY
	return m
}

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }

// shearX moves each row sideways by level times its number from the top: RandAugment's ShearX.
func (v *canvas) shearX(level float64) {
	v.affine(inverseAffine(0, 0, 0, 0, math.Atan(level)*(180/math.Pi), 0))
}

// shearY moves each column down by level times its number from the left.
func (v *canvas) shearY(level float64) {
	v.affine(inverseAffine(0, 0, 0, 0, 0, math.Atan(level)*(180/math.Pi)))
}

// translate moves the image by whole pixels, to the right and down.
func (v *canvas) translate(x, y int) {
	v.affine(inverseAffine(float64(v.w)*0.5, float64(v.h)*0.5, float64(x), float64(y), 0, 0))
}

// rotate turns the image about its centre, counter-clockwise: PIL's Image.rotate.
func (v *canvas) rotate(degrees float64) {
	degrees = math.Mod(degrees, 360)
	if degrees < 0 {
		degrees += 360
	}
	switch {
	case degrees == 0:
	case degrees == 180:
		v.gather(func(x, y int) (int, int) { return v.w - 1 - x, v.h - 1 - y })
	case degrees == 90 && v.w == v.h:
		v.gather(func(x, y int) (int, int) { return v.w - 1 - y, x })
	case degrees == 270 && v.w == v.h:
		v.gather(func(x, y int) (int, int) { return y, v.h - 1 - x })
	default:
		cos, sin := digits(math.Cos(-radians(degrees))), digits(math.Sin(-radians(degrees)))
		x, y := float64(v.w)/2, float64(v.h)/2
		v.affine(matrix{cos, sin, float64(cos*-x) + float64(sin*-y) + x, -sin, cos, float64(-sin*-x) + float64(cos*-y) + y})
	}
}

// digits rounds v to 15 digits after the point, as Python's round does.
func digits(v float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 15, 64), 64)
	return r
}

// gather takes every pixel from where from says.
func (v *canvas) gather(from func(x, y int) (int, int)) {
	for y := range v.h {
		for x := range v.w {
			fx, fy := from(x, y)
			for c := range v.c {
				v.spare[(c*v.h+y)*v.w+x] = v.pix[(c*v.h+fy)*v.w+fx]
			}
		}
	}
	v.swap()
}

// affine takes every pixel from where m maps it, black where there is none: PIL's Image.transform.
func (v *canvas) affine(m matrix) {
	clear(v.spare)
	if v.bilinear {
		v.interpolate(m)
	} else {
		v.nearest(m)
	}
	v.swap()
}

// nearest takes the pixel that m maps into, in PIL's fixed point of 16 bits.
func (v *canvas) nearest(m matrix) {
	fix := func(f float64) int { return int(math.Floor(float64(f*65536) + 0.5)) }
	stepX, stepY := fix(m[0]), fix(m[3])
	startX := fix(m[2] + float64(m[0]*0.5) + float64(m[1]*0.5))
	startY := fix(m[5] + float64(m[3]*0.5) + float64(m[4]*0.5))
	for y := range v.h {
		x0, y0 := startX+y*fix(m[1]), startY+y*fix(m[4])
		from, to := within(x0, stepX, v.w, v.w)
		fromY, toY := within(y0, stepY, v.h, v.w)
		from, to = max(from, fromY), min(to, toY)
		if from < to {
			v.gatherRow(y, from, to, x0+from*stepX, stepX, y0+from*stepY, stepY)
		}
	}
}

// gatherRow writes pixels from..to-1 of row y of spare, the first from (fx, fy), in units of 2^-16.
func (v *canvas) gatherRow(y, from, to, fx, stepX, fy, stepY int) {
	size := v.h * v.w
	out := v.spare[y*v.w+from:]
	n := to - from
	switch {
	case stepX == 1<<16 && stepY == 0: // pixels that lie side by side
		for c := range v.c {
			copy(out[c*size:][:n], v.plane(c)[fy>>16*v.w+fx>>16:])
		}
	case v.c == 3:
		red, green, blue := v.plane(0), v.plane(1), v.plane(2)
		toRed, toGreen, toBlue := out[:n], out[size:][:n], out[2*size:][:n]
		for x := range toRed {
			at := fy>>16*v.w + fx>>16
			toRed[x], toGreen[x], toBlue[x] = red[at], green[at], blue[at]
			fx, fy = fx+stepX, fy+stepY
		}
	default:
		for x := range out[:n] {
			out[x] = v.pix[fy>>16*v.w+fx>>16]
			fx, fy = fx+stepX, fy+stepY
		}
	}
}

// within returns for which x of 0..n-1 start + x step is a pixel of 0..size-1, in units of 2^-16.
func within(start, step, size, n int) (from, to int) {
	end := size << 16 // want 0 <= start + x step < end
	switch {
	case step > 0:
		from, to = ceil(-start, step), ceil(end-start, step)
	case step < 0:
		from, to = ceil(start-end+1, -step), ceil(start+1, -step)
	case start >= 0 && start < end:
		from, to = 0, n
	}
	return max(from, 0), min(to, n)
}

// ceil returns a / b, b > 0, rounded up.
func ceil(a, b int) int {
	if a <= 0 {
		return -(-a / b)
	}
	return (a-1)/b + 1
}

// interpolate weighs the four pixels around the place that m maps into, in float64, rounded down; beyond an
// edge lies the pixel at the edge.
func (v *canvas) interpolate(m matrix) {
	for i := range v.h * v.w {
		x, y := float64(i%v.w)+0.5, float64(i/v.w)+0.5
		fx := float64(m[0]*x) + float64(m[1]*y) + m[2]
		fy := float64(m[3]*x) + float64(m[4]*y) + m[5]
		if fx < 0 || fx >= float64(v.w) || fy < 0 || fy >= float64(v.h) {
			continue
		}
		left, above := math.Floor(fx-0.5), math.Floor(fy-0.5)
		dx, dy := fx-0.5-left, fy-0.5-above
		x0, x1 := max(int(left), 0), min(int(left)+1, v.w-1)
		y0, y1 := max(int(above), 0)*v.w, min(int(above)+1, v.h-1)*v.w
		for c := range v.c {
			plane := v.plane(c)
			upper := mix(plane[y0+x0], plane[y0+x1], dx)
			lower := mix(plane[y1+x0], plane[y1+x1], dx)
			v.spare[c*v.h*v.w+i] = byte(upper + float64((lower-upper)*dy))
		}
	}
}

// mix is a + (b - a) share.
func mix(a, b byte, share float64) float64 {
	return float64(a) + float64((float64(b)-float64(a))*share)
}
