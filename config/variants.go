package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// paths are the settings whose words may also be the path of a file.
var paths = map[string]bool{"select": true, "hierarchy": true, "init": true}

// TakesPath reports whether the setting named key may be a path besides its Words.
func TakesPath(key string) bool { return paths[key] }

// isPath tells a path from a word: it has a . or a / in it.
func isPath(s string) bool { return strings.ContainsAny(s, "./") }

// Paths returns the settings of c that are the paths of a file or a run, to be read or set. Data and OldData are not
// among them: they may be names.
func (c *Config) Paths() (all []*string) {
	for _, p := range []*string{&c.Labels, &c.Extend, &c.PaceRun, &c.XLAPlugin} {
		if *p != "" {
			all = append(all, p)
		}
	}
	for _, p := range []*string{&c.Init, &c.Select, &c.Hierarchy} {
		if isPath(*p) {
			all = append(all, p)
		}
	}
	return all
}

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

// InitFile returns the path of the file with the initial weights, "" if they are drawn.
func (c Config) InitFile() string {
	if isPath(c.Init) {
		return c.Init
	}
	return ""
}

// Scheme returns the initialiser of what is drawn: with a file of initial weights, rows and layers that
// are drawn anew later, by PyTorch's.
func (c Config) Scheme() string {
	if isPath(c.Init) {
		return Paper().Init
	}
	return c.Init
}

// Control reports whether the method is a control of LGL.
func (c Config) Control() bool {
	return slices.Contains([]string{"restarts-only", "reinit-only", "random-subset", "no-restart"}, c.Method)
}

// Chooses reports whether the method chooses by Select which classes enter: the others train on all of them, in
// stages of the sizes that random choice gives.
func (c Config) Chooses() bool { return c.Method == "lgl" || c.Method == "no-restart" }

// inStages reports a method that trains on ever more classes, or is a control of one: the others pass over
// what is of stages.
func (c Config) inStages() bool { return c.Method == "lgl" || c.Control() }

// Warms reports whether the method has stages between which --warm changes the weights; a network that is extended counts as
// the stage before the first.
func (c Config) Warms() bool {
	return c.inStages() && (c.Stages != 1 || c.Extends()) && !c.Authors()
}

// Distils reports whether the stage before has a share in the targets; a method without stages passes
// over the setting.
func (c Config) Distils() bool { return c.Distill > 0 && c.inStages() }

// checkVariants holds the settings of LGL's variants that make sense only with others. A baseline
// passes over LGL's settings, so that one file may serve all methods.
func (c Config) checkVariants() error {
	usual := Paper()
	return firstOf([]fault{
		{c.Control() && c.Until == "converged", fmt.Sprintf("--method %s with --until converged: it sees as many samples as lgl, which are not known beforehand then; use --until epochs", c.Method)},
		{c.Method == "reinit-only" && c.Reinit == "none", "--method reinit-only with --reinit none: nothing is left to draw anew; use --reinit untrained or all"},
		{c.SelfPaced() && c.Budget > 0, fmt.Sprintf("--budget %v with --method %s: its epochs and pace fix its samples; use --budget 0", c.Budget, c.Method)},
		{c.Budget > 0 && c.Until == "converged", fmt.Sprintf("--budget %v with --until converged: a stage ends with its share of the budget; use --until epochs", c.Budget)},
		{c.inStages() && c.LastShare > 0 && c.Budget == 0, fmt.Sprintf("--last-share %v is a share of --budget, which is 0; add, say, --budget 1", c.LastShare)},
		{c.inStages() && c.LastShare > 0 && c.Stages == 1, fmt.Sprintf("--last-share %v with --stages 1: the only stage has all samples; use more stages", c.LastShare)},
		{c.Warm != "none" && c.Warm != "auto" && c.Stages == 1 && !c.Extends() && c.inStages(), fmt.Sprintf("--warm %s with --stages 1: it is done before every stage but the first; use more stages", c.Warm)},
		{c.Distils() && c.Stages == 1 && !c.Extends(), fmt.Sprintf("--distill %v with --stages 1: there is no stage before; use more stages", c.Distill)},
		{c.Shrink != usual.Shrink && c.Warm != "shrink-perturb", fmt.Sprintf("--shrink %v is of --warm shrink-perturb; --warm is %s", c.Shrink, c.Warm)},
		{c.Noise != usual.Noise && c.Warm != "shrink-perturb", fmt.Sprintf("--noise %v is of --warm shrink-perturb; --warm is %s", c.Noise, c.Warm)},
		{c.RedrawLayers != usual.RedrawLayers && c.Warm != "redraw", fmt.Sprintf("--redraw-layers %d is of --warm redraw; --warm is %s", c.RedrawLayers, c.Warm)},
		{c.Hierarchy != usual.Hierarchy && c.Select != "hierarchy", fmt.Sprintf("--hierarchy %s is of --select hierarchy; --select is %s", c.Hierarchy, c.Select)},
		{c.HierarchyOrder != usual.HierarchyOrder && c.Select != "hierarchy", fmt.Sprintf("--hierarchy-order %s is of --select hierarchy; --select is %s", c.HierarchyOrder, c.Select)},
	})
}

// fault is something that settings can have wrong, and whether they do.
type fault struct {
	wrong bool
	text  string
}

// firstOf returns the first of the faults that is one.
func firstOf(faults []fault) error {
	for _, f := range faults {
		if f.wrong {
			return errors.New(f.text)
		}
	}
	return nil
}

// Authors reports whether the run replays the faults of the published script.
func (c Config) Authors() bool { return c.Method == "lgl" && c.Compat == "authors" }

// Replayed returns c with the settings that --compat authors brings along, where set does not say
// that they were asked for: the growing head, weights chosen by test accuracy, momentum that is kept.
func (c Config) Replayed(set func(key string) bool) Config {
	if !c.Authors() {
		return c
	}
	if !set("head") {
		c.Head = "masked"
	}
	if !set("carry") {
		c.Carry = "best-test"
	}
	if !set("keep-momentum") {
		c.KeepMomentum = true
	}
	return c
}

// checkCompat holds what --compat authors cannot stand with.
func (c Config) checkCompat() error {
	if c.Compat != "authors" || c.Method == "baseline" || c.Method == "baseline-equal" {
		return nil
	}
	err := firstOf([]fault{
		{c.Method != "lgl", "--method " + c.Method + ": the published script has lgl alone, beside the baseline; use lgl"},
		{c.Head != "masked", "--head " + c.Head + ": the script's head is masked"},
		{c.Carry != "best-test", "--carry " + c.Carry + ": the script hands on best-test"},
		{!c.KeepMomentum, "--keep-momentum=false: the script keeps it"},
		{c.Reinit != "untrained", "--reinit " + c.Reinit + ": the script's head is never trained, and no row of it drawn anew; leave it out"},
		{c.Epochs < 2, "--epochs 1: the script trains one epoch less; use at least 2"},
		{c.Until == "converged", "--until converged: the script's stages end after --epochs; use epochs"},
		{c.Budget > 0, fmt.Sprintf("--budget %v: the script has none", c.Budget)},
		{c.Mixup > 0, fmt.Sprintf("--mixup %v: the script has none", c.Mixup)},
		{c.LabelSmoothing > 0, fmt.Sprintf("--label-smoothing %v: the script has none", c.LabelSmoothing)},
		{c.Balance != "none", "--balance " + c.Balance + ": the script balances nothing"},
		{c.Distill > 0, fmt.Sprintf("--distill %v: the script has none", c.Distill)},
		{c.Warm != "none", "--warm " + c.Warm + ": the script hands on the weights as they are"},
	})
	if err != nil {
		err = fmt.Errorf("--compat authors with %w", err)
	}
	return err
}
