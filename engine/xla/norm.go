package xla

import (
	"slices"

	"github.com/local-to-global/lgl/nn"
)

// norm is batch norm in training, in float32 throughout:
//
//	m = s + mean (x - s), v = mean (x - s)^2 - (m - s)^2 over all but the channel, s that
//	mean of the first sample, so that x is read once; z = (x - m) / sqrt(v + eps)
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

	shift := g.ofFirst(in, over)
	shifted := g.sub(in, along(shift))
	offset := scaled(g.sum(shifted, over...), 1/count)
	mean, square := g.add(shift, offset), scaled(g.sum(g.mul(shifted, shifted), over...), 1/count)
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
		dbeta, dgamma := g.sum(dy, over...), g.sum(g.mul(dy, z), over...)
		g.paramGrad(i, "weight", dgamma)
		g.paramGrad(i, "bias", dbeta)
		if g.wants(i, 0) {
			rest := g.sub(g.sub(dy, along(scaled(dbeta, 1/count))), g.mul(z, along(scaled(dgamma, 1/count))))
			g.give(i, 0, g.to(g.act, g.mul(rest, along(g.mul(gamma, rate)))))
		}
	}
}

// ofFirst is the mean of the first sample in each channel.
func (g *graph) ofFirst(x value, over []int) value {
	to, stride := slices.Clone(x.dims), slices.Repeat([]int{1}, len(x.dims))
	to[0] = 1
	sum := g.sum(g.slice(x, make([]int, len(to)), to, stride), over...)
	return g.mul(sum, g.full(sum.typ, float32(x.dims[0]*sum.elements())/float32(x.elements())))
}

// channels returns the dimensions that batch norm sums over, and the one that it keeps: the last.
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
