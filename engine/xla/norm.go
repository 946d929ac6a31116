package xla

import (
	"slices"

	"github.com/local-to-global/lgl/nn"
)

// norm is batch norm in training, in float32 throughout:
//
//	m = s + mean (x - s), v = mean (x - s)^2 - (m - s)^2 over all but the channel, s one of
//	the channel's values, so that x is read once; z = (x - m) / sqrt(v + eps)
//	y = gamma z + beta
//	dgamma = sum dy z, dbeta = sum dy
//	dx = gamma / sqrt(v + eps) (dy - dbeta / M - z dgamma / M), M the values of a channel
//
// Running statistics move towards m and v M / (M - 1).
func (g *graph) norm(i int, op nn.BatchNorm, x value) (value, func(value)) {
	in := g.to(f32, x)
	over, channel := g.channels(in)
	count := float32(in.elements() / in.dims[channel])
	along := func(c value) value { return g.broadcast(c, in.dims, channel) }
	scaled := func(c value, by float32) value { return g.mul(c, g.full(c.typ, by)) }

	shift := g.oneOf(in)
	shifted := g.sub(in, along(shift))
	sums := g.sums(over, shifted, g.mul(shifted, shifted))
	offset, square := scaled(sums[0], 1/count), scaled(sums[1], 1/count)
	mean := g.add(shift, offset)
	variance := g.each("maximum", g.sub(square, g.mul(offset, offset)), g.full(square.typ, 0))
	rate := g.each("rsqrt", g.add(variance, g.full(variance.typ, op.Eps)))
	z := g.mul(g.sub(in, along(mean)), along(rate))
	gamma := g.param(i, "weight")
	y := g.add(g.mul(z, along(gamma)), along(g.param(i, "bias")))

	g.variances = append(g.variances, variance)
	g.move(i, "running_mean", mean, op.Momentum)
	g.move(i, "running_var", scaled(variance, count/(count-1)), op.Momentum)
	return g.to(g.act, y), func(dy value) {
		dy = g.to(f32, dy)
		sums := g.sums(over, dy, g.mul(dy, z))
		dbeta, dgamma := sums[0], sums[1]
		g.paramGrad(i, "weight", dgamma)
		g.paramGrad(i, "bias", dbeta)
		if g.wants(i, 0) {
			rest := g.sub(g.sub(dy, along(scaled(dbeta, 1/count))), g.mul(z, along(scaled(dgamma, 1/count))))
			g.give(i, 0, g.to(g.act, g.mul(rest, along(g.mul(gamma, rate)))))
		}
	}
}

// oneOf is a value of each channel, from the middle of the first sample. Of k deviations that it lies from the mean, the
// variance loses a relative 6e-8 k^2.
func (g *graph) oneOf(x value) value {
	from, to, last := make([]int, len(x.dims)), slices.Repeat([]int{1}, len(x.dims)), len(x.dims)-1
	for d := 1; d < last; d++ {
		from[d] = x.dims[d] / 2
		to[d] = from[d] + 1
	}
	to[last] = x.dims[last]
	return g.reshape(g.slice(x, from, to, slices.Repeat([]int{1}, len(to))), x.dims[last])
}

// channels returns the dimensions that batch norm and a bias sum over, and the one that they keep: the last.
func (g *graph) channels(x value) (over []int, channel int) {
	channel = len(x.dims) - 1
	for d := range channel {
		over = append(over, d)
	}
	return over, channel
}

// move sets the new value of a running statistic: (1 - momentum) r + momentum s.
func (g *graph) move(i int, suffix string, s value, momentum float32) {
	r := g.param(i, suffix)
	g.stats[g.net.Layers[i].Name+"."+suffix] = g.add(g.mul(r, g.full(r.typ, 1-momentum)), g.mul(s, g.full(s.typ, momentum)))
}

// normByRunning is batch norm by the running statistics: y = gamma (x - mean) / sqrt(var + eps) + beta.
func (g *graph) normByRunning(i int, op nn.BatchNorm, x value) value {
	in := g.to(f32, x)
	_, channel := g.channels(in)
	variance := g.param(i, "running_var")
	scale := g.mul(g.param(i, "weight"), g.each("rsqrt", g.add(variance, g.full(variance.typ, op.Eps))))
	along := func(c value) value { return g.broadcast(c, in.dims, channel) }
	centred := g.sub(in, along(g.param(i, "running_mean")))
	return g.to(g.act, g.add(g.mul(centred, along(scale)), along(g.param(i, "bias"))))
}
