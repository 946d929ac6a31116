package paper

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/config"
)

// method is a row of a table: its name in the names of cells, and the settings that make it.
type method struct {
	name string
	set  func(*config.Config)
}

// baseline is plain training.
var baseline = method{"baseline", func(c *config.Config) { c.Method = "baseline" }}

// equal is plain training on as many samples as LGL with m stages sees.
func equal(m int) method {
	return method{fmt.Sprintf("baseline-equal-%d", m), func(c *config.Config) { c.Method, c.Stages = "baseline-equal", m }}
}

// lgl is LGL(x, m), its strategy x given by its name.
func lgl(strategy string, m int) method {
	return method{fmt.Sprintf("lgl-%s-%d", strategy[:1], m), func(c *config.Config) {
		c.Method, c.Select, c.Stages = "lgl", strategy, m
	}}
}

// variant is LGL(r, m) with other settings.
func variant(name string, m int, set func(*config.Config)) method {
	plain := lgl("random", m)
	return method{plain.name + "-" + name, func(c *config.Config) { plain.set(c); set(c) }}
}

// control is a control of LGL(r, m).
func control(name string, m int) method {
	return method{fmt.Sprintf("%s-%d", name, m), func(c *config.Config) { c.Method, c.Stages = name, m }}
}

// selfPaced are the methods of section 3, at their default pace.
var selfPaced = []method{
	{"spl", func(c *config.Config) { c.Method = "spl" }},
	{"spl-inv", func(c *config.Config) { c.Method = "spl-inv" }},
	{"spld", func(c *config.Config) { c.Method = "spld" }},
}

// cells are the runs of methods, seed by seed, so that what is finished early can be compared.
func (s Setup) cells(base config.Config, methods []method) []Cell {
	var cells []Cell
	for seed := range s.Seeds {
		for _, m := range methods {
			c := base
			m.set(&c)
			c.Seed = uint64(seed) + 1
			cells = append(cells, Cell{fmt.Sprintf("%s-s%d", m.name, c.Seed), c})
		}
	}
	return cells
}

// stagesUpTo returns 2, 3 ... up to most, as far as there are classes.
func (d Data) stagesUpTo(most int) (stages []int) {
	for m := 2; m <= min(most, len(d.Classes)); m++ {
		stages = append(stages, m)
	}
	return slices.Clip(stages)
}
