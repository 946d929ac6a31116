package config

import (
	"fmt"
	"slices"
	"strings"
)

// paths are the settings whose words may also be the path of a file.
var paths = map[string]bool{"select": true, "hierarchy": true}

// TakesPath reports whether the setting named key may be a path besides its Words.
func TakesPath(key string) bool { return paths[key] }

// isPath tells a path from a word: it has a . or a / in it.
func isPath(s string) bool { return strings.ContainsAny(s, "./") }

// SelectFile returns the path of the file with the order of the classes, "" for none.
func (c Config) SelectFile() string {
	if isPath(c.Select) {
		return c.Select
	}
	return ""
}

// HierarchyFile returns the path of the file with the hierarchy that the choice of classes goes
// by, "" for none.
func (c Config) HierarchyFile() string {
	if c.Select == "hierarchy" && isPath(c.Hierarchy) {
		return c.Hierarchy
	}
	return ""
}

// Control reports whether the method is a control of LGL.
func (c Config) Control() bool {
	return slices.Contains([]string{"restarts-only", "reinit-only", "random-subset", "no-restart"}, c.Method)
}

// checkVariants holds the settings of LGL's variants that make sense only with others. A baseline
// passes over LGL's settings, so that one file may serve all methods.
func (c Config) checkVariants() error {
	usual := Default()
	for _, is := range []struct {
		wrong bool
		text  string
	}{
		{c.Control() && c.Until == "converged", fmt.Sprintf("--method %s with --until converged: it sees as many samples as lgl, which are not known beforehand then; use --until epochs", c.Method)},
		{c.Method == "reinit-only" && c.Reinit == "none", "--method reinit-only with --reinit none: nothing is left to draw anew; use --reinit untrained or all"},
		{c.Budget > 0 && c.Until == "converged", fmt.Sprintf("--budget %v with --until converged: a stage ends with its share of the budget; use --until epochs", c.Budget)},
		{c.LastShare > 0 && c.Budget == 0, fmt.Sprintf("--last-share %v is a share of --budget, which is 0; add, say, --budget 1", c.LastShare)},
		{c.LastShare > 0 && c.Stages == 1, fmt.Sprintf("--last-share %v with --stages 1: the only stage has all samples; use more stages", c.LastShare)},
		{c.Shrink != usual.Shrink && c.Warm != "shrink-perturb", fmt.Sprintf("--shrink %v is of --warm shrink-perturb; --warm is %s", c.Shrink, c.Warm)},
		{c.Noise != usual.Noise && c.Warm != "shrink-perturb", fmt.Sprintf("--noise %v is of --warm shrink-perturb; --warm is %s", c.Noise, c.Warm)},
		{c.RedrawLayers != usual.RedrawLayers && c.Warm != "redraw", fmt.Sprintf("--redraw-layers %d is of --warm redraw; --warm is %s", c.RedrawLayers, c.Warm)},
		{c.Hierarchy != usual.Hierarchy && c.Select != "hierarchy", fmt.Sprintf("--hierarchy %s is of --select hierarchy; --select is %s", c.Hierarchy, c.Select)},
		{c.HierarchyOrder != usual.HierarchyOrder && c.Select != "hierarchy", fmt.Sprintf("--hierarchy-order %s is of --select hierarchy; --select is %s", c.HierarchyOrder, c.Select)},
	} {
		if is.wrong {
			return fmt.Errorf("%s", is.text)
		}
	}
	return nil
}
