package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/internal/plural"
)

// Adopt replaces the tensors of s, which fits the network, by copies of those of the same name in
// from, weights that were trained elsewhere, as far as Adopts says that they are taken.
func (n Net) Adopt(s, from State) error {
	classes, err := n.Adopts(from)
	if err != nil {
		return err
	}
	for _, p := range n.Params() {
		if classes == 0 || p.Layer != n.Head() {
			copy(s[p.Name].Data, from[p.Name].Data)
		}
	}
	return nil
}

// NoHead stands for the number of classes of weights that end below the head.
const NoHead = -1

// Adopts reports whether a valid network can take all weights in from: none that it lacks, none beside
// its own, each of its shape. Only a head of another number of classes, or that there is none, is let pass;
// it is not taken then. classes is that number, or NoHead, else 0.
func (n Net) Adopts(from State) (classes int, err error) {
	if body := n.body(); n.sameNames(body, from) == nil {
		return NoHead, n.allFit(body, from, n.Classes)
	}
	params := n.Params()
	if err := n.sameNames(params, from); err != nil {
		return 0, err
	}
	rows := n.Classes // of the head in from
	for _, p := range params {
		if shape := from[p.Name].Shape; p.Layer == n.Head() && p.Role == Weight && len(shape) == 2 && shape[0] > 0 {
			rows = shape[0]
		}
	}
	if err := n.allFit(params, from, rows); err != nil || rows == n.Classes {
		return 0, err
	}
	return rows, nil
}

// Named reports whether the tensors in from have the names of the network's, all or those below the head, whatever their shapes.
func (n Net) Named(from State) bool {
	return n.sameNames(n.Params(), from) == nil || n.sameNames(n.body(), from) == nil
}

// body are the parameters below the head.
func (n Net) body() []Param {
	return slices.DeleteFunc(n.Params(), func(p Param) bool { return p.Layer == n.Head() })
}

// allFit reports the first tensor of from that is not of the shape of its parameter, or holds what that cannot be. The
// head has so many rows.
func (n Net) allFit(params []Param, from State, rows int) error {
	for _, p := range params {
		want := p.Shape
		if p.Layer == n.Head() {
			want = append([]int{rows}, p.Shape[1:]...)
		}
		if err := fits(p.Name, from[p.Name], want); err != nil {
			return fmt.Errorf("network %s: %w", n.Name, err)
		}
		if p.Role != RunningVar {
			continue
		}
		if least := slices.Min(from[p.Name].Data); least < 0 {
			return fmt.Errorf("network %s: tensor %s holds a variance of %v; want none below 0", n.Name, p.Name, least)
		}
	}
	return nil
}

// sameNames reports tensors that from lacks or has beside the network's.
func (n Net) sameNames(params []Param, from State) error {
	want := map[string]bool{}
	var missing, extra []string
	for _, p := range params {
		want[p.Name] = true
		if _, ok := from[p.Name]; !ok {
			missing = append(missing, p.Name)
		}
	}
	for _, name := range from.Names() {
		if !want[name] {
			extra = append(extra, name)
		}
	}
	var faults []string
	for _, f := range []struct {
		what  string
		names []string
	}{{"lack", missing}, {"have beside its own", extra}} {
		if k := len(f.names); k > 0 {
			faults = append(faults, fmt.Sprintf("%s %s", f.what, plural.List(f.names, 5)))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("network %s: the weights %s", n.Name, strings.Join(faults, ", and "))
	}
	return nil
}
