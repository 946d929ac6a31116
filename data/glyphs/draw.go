package glyphs

import (
	"math/bits"
	"math/rand/v2"
)

// The ranges that the difficulty rests on. Angles are in units of 1/unit radian, lengths in
// pixels, colours in 0..255. They were chosen so that a small VGG is right about four times in
// five, and so that it starts to learn within a few hundred steps.
const (
	unit = 1 << 16

	emLeast, emMost = 17, 33       // side of the em square
	turnMost        = unit / 3     // rotation either way: 19 degrees
	shearMost       = unit / 3     // shift of x per y, either way
	narrowMost      = unit * 5 / 4 // width over height, and its inverse
	bendMost        = 4            // of a side of the image from the straight line, either way
	shiftMost       = 4            // from the centre, either way
	edge            = 1            // pixels free of the glyph on each side

	paperMost                   = 80      // greatest value of a colour of the background
	contrastLeast, contrastMost = 24, 208 // of glyph and background
	tintMost                    = 60      // percent of it by which it may differ in a colour
	textureMost                 = 80      // percent of it
	blurMost                    = 85      // weight of each neighbour, of 256
	noiseMost                   = 64      // greatest deviation of a pixel
)

// painter draws images. It has the memory for one.
type painter struct {
	filler
	mask  [side * side]int    // the glyph, 0..255
	image [3][side * side]int // colours, in 1/16 of 0..255
	spare [side * side]int
}

// draw writes the image of an outline to dst, [3 side side]. All that is random comes from r.
func (p *painter) draw(dst []byte, o outline, r *rand.Rand) {
	p.fill(p.mask[:], place(o, jitter(r), r))
	p.colour(r)
	p.blur(r)
	p.noise(dst, r)
}

// between returns a random integer in lo..hi: the high half of the product of 64 random bits with
// their number.
func between[N int | int64](r *rand.Rand, lo, hi N) N {
	high, _ := bits.Mul64(r.Uint64(), uint64(hi-lo+1))
	return lo + N(high)
}

// affine is a linear map: x' = (a x + b y) / unit, y' = (c x + d y) / unit.
type affine struct{ a, b, c, d int64 }

// jitter returns a random map from an outline to an image: rotation * shear * scale.
func jitter(r *rand.Rand) affine {
	size := between[int64](r, emLeast*one, emMost*one) * unit / em
	wide := size * between[int64](r, unit*unit/narrowMost, narrowMost) / unit
	slant := size * between[int64](r, -shearMost, shearMost) / unit
	cos, sin := rotation(between[int64](r, -turnMost, turnMost))
	return affine{
		cos * wide / unit, (cos*slant - sin*size) / unit,
		sin * wide / unit, (sin*slant + cos*size) / unit,
	}
}

// rotation returns cosine and sine, in 1/unit, of an angle near turn/unit: they are those of the
// angle whose half has the tangent t = turn/(2 unit), (1-t^2)/(1+t^2) and 2t/(1+t^2).
func rotation(turn int64) (cos, sin int64) {
	t := turn / 2
	square := t * t / unit
	return (unit - square) * unit / (unit + square), 2 * t * unit / (unit + square)
}

// place maps an outline into the image, makes it smaller where it does not fit, and moves it to a
// random place.
func place(o outline, m affine, r *rand.Rand) outline {
	out := o.each(func(p point) point {
		return point{(m.a*p.x + m.b*p.y) / unit, (m.c*p.x + m.d*p.y) / unit}
	})
	const most = bendMost * one
	out = bend(out, between[int64](r, -most, most), between[int64](r, -most, most))
	const room = (side - 2*edge) * one
	lo, hi := out.bounds()
	extent := max(hi.x-lo.x, hi.y-lo.y, room)
	shift := func(length int64) int64 {
		free := room - length*room/extent
		most := min(free/2, shiftMost*one)
		return edge*one + free/2 + between(r, -most, most)
	}
	dx, dy := shift(hi.x-lo.x), shift(hi.y-lo.y)
	return out.each(func(p point) point {
		return point{(p.x-lo.x)*room/extent + dx, (p.y-lo.y)*room/extent + dy}
	})
}

// bend makes arcs of straight lines: with u and v from -1 to 1 over a side of the image, from the
// middle of the outline, x moves by right v^2 and y by down u^2.
func bend(o outline, right, down int64) outline {
	lo, hi := o.bounds()
	const half = side * one / 2
	return o.each(func(p point) point {
		u, v := p.x-(lo.x+hi.x)/2, p.y-(lo.y+hi.y)/2
		return point{p.x + right*v*v/(half*half), p.y + down*u*u/(half*half)}
	})
}

// each returns the outline of f of every point.
func (o outline) each(f func(point) point) outline {
	out := make(outline, len(o))
	for i, polygon := range o {
		out[i] = make([]point, len(polygon))
		for j, p := range polygon {
			out[i][j] = f(p)
		}
	}
	return out
}

// bounds returns the least and the greatest coordinates.
func (o outline) bounds() (lo, hi point) {
	lo, hi = o[0][0], o[0][0]
	for _, polygon := range o {
		for _, p := range polygon {
			lo = point{min(lo.x, p.x), min(lo.y, p.y)}
			hi = point{max(hi.x, p.x), max(hi.y, p.y)}
		}
	}
	return lo, hi
}

// rgb is a colour, 0..255 each.
type rgb [3]int

// colours returns those of glyph and background, and their contrast. The glyph is the brighter one:
// with the sign of the contrast at random, the mean of the images would say nothing of their
// class, and a network would take long to learn anything.
func colours(r *rand.Rand) (ink, paper rgb, contrast int) {
	contrast = between(r, contrastLeast, contrastMost)
	for c := range paper {
		paper[c] = between(r, 0, min(paperMost, 255-contrast))
		ink[c] = paper[c] + contrast + between(r, -tintMost, tintMost)*contrast/100
	}
	return ink, paper, contrast
}

// colour paints the image: textured ink on textured paper.
func (p *painter) colour(r *rand.Rand) {
	ink, paper, contrast := colours(r)
	strength := contrast * between(r, 0, textureMost) / 100
	under, over := texture(r), texture(r)
	for i, m := range p.mask {
		x, y := i%side, i/side
		back := under.at(x, y) * strength / unit
		front := over.at(x, y) * strength / unit / 2
		for c := range p.image {
			p.image[c][i] = ((ink[c]+front)*m + (paper[c]+back)*(255-m)) * 16 / 255
		}
	}
}

// grain is a texture: random values on a grid, and linear between.
type grain struct {
	step  int                         // pixels between grid points
	value [side/4 + 2][side/4 + 2]int // -unit..unit
}

// texture returns a random one, its grid points 4, 8 or 16 pixels apart.
func texture(r *rand.Rand) *grain {
	g := &grain{step: 4 << between(r, 0, 2)}
	for i := range g.value {
		for j := range g.value[i] {
			g.value[i][j] = between(r, -unit, unit)
		}
	}
	return g
}

// at returns the value at a pixel, -unit..unit.
func (g *grain) at(x, y int) int {
	i, j := y/g.step, x/g.step
	v, u := y%g.step, x%g.step
	top := g.value[i][j]*(g.step-u) + g.value[i][j+1]*u
	low := g.value[i+1][j]*(g.step-u) + g.value[i+1][j+1]*u
	return (top*(g.step-v) + low*v) / (g.step * g.step)
}

// blur mixes every pixel with its neighbours, by weights w, 256 - 2w, w in both directions.
func (p *painter) blur(r *rand.Rand) {
	w := between(r, 0, blurMost)
	for c := range p.image {
		smooth(&p.spare, &p.image[c], w, 1)
		smooth(&p.image[c], &p.spare, w, side)
	}
}

// smooth blurs along x (step 1) or y (step side); the border is repeated.
func smooth(dst, src *[side * side]int, w, step int) {
	for i := range dst {
		before, after, at := i-step, i+step, i/step%side
		if at == 0 {
			before = i
		}
		if at == side-1 {
			after = i
		}
		dst[i] = (w*src[before] + (256-2*w)*src[i] + w*src[after]) / 256
	}
}

// noise writes the image with noise of a triangular distribution, of a random greatest deviation.
func (p *painter) noise(dst []byte, r *rand.Rand) {
	most := between(r, 0, noiseMost)
	for c := range p.image {
		for i := 0; i < side*side; i += 4 {
			draw := r.Uint64()
			for k := range 4 {
				n := int(draw&255) + int(draw>>8&255) - 255
				draw >>= 16
				v := (p.image[c][i+k] + n*most*16/255 + 8) / 16
				dst[c*side*side+i+k] = byte(min(max(v, 0), 255))
			}
		}
	}
}
