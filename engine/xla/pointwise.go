package xla

// relu is max(0, x); its gradient passes where the output is above 0.
func (g *graph) relu(i int, x value) (value, func(value)) {
	y := g.each("maximum", x, g.full(x.typ, 0))
	return y, func(dy value) {
		if g.wants(i, 0) {
			zero := g.full(x.typ, 0)
			g.give(i, 0, g.pick(g.compare("GT", y, zero), dy, zero))
		}
	}
}

// flatten turns [N H W C] into [N C*H*W], in the canonical order.
func (g *graph) flatten(i int, x value) (value, func(value)) {
	if len(x.dims) == 2 {
		return x, func(dy value) { g.give(i, 0, dy) }
	}
	h, w, c := x.dims[1], x.dims[2], x.dims[3]
	y := g.reshape(g.transpose(x, 0, 3, 1, 2), g.n, c*h*w)
	return y, func(dy value) { g.give(i, 0, g.transpose(g.reshape(dy, g.n, c, h, w), 0, 2, 3, 1)) }
}

// dropout keeps the elements that nn.DropKeep keeps, times 1 / (1 - p).
func (g *graph) dropout(i int, p float32, x value) (value, func(value)) {
	keep := g.keeps(i, p, x.typ)
	scale, zero := g.full(x.of(f32), 1/(1-p)), g.full(x.typ, 0)
	pass := func(v value) value { return g.pick(keep, g.to(v.elem, g.mul(g.to(f32, v), scale)), zero) }
	return pass(x), func(dy value) { g.give(i, 0, pass(dy)) }
}

// keeps is nn.DropKeep over all elements of t, counted in the canonical order [N C H W].
func (g *graph) keeps(layer int, p float32, t typ) value {
	const gamma = 0x9E3779B97F4A7C15
	n := t.elements()
	full := func(v uint64) value { return g.broadcast(g.word(v), []int{n}) }
	shift := func(z value, by uint64) value { return g.each("shift_right_logical", z, full(by)) }
	step := g.word((uint64(layer) + 1) * gamma)
	base := g.add(g.each("xor", g.seed, step), g.word(gamma))
	z := g.add(g.iota(typ{[]int{n}, u64}, 0), g.broadcast(base, []int{n}))
	z = g.mul(g.each("xor", z, shift(z, 30)), full(0xBF58476D1CE4E5B9))
	z = g.mul(g.each("xor", z, shift(z, 27)), full(0x94D049BB133111EB))
	z = g.each("xor", z, shift(z, 31))
	u := g.to(f32, shift(z, 40))
	keep := g.compare("GE", u, g.full(u.typ, p*(1<<24)))
	if len(t.dims) == 2 {
		return g.reshape(keep, t.dims...)
	}
	return g.transpose(g.reshape(keep, t.dims[0], t.dims[3], t.dims[1], t.dims[2]), 0, 2, 3, 1)
}
