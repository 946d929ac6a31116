package onednn

import (
	"slices"

	"github.com/local-to-global/lgl/nn"
)

// node is one or more layers of a network that are computed together.
type node struct {
	layer int   // the layer that gives the operation and its parameters
	norm  int   // a batch norm folded into its weights, -1 for none
	add   int   // a residual addition to its result, -1 for none
	relu  bool  // ReLU follows at once
	in    []int // values it reads: layer indices, nn.Input for the sample; last what add adds
	out   int   // the value it makes: the index of the last layer it covers
}

// lowered is a network as programs for batches of n samples compute it.
type lowered struct {
	net      nn.Net
	n        int
	training bool
	nodes    []node
	shapes   [][]int      // of the layers' outputs, without the batch
	needs    map[int]bool // values that depend on a parameter, and so need a gradient
}

func lower(net nn.Net, n int, training, bf16 bool) (lowered, error) {
	shapes, err := net.Shapes()
	if err != nil {
		return lowered{}, err
	}
	l := lowered{net: net, n: n, training: training, nodes: fuse(net, training, bf16), shapes: shapes, needs: map[int]bool{}}
	for _, nd := range l.nodes {
		l.needs[nd.out] = l.depends(nd)
	}
	return l, nil
}

// depends reports whether a node's output depends on a parameter.
func (l lowered) depends(nd node) bool {
	switch l.net.Layers[nd.layer].Op.(type) {
	case nn.Linear, nn.Conv2D, nn.BatchNorm:
		return true
	}
	return slices.ContainsFunc(nd.in, func(v int) bool { return l.needs[v] })
}

func (l lowered) name(nd node) string { return l.net.Layers[nd.layer].Name }

// shape returns the shape of a value without the batch.
func (l lowered) shape(v int) []int {
	if v == nn.Input {
		return l.net.Input
	}
	return l.shapes[v]
}

// fuse returns the nodes of a network. Training: ReLU goes into the layer before it. Evaluation: also
// batch norm into the convolution or linear layer before it, a residual addition into the convolution before that, and
// dropout disappears. With bfloat16 additions stay apart: there the library's convolutions take longer for one than it
// takes alone.
func fuse(net nn.Net, training, bf16 bool) []node {
	f := fusion{net: net, training: training, sums: !training && !bf16, users: make([][]int, len(net.Layers)), covered: make([]bool, len(net.Layers)), same: map[int]int{}}
	for i := range net.Layers {
		for _, v := range net.InputsOf(i) {
			if v != nn.Input {
				f.users[v] = append(f.users[v], i)
			}
		}
	}
	var nodes []node
	for i, layer := range net.Layers {
		if drop, ok := layer.Op.(nn.Dropout); ok && (!training || drop.P == 0) {
			f.same[i] = f.resolve(net.InputsOf(i)[0])
			continue
		}
		if !f.covered[i] {
			nodes = append(nodes, f.node(i))
		}
	}
	return nodes
}

type fusion struct {
	net      nn.Net
	training bool
	sums     bool        // convolutions add
	users    [][]int     // layers that read each layer's output
	covered  []bool      // layers that a node before them computes
	same     map[int]int // values that are another value
}

func (f fusion) resolve(v int) int {
	if w, ok := f.same[v]; ok {
		return w
	}
	return v
}

func (f fusion) node(i int) node {
	n := node{layer: i, norm: -1, add: -1, out: i}
	for _, v := range f.net.InputsOf(i) {
		n.in = append(n.in, f.resolve(v))
	}
	switch f.net.Layers[i].Op.(type) {
	case nn.Conv2D, nn.Linear:
		if j, ok := follows[nn.BatchNorm](f, n.out); ok && !f.training {
			n.norm, n.out, f.covered[j] = j, j, true
		}
		if other, j, ok := f.addend(i, n.out); ok && f.sums {
			n.in, n.add, n.out, f.covered[j] = append(n.in, other), j, j, true
		}
	case nn.BatchNorm, nn.Add:
	default:
		return n
	}
	if j, ok := follows[nn.ReLU](f, n.out); ok {
		n.relu, n.out, f.covered[j] = true, j, true
	}
	return n
}

// addend returns what is added to value v of convolution i, and the layer that adds it, if the sum can take its place: it
// is there before, and nobody reads it afterwards.
func (f fusion) addend(i, v int) (other, add int, ok bool) {
	add, ok = follows[nn.Add](f, v)
	if _, conv := f.net.Layers[i].Op.(nn.Conv2D); !ok || !conv {
		return 0, 0, false
	}
	in := f.net.InputsOf(add)
	if other = in[0]; other == v {
		other = in[1]
	}
	if other == nn.Input || other >= i || f.resolve(other) != other || other == f.net.Head() {
		return 0, 0, false
	}
	return other, add, !slices.ContainsFunc(f.users[other], func(u int) bool { return u != add && f.reads(u, i) })
}

// reads reports whether layer u, or one that sees the same bytes, may read its input when layer i is computed, or later.
func (f fusion) reads(u, i int) bool {
	switch f.net.Layers[u].Op.(type) {
	case nn.Flatten, nn.Dropout:
		return true
	}
	return u >= i
}

// follows returns the only user of value v if it is a T.
func follows[T nn.Op](f fusion, v int) (int, bool) {
	if len(f.users[v]) != 1 {
		return 0, false
	}
	j := f.users[v][0]
	_, ok := f.net.Layers[j].Op.(T)
	return j, ok
}
