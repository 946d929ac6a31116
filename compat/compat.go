// Package compat replays the faults of the published script under --compat authors, so that one
// can see what of the published gain rests on them. Three are settings (config.Config.Replayed):
// the growing head, weights chosen by test accuracy, momentum that is kept. Of the others
//
//  1. its optimiser is built before the head is replaced, so the head is never trained: here a
//     FrozenHead holds it;
//  2. it numbers the labels anew at every stage, in sorted order, and copies the first rows of the
//     head: here FrozenHead.Place gives the class that is p-th of the sorted active ones row p of
//     the first head;
//  3. it trains one epoch less than it is told, the first at the rate of the second: packages plan
//     and train see to that.
//
// Not replayed: it measures mean and deviation of the pixels anew for the classes of every stage.
// Here samples are normalised once, before a run begins.
package compat

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/nn"
)

// FrozenHead keeps the head of a network as it is, through the Reduce of engine.Options: it
// replaces the gradient g of the head by -WeightDecay w, so that the step of SGD, g + WeightDecay
// w, is zero to the bit.
type FrozenHead struct {
	decay  float32
	from   int         // place of the head's first gradient among all
	params []nn.Param  // of the head, trainable
	first  [][]float32 // their values in the initial weights
	held   []float32   // the head as it is now, in the order of the gradients
}

// NewFrozenHead returns a FrozenHead for models of net, to be trained with the weight decay.
func NewFrozenHead(net nn.Net, weightDecay float64) *FrozenHead {
	f := &FrozenHead{decay: float32(weightDecay)}
	for _, p := range net.Params() {
		switch {
		case p.Layer == net.Head():
			f.params = append(f.params, p)
		case p.Trainable():
			f.from += p.Len()
		}
	}
	return f
}

// Reduce is for engine.Options.
func (f *FrozenHead) Reduce(grad []float32) error {
	g := grad[f.from:]
	if len(g) != len(f.held) {
		return fmt.Errorf("%d gradients of a head of %d values", len(g), len(f.held))
	}
	for i, w := range f.held {
		g[i] = -float32(f.decay * w)
	}
	return nil
}

// Place gives every class its row of the first head, which is that of s at first: the active
// classes come first, in sorted order, then the others. It holds what it has placed.
func (f *FrozenHead) Place(s nn.State, active []bool) {
	if f.first == nil {
		for _, p := range f.params {
			f.first = append(f.first, slices.Clone(s[p.Name].Data))
		}
	}
	f.held = f.held[:0]
	for i, p := range f.params {
		width := p.Len() / len(active)
		for to, from := range sortedPlaces(active) {
			copy(s[p.Name].Data[to*width:(to+1)*width], f.first[i][from*width:])
		}
		f.held = append(f.held, s[p.Name].Data...)
	}
}

// First returns the head of the initial weights, by parameter; nil before Place.
func (f *FrozenHead) First() nn.State {
	if f.first == nil {
		return nil
	}
	s := nn.State{}
	for i, p := range f.params {
		s[p.Name] = nn.Tensor{Shape: slices.Clone(p.Shape), Data: f.first[i]}
	}
	return s
}

// Restore takes f to where another one was: first is what its First returned, now the weights that
// it held.
func (f *FrozenHead) Restore(first, now nn.State) {
	f.first, f.held = nil, nil
	for _, p := range f.params {
		if first != nil {
			f.first = append(f.first, first[p.Name].Data)
		}
		f.held = append(f.held, now[p.Name].Data...)
	}
}

// sortedPlaces returns the place of every class when the active ones are numbered before the
// others, each in sorted order.
func sortedPlaces(active []bool) []int {
	places, next := make([]int, len(active)), 0
	for _, now := range []bool{true, false} {
		for k, is := range active {
			if is == now {
				places[k] = next
				next++
			}
		}
	}
	return places
}

// Check reports a head that a FrozenHead did not hold.
func (f *FrozenHead) Check(s nn.State) error {
	rest := f.held
	for _, p := range f.params {
		n := p.Len()
		if !slices.Equal(s[p.Name].Data, rest[:n]) {
			return fmt.Errorf("parameter %s moved, though --compat authors holds it: the engine does not call Reduce as it should", p.Name)
		}
		rest = rest[n:]
	}
	return nil
}
