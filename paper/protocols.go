package paper

import (
	"context"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/report"
)

// protocols is what the paper leaves open: LGL at the compute of its baseline, what its effect comes
// from, and what mends it.
func protocols() Experiment {
	return Experiment{
		Name: "protocols", Short: "Compare LGL at equal compute, with its controls and its variants",
		Long: `What the paper leaves open, in one table. Under each protocol a baseline stands beside
LGL with three stages: of as many epochs as a stage has (paper); of as many samples, in one
schedule or with LGL's restarts (equal-samples); and LGL on no more samples than one
baseline sees (equal-budget). Controls tell what an effect comes from: the restarts, the
redrawn head rows, the smaller data, or their being classes. Variants change one rule
each: the head, the choice of classes, the split of the budget, the weights that a stage
starts from. The last row repeats the faults of the authors' script, and hands on the
epoch that was best on the test set.`,
		Data: images,
		Suite: func(s Setup) Suite {
			return Suite{Title: s.heading("Protocols"), Cells: s.cells(s.base(), s.protocolMethods())}
		},
		Result: func(_ context.Context, s Setup, runs []report.Run, _ Prober) (Result, error) {
			return s.methodResult("Protocols", runs), nil
		},
	}
}

// variant is LGL(r, m) with other settings.
func variant(name string, m int, set func(*config.Config)) method {
	plain := lgl("random", m)
	return method{plain.name + "-" + name, func(c *config.Config) { plain.set(c); set(c) }}
}

// control is a control of LGL(r, m).
func control(name string, m int) method {
	return method{name, func(c *config.Config) { c.Method, c.Stages = name, m }}
}

// budget is LGL(r, m) on the samples of one baseline, of which the last stage gets a share unless
// it is 0.
func budget(m int, last float64, set func(*config.Config)) func(*config.Config) {
	return func(c *config.Config) {
		c.Budget, c.LastShare = 1, last
		set(c)
	}
}

// protocolMethods are the rows of the table.
func (s Setup) protocolMethods() []method {
	m := min(3, len(s.Data.Classes))
	keep := func(*config.Config) {}
	shrink := func(c *config.Config) { c.Warm = "shrink-perturb" }
	return []method{
		baseline, equal(m), control("restarts-only", m),
		lgl("random", m),
		control("reinit-only", m), control("random-subset", m), control("no-restart", m),
		variant("masked", m, func(c *config.Config) { c.Head = "masked" }),
		variant("no-reinit", m, func(c *config.Config) { c.Reinit = "none" }),
		variant("momentum", m, func(c *config.Config) { c.KeepMomentum = true }),
		variant("span", m, func(c *config.Config) { c.Select = "hierarchy" }),
		variant("branch", m, func(c *config.Config) { c.Select, c.HierarchyOrder = "hierarchy", "branch" }),
		variant("shrink", m, shrink),
		variant("budget", m, budget(m, 0, keep)),
		variant("budget-last", m, budget(m, .8, keep)),
		variant("budget-last-shrink", m, budget(m, .8, shrink)),
		variant("budget-last", 2, budget(2, .8, keep)),
		variant("budget-last-shrink", 2, budget(2, .8, shrink)),
		variant("authors", m, func(c *config.Config) { c.Compat = "authors"; *c = c.Replayed() }),
	}
}
