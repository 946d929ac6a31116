package onednn

import (
	"math"
	"slices"

	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// mixture says which numbers of a program are bfloat16; the others are float32. nil: none are.
type mixture struct {
	values map[int]bool // by layer index, nn.Input for the sample; gradients go with them
	passes map[pass]way // convolutions
}

// way is how a convolution is computed in a direction. Each sums in float32.
type way int

const (
	inFloat32    way = iota // as in a network without bfloat16: takes and gives float32
	directBF16              // takes bfloat16, gives either
	winogradBF16            // takes and gives either, and multiplies bfloat16 (tiled)
	tapsBF16                // does so too (tapping)
	ways         = iota
)

// pass is a convolution in a direction.
type pass struct {
	layer     int
	direction string
}

// of returns the type of value v and of its gradient.
func (m *mixture) of(v int) dnnl.Type { return numbers(m != nil && m.values[v]) }

// way returns how a convolution is computed.
func (m *mixture) way(layer int, direction string) way {
	if m == nil {
		return inFloat32
	}
	return m.passes[pass{layer, direction}]
}

// mixer finds the fastest mixture for a network: the least sum of the times of
//
//  1. every convolution in each direction, in the fastest way,
//  2. casts, where a convolution takes or gives another type than its values have, each made once
//     for all that take it,
//  3. batch norms,
//
// over the types of the values. Values with neither convolution nor linear layer between them are
// a group of one type. What is not timed counts the same in both types, and bfloat16 wins a draw.
type mixer struct {
	lowered
	groups map[int]int  // of values, each named by its first value
	fixed  map[int]bool // groups that stay float32
	convs  []mixedConv
	norms  []mixedNorm
}

// mixedConv is what a convolution costs, in milliseconds.
type mixedConv struct {
	layer, in, out  int // in and out are groups
	passes          []mixedPass
	castIn, castOut float64 // of its input, of its output, and of their gradients
}

// mixedPass is one direction of a convolution.
type mixedPass struct {
	direction string
	ms        [ways]float64 // infinite where a way cannot be had
}

// mixedNorm is what a batch norm costs, forward and backward.
type mixedNorm struct {
	group         int
	float32, bf16 float64
}

// mix returns the mixture for the program of a batch of n samples.
func mix(t *tuner, net nn.Net, n int, training bool) (*mixture, error) {
	l, err := lower(net, n, training, true)
	if err != nil {
		return nil, err
	}
	m := mixer{lowered: l, groups: map[int]int{nn.Input: nn.Input}, fixed: map[int]bool{nn.Input: true}}
	for _, nd := range m.nodes {
		m.join(nd)
	}
	m.fixed[m.groups[net.Head()]] = true
	for _, nd := range m.nodes {
		if err := m.time(t, nd); err != nil {
			return nil, err
		}
	}
	return m.solve(), nil
}

// join puts the output of a node into a group of its own, or into that of its inputs.
func (m *mixer) join(nd node) {
	m.groups[nd.out] = nd.out
	switch m.net.Layers[nd.layer].Op.(type) {
	case nn.Conv2D, nn.Linear:
		return
	}
	for _, v := range nd.in {
		from, to := m.groups[nd.out], m.groups[v]
		for w, g := range m.groups {
			if g == from {
				m.groups[w] = to
			}
		}
		m.fixed[to] = m.fixed[to] || m.fixed[from]
	}
}

// time notes what a node costs.
func (m *mixer) time(t *tuner, nd node) error {
	switch op := m.net.Layers[nd.layer].Op.(type) {
	case nn.Conv2D:
		return m.timeConv(t, nd, op)
	case nn.BatchNorm:
		if len(m.shape(nd.layer)) < 3 || !m.training {
			return nil
		}
		ms, err := t.norm(m.n, m.shape(nd.layer), nd.relu)
		m.norms = append(m.norms, mixedNorm{m.groups[nd.out], ms[0], ms[1]})
		return err
	}
	return nil
}

func (m *mixer) timeConv(t *tuner, nd node, op nn.Conv2D) error {
	g := m.geometry(nd, op)
	c := mixedConv{layer: nd.layer, in: m.groups[nd.in[0]], out: m.groups[nd.out]}
	directions := []string{forward, backwardData, backwardWeights}
	switch {
	case !m.training:
		directions = []string{inference}
	case !m.needs[nd.in[0]]:
		directions = []string{forward, backwardWeights}
	}
	for _, d := range directions {
		ms, err := t.conv(d, g)
		if err != nil {
			return err
		}
		c.passes = append(c.passes, mixedPass{d, ms})
	}
	var err error
	if c.castIn, err = t.cast(m.n, g.in); err == nil {
		c.castOut, err = t.cast(m.n, g.out)
	}
	m.convs = append(m.convs, c)
	return err
}

// solve returns the fastest mixture.
func (m *mixer) solve() *mixture {
	var tables []costs
	for _, c := range m.convs {
		tables = append(tables, m.table(func(narrow map[int]bool) float64 {
			ms, _ := c.cost(narrow[c.in], narrow[c.out])
			return ms
		}, c.in, c.out))
	}
	for _, n := range m.norms {
		tables = append(tables, m.table(n.cost, n.group))
	}
	narrow := least(tables)
	x := &mixture{values: map[int]bool{}, passes: map[pass]way{}}
	for v, g := range m.groups {
		x.values[v] = narrow[g] || !m.fixed[g] && !m.timed(g)
	}
	for _, c := range m.convs {
		_, chosen := c.cost(narrow[c.in], narrow[c.out])
		for i, p := range c.passes {
			x.passes[pass{c.layer, p.direction}] = chosen[i]
		}
	}
	return x
}

// table is what f costs by the types of groups, of which those that are fixed have none.
func (m *mixer) table(f func(narrow map[int]bool) float64, groups ...int) costs {
	groups = slices.DeleteFunc(groups, func(g int) bool { return m.fixed[g] })
	slices.Sort(groups)
	return newCosts(slices.Compact(groups), f)
}

// timed reports whether a group has a cost.
func (m *mixer) timed(group int) bool {
	return slices.ContainsFunc(m.convs, func(c mixedConv) bool { return c.in == group || c.out == group }) ||
		slices.ContainsFunc(m.norms, func(n mixedNorm) bool { return n.group == group })
}

func (n mixedNorm) cost(narrow map[int]bool) float64 {
	if narrow[n.group] {
		return n.bf16
	}
	return n.float32
}

// cost returns the least time of a convolution whose input and output are bfloat16 or not, and the
// way of each of its passes then.
func (c mixedConv) cost(in, out bool) (best float64, chosen []way) {
	best = math.Inf(1)
	all := make([]way, len(c.passes))
	for n := range int(math.Pow(ways, float64(len(all)))) {
		for i := range all {
			all[i] = way(n % ways)
			n /= ways
		}
		if ms := c.sum(all, in, out); ms < best {
			best, chosen = ms, slices.Clone(all)
		}
	}
	return best, chosen
}

// sum is the time of the passes in the given ways, with their casts: of the input and of the
// output's gradient once for all that take them, of every result that is not as it should be.
func (c mixedConv) sum(all []way, in, out bool) float64 {
	ms := 0.0
	var castIn, castOut bool
	for i, p := range c.passes {
		w := all[i]
		ms += p.ms[w]
		if p.direction != backwardData {
			castIn = castIn || w.casts(in)
		}
		if p.direction == backwardData || p.direction == backwardWeights {
			castOut = castOut || w.casts(out)
		}
		switch {
		case w != inFloat32:
		case p.direction == backwardData && in:
			ms += c.castIn
		case p.direction != backwardWeights && p.direction != backwardData && out:
			ms += c.castOut
		}
	}
	if castIn {
		ms += c.castIn
	}
	if castOut {
		ms += c.castOut
	}
	return ms
}

// casts reports whether what is bfloat16 or not must be cast for this way.
func (w way) casts(bf16 bool) bool { return w == inFloat32 && bf16 || w == directBF16 && !bf16 }
