package config

import (
	"fmt"
	"path/filepath"
	"strings"
)

// letters are the strategies' in the paper's tables, and h for a hierarchy; f is a file's.
var letters = map[string]string{"random": "r", "dissimilar": "d", "similar": "s", "hierarchy": "h"}

// Label returns the run's name in tables: "baseline", "baseline-equal", "LGL(d,3)", with the
// settings that change the method and are not at their defaults: "LGL(d,3, masked)",
// "baseline (carry best-test)", "SPL (linear, running losses)".
func (c Config) Label() string {
	extras := c.extras()
	if name, first := c.staged(); name != "" {
		return name + "(" + strings.Join(append([]string{first}, extras...), ", ") + ")"
	}
	name := c.Method
	if c.SelfPaced() {
		name = paced[c.Method]
	}
	if len(extras) == 0 {
		return name
	}
	return name + " (" + strings.Join(extras, ", ") + ")"
}

// staged returns the name of a method with stages, and its first settings; "" for a baseline.
func (c Config) staged() (name, first string) {
	switch {
	case c.Method == "lgl":
		name = "LGL"
	case c.Method == "no-restart":
		name = c.Method
	case c.Control():
		return c.Method, fmt.Sprint(c.Stages)
	default:
		return "", ""
	}
	letter, ok := letters[c.Select]
	if !ok {
		letter = "f"
	}
	return name, fmt.Sprintf("%s,%d", letter, c.Stages)
}

// extras names the settings of the method that are not at their defaults.
func (c Config) extras() (names []string) {
	usual := Paper()
	add := func(differs bool, name string) {
		if differs {
			names = append(names, name)
		}
	}
	add(c.Chooses() && c.Select == "hierarchy", filepath.Base(c.Hierarchy)+" "+c.HierarchyOrder)
	add(c.Chooses() && isPath(c.Select), filepath.Base(c.Select))
	add(c.Extends(), fmt.Sprintf("extends %d classes", c.KnownClasses))
	if c.inStages() {
		add(c.Head != usual.Head, c.Head)
		add(c.Reinit != usual.Reinit, "reinit "+c.Reinit)
		add(c.Partition != usual.Partition, "partition "+c.Partition)
		add(c.KeepMomentum, "keep momentum")
	}
	add(c.Budget > 0 && !(c.Method == "baseline" && c.Budget == 1), "budget "+short(c.Budget))
	if c.inStages() {
		add(c.LastShare > 0, "last share "+short(c.LastShare))
		add(c.Warm == "shrink-perturb", "shrink-perturb "+short(c.Shrink)+"/"+short(c.Noise))
		add(c.Compat != usual.Compat, "compat "+c.Compat)
		add(c.Distils(), "distill "+short(c.Distill))
		add(c.Warm == "redraw", fmt.Sprintf("redraw %d", c.RedrawLayers))
	}
	if c.SelfPaced() {
		names = append(names, c.pacedExtras()...)
	}
	add(c.Mixup > 0, "mixup "+short(c.Mixup))
	add(c.LabelSmoothing > 0, "label smoothing "+short(c.LabelSmoothing))
	add(c.Balance != usual.Balance, "balance "+c.Balance)
	add(isPath(c.Init), "init "+filepath.Base(c.Init))
	add(c.OnlyClasses != "", "only some classes")
	add(c.Precision != usual.Precision, c.Precision)
	add(c.Until != usual.Until, "until "+c.Until)
	add(c.Carry != usual.Carry, "carry "+c.Carry)
	return names
}

// short prints 0.3 as .3.
func short(x float64) string {
	text := fmt.Sprint(x)
	if rest, ok := strings.CutPrefix(text, "0."); ok {
		return "." + rest
	}
	return text
}
