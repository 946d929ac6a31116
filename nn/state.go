package nn

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Role says what a parameter is to its layer.
type Role int

// The roles. RunningMean and RunningVar are statistics: saved, but not trained.
const (
	Weight Role = iota
	Bias
	Scale
	Shift
	RunningMean
	RunningVar
)

// Param is one named tensor of a Net.
type Param struct {
	Name   string // layer name + "." + Suffix: "features.0.weight", PyTorch's state_dict key
	Suffix string
	Role   Role
	Layer  int   // index of its layer
	Shape  []int // Linear weight [Out F], Conv2D weight [O I kH kW], all else [Out] or [C]
	FanIn  int   // inputs to one output; 0 for batch norm
	FanOut int
}

// Trainable reports whether the optimiser moves the parameter.
func (p Param) Trainable() bool { return p.Role != RunningMean && p.Role != RunningVar }

// Len returns the number of elements.
func (p Param) Len() int { return Size(p.Shape) }

// Params returns every parameter and running statistic of a valid network, in layer order.
func (n Net) Params() []Param {
	shapes, err := n.Shapes()
	if err != nil {
		return nil
	}
	var all []Param
	for i, l := range n.Layers {
		in, err := n.inputShapes(i, shapes)
		if err != nil {
			return nil
		}
		for _, p := range l.Op.params(in[0]) {
			p.Layer, p.Name = i, l.Name+"."+p.Suffix
			all = append(all, p)
		}
	}
	return all
}

// Tensor is a dense float32 array in row-major order; convolution weights are OIHW.
type Tensor struct {
	Shape []int
	Data  []float32
}

// State holds the tensors of a network by name: weights and running statistics under their
// Param.Name, and the optimiser's momentum buffers under MomentumPrefix + Param.Name. Layouts
// that an engine prefers stay inside it; a State is the same for all.
type State map[string]Tensor

// MomentumPrefix precedes a parameter's name to name its momentum buffer.
const MomentumPrefix = "momentum."

// Names returns the tensors' names, sorted.
func (s State) Names() []string { return slices.Sorted(maps.Keys(s)) }

// Clone returns a deep copy.
func (s State) Clone() State {
	c := make(State, len(s))
	for name, t := range s {
		c[name] = Tensor{slices.Clone(t.Shape), slices.Clone(t.Data)}
	}
	return c
}

// Weights returns the tensors that are not the optimiser's, without copying them.
func (s State) Weights() State {
	return maps.Collect(func(yield func(string, Tensor) bool) {
		for name, t := range s {
			if !strings.HasPrefix(name, MomentumPrefix) && !yield(name, t) {
				return
			}
		}
	})
}

// ClearMomentum removes the momentum buffers; an engine that loads the State starts them at zero.
func (s State) ClearMomentum() {
	maps.DeleteFunc(s, func(name string, _ Tensor) bool { return strings.HasPrefix(name, MomentumPrefix) })
}

// NotFinite returns the name of the first tensor with a value that is NaN or infinite, or "".
func (s State) NotFinite() string {
	for _, name := range s.Names() {
		for _, v := range s[name].Data {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return name
			}
		}
	}
	return ""
}

// Check reports the first tensor of s that does not fit the network: missing, unknown, or of
// another shape. Momentum buffers may be absent.
func (n Net) Check(s State) error {
	want := map[string][]int{}
	for _, p := range n.Params() {
		t, ok := s[p.Name]
		if !ok {
			return fmt.Errorf("network %s: tensor %s is missing", n.Name, p.Name)
		}
		if err := fits(p.Name, t, p.Shape); err != nil {
			return fmt.Errorf("network %s: %w", n.Name, err)
		}
		want[p.Name] = p.Shape
		if p.Trainable() {
			want[MomentumPrefix+p.Name] = p.Shape
		}
	}
	for _, name := range s.Names() {
		shape, ok := want[name]
		if !ok {
			return fmt.Errorf("network %s: has no tensor %s", n.Name, name)
		}
		if err := fits(name, s[name], shape); err != nil {
			return fmt.Errorf("network %s: %w", n.Name, err)
		}
	}
	return nil
}

// fits reports a tensor whose shape is not the one wanted.
func fits(name string, t Tensor, shape []int) error {
	if !slices.Equal(t.Shape, shape) || len(t.Data) != Size(shape) {
		return fmt.Errorf("tensor %s has shape %v and %d values; want %v", name, t.Shape, len(t.Data), shape)
	}
	return nil
}
