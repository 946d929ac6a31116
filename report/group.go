package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/local-to-global/lgl/record"
)

// placeKeys are the settings that say where data lie.
var placeKeys = []string{"data", "labels", "old-data"}

// group is the runs of one method and one set of settings.
type group struct {
	label    string            // unique in a report
	method   string            // as in RunStarted
	settings map[string]string // those that matter to the method
	runs     []Run             // one a seed and a network that is extended, in the order given
	index    map[string]int    // in runs, by Sample
	passed   []Run             // those for which another run of the same sample stands
}

// groups sorts runs into groups: baselines first, then in the order given.
func groups(runs []Run) []*group {
	var all []*group
	byKey := map[string]*group{}
	for _, r := range runs {
		settings := settingsOf(r)
		key := fmt.Sprint(r.Started.Label, settings) // fmt prints maps in the order of their keys
		g := byKey[key]
		if g == nil {
			g = &group{label: r.Started.Label, method: r.Started.Method, settings: settings, index: map[string]int{}}
			byKey[key] = g
			all = append(all, g)
		}
		g.add(r)
	}
	slices.SortStableFunc(all, func(a, b *group) int { return rank(a.method) - rank(b.method) })
	nameData(all)
	distinguish(all)
	return all
}

// nameData puts the data set before the labels, where there are several.
func nameData(all []*group) {
	if !onSeveral(all) {
		return
	}
	for _, g := range all {
		g.label = g.data() + ": " + g.label
	}
}

// onSeveral tells whether groups are on data sets of more than one name.
func onSeveral(all []*group) bool {
	return slices.ContainsFunc(all, func(g *group) bool { return g.data() != all[0].data() })
}

// data is the name of the data set of g.
func (g *group) data() string { return g.runs[0].Started.Data.Name }

// rank puts the baselines first.
func rank(method string) int {
	if i := slices.Index([]string{"baseline", "baseline-equal"}, method); i >= 0 {
		return i
	}
	return 2
}

// add puts r beside the runs of other seeds. Of two that are the same sample one that came to its
// end counts before one that did not, and the later one before the earlier.
func (g *group) add(r Run) {
	sample := Sample(r.Started)
	i, there := g.index[sample]
	if !there {
		g.index[sample], g.runs = len(g.runs), append(g.runs, r)
		return
	}
	old := g.runs[i]
	oldDone, newDone := old.Status() == "done", r.Status() == "done"
	if newDone && !oldDone || newDone == oldDone && !r.Began.Before(old.Began) {
		g.runs[i], r = r, old
	}
	g.passed = append(g.passed, r)
}

// done returns the runs that came to their planned end.
func (g *group) done() []Run {
	return slices.DeleteFunc(slices.Clone(g.runs), func(r Run) bool { return r.Status() != "done" })
}

// bestTest tells whether stages hand on the weights that were best on the test set.
func (g *group) bestTest() bool { return g.settings["carry"] == "best-test" }

// settingsOf returns the settings that matter to the method of r, as text.
func settingsOf(r Run) map[string]string {
	out := map[string]string{}
	for _, settings := range []map[string]any{Unsaid, r.Started.Config} {
		for k, v := range settings {
			out[k] = record.SettingText(v)
		}
	}
	for _, s := range scopes {
		if !s.in(r.Started) {
			drop(out, s.keys)
		}
	}
	if d := r.Started.Data; d.SHA256 != "" { // by which, and the folder's name, they are known wherever that lies
		drop(out, placeKeys)
		out["data"], out["pictures"] = d.Name, fmt.Sprintf("%.12s", d.SHA256)
	}
	if x := r.Started.Extends; x != nil && x.Label != "" {
		out["extends"] = x.Label // a network that was trained otherwise makes another method
	}
	if r.Started.Method == "baseline" && out["budget"] == "0" {
		out["budget"] = "1" // the same, to the bit
	}
	return out
}

// drop deletes keys from m.
func drop(m map[string]string, keys []string) {
	for _, k := range keys {
		delete(m, k)
	}
}

// shared returns the settings that two methods must share to stand beside each other.
func (g *group) shared() map[string]string {
	out := maps.Clone(g.settings)
	for _, s := range scopes {
		if s.beside {
			drop(out, s.keys)
		}
	}
	drop(out, []string{"method", "budget", "extends"})
	return out
}

// budget is how many baselines' samples g trains on, where that is fixed; "0" where it is not.
func (g *group) budget() string { return cmp.Or(g.settings["budget"], "0") }

// beside finds the group of the given baseline that g is to be compared with, nil for none. For
// "baseline-equal", that is the baseline that sees as many samples as g: under a budget the
// baseline of that budget, which for a budget of one is the baseline itself.
func (g *group) beside(all []*group, method string) *group {
	for _, b := range all {
		if maps.Equal(b.shared(), g.shared()) && b.standsAs(method, g) {
			return b
		}
	}
	return nil
}

// standsAs tells whether b is the baseline of the given kind for g. One on some of the classes alone is none,
// also not for itself.
func (b *group) standsAs(method string, g *group) bool {
	switch {
	case method == "baseline":
		return b.method == method && b.budget() == "1" && b.settings["only-classes"] == ""
	case g.budget() != "0":
		return b.method == "baseline" && b.budget() == g.budget()
	}
	for _, k := range sizeKeys {
		if b.settings[k] != g.settings[k] {
			return false
		}
	}
	return b.method == method
}

// distinguish adds to equal labels the settings in which their groups differ.
func distinguish(all []*group) {
	byLabel := map[string][]*group{}
	for _, g := range all {
		byLabel[g.label] = append(byLabel[g.label], g)
	}
	for _, same := range byLabel {
		var settings []map[string]string
		for _, g := range same {
			settings = append(settings, g.settings)
		}
		differ := Differing(settings)
		for _, g := range same {
			for _, k := range differ {
				g.label += fmt.Sprintf(" %s=%s", k, g.settings[k])
			}
		}
	}
}

// Differing returns the names of the settings that are not the same in all, sorted.
func Differing(all []map[string]string) []string {
	keys := map[string]bool{}
	for _, s := range all {
		for k := range union(all[0], s) {
			if all[0][k] != s[k] {
				keys[k] = true
			}
		}
	}
	return sortedKeys(keys)
}

// sortedKeys returns the keys of m in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// union returns a map with the keys of both.
func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
