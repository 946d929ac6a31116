package paper

import (
	"fmt"

	"github.com/local-to-global/lgl/config"
)

// protocols is what the paper leaves open: LGL at the compute of its baseline, what its effect comes
// from, and what mends it.
func protocols() Experiment {
	return Experiment{
		Name: "protocols", Short: "Compare LGL at equal compute, with its controls and its variants",
		Long: `What the paper leaves open, in one table. Beside LGL with three stages stands a baseline
of as many epochs as a stage has (protocol paper), and one of as many samples, in one
schedule or with LGL's restarts (equal-samples). The rows with a budget see no more
samples than one baseline (equal-budget), most of them in the last stage. Controls tell
what an effect comes from: the restarts, the redrawn head rows, the smaller data, or
their being classes. Variants change one rule each: the number of stages, the split, the
choice of classes, the head, the weights that a stage starts from. One row repeats the
faults of the authors' script, and hands on the epoch that was best on the test set.`,
	}.ofMethods("Protocols", Setup.protocolMethods)
}

// budgetStages and budgetLast are the split of the budget that the variants share.
const (
	budgetStages = 5
	budgetLast   = 0.8
)

// budget is a method on the samples of one baseline, of which the last stage gets a share unless it
// is 0.
func budget(m method, last float64) method {
	name := m.name + "-budget"
	if last > 0 {
		name += fmt.Sprintf("-last%.0f", 100*last)
	}
	return method{name, func(c *config.Config) {
		m.set(c)
		c.Budget, c.LastShare = 1, last
	}}
}

// protocolMethods are the rows of the table.
func (s Setup) protocolMethods() []method {
	k := len(s.Data.Classes)
	three, m := min(3, k), min(budgetStages, k)
	authors := variant("authors", three, func(c *config.Config) { c.Compat = "authors"; *c = c.Replayed(func(string) bool { return false }) })
	methods := []method{baseline, equal(three), control("restarts-only", three), lgl("random", three), authors}
	for _, stages := range []int{2, 3, 10} {
		if stages < m || stages > m && stages <= k {
			methods = append(methods, budget(lgl("random", stages), budgetLast))
		}
	}
	methods = append(methods, budget(lgl("random", m), 0))
	if m > 2 {
		methods = append(methods, budget(lgl("random", 2), 0))
	}
	for _, v := range []method{
		lgl("random", m), lgl("dissimilar", m), lgl("similar", m),
		control("restarts-only", m), control("reinit-only", m), control("random-subset", m), control("no-restart", m),
		variant("masked", m, func(c *config.Config) { c.Head = "masked" }),
		variant("no-reinit", m, func(c *config.Config) { c.Reinit = "none" }),
		variant("momentum", m, func(c *config.Config) { c.KeepMomentum = true }),
		variant("span", m, func(c *config.Config) { c.Select = "hierarchy" }),
		variant("branch", m, func(c *config.Config) { c.Select, c.HierarchyOrder = "hierarchy", "branch" }),
		variant("shrink", 2, func(c *config.Config) { c.Warm = "shrink-perturb" }),
		variant("shrink7", m, func(c *config.Config) { c.Warm, c.Shrink, c.Noise = "shrink-perturb", .7, .05 }),
	} {
		if m > 2 || v.name != "lgl-r-2-shrink" { // of two stages shrink7 is the same
			methods = append(methods, budget(v, budgetLast))
		}
	}
	return methods
}
