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

// Adopts reports whether a valid network can take all weights in from: none that it lacks, none beside
// its own, each of its shape. Only a head of another number of classes is let pass, and not taken;
// classes is that number, else 0.
func (n Net) Adopts(from State) (classes int, err error) {
	params := n.Params()
	if err := n.sameNames(params, from); err != nil {
		return 0, err
	}
	rows := n.Classes // of the head in from
	for _, p := range params {
		want := p.Shape
		if t := from[p.Name]; p.Layer == n.Head() {
			if p.Role == Weight && len(t.Shape) == 2 && t.Shape[0] > 0 {
				rows = t.Shape[0]
			}
			want = append([]int{rows}, p.Shape[1:]...)
		}
		if err := fits(p.Name, from[p.Name], want); err != nil {
			return 0, fmt.Errorf("network %s: %w", n.Name, err)
		}
		if p.Role != RunningVar {
			continue
		}
		if least := slices.Min(from[p.Name].Data); least < 0 {
			return 0, fmt.Errorf("network %s: tensor %s holds a variance of %v; want none below 0", n.Name, p.Name, least)
		}
	}
	if rows == n.Classes {
		return 0, nil
	}
	return rows, nil
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
