package config

import (
	"fmt"
	"strings"
)

// letters are the strategies' in the paper's tables.
var letters = map[string]string{"random": "r", "dissimilar": "d", "similar": "s"}

// Label returns the run's name in tables: "baseline", "baseline-equal", "LGL(d,3)", with the
// settings that change the method and are not at their defaults: "LGL(d,3, masked)",
// "baseline (carry best-test)", "SPL (linear, running losses)".
func (c Config) Label() string {
	extras := c.extras()
	if c.Method == "lgl" {
		first := fmt.Sprintf("%s,%d", letters[c.Select], c.Stages)
		return "LGL(" + strings.Join(append([]string{first}, extras...), ", ") + ")"
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

// extras names the settings of the method that are not at their defaults.
func (c Config) extras() (names []string) {
	usual := Default()
	add := func(differs bool, name string) {
		if differs {
			names = append(names, name)
		}
	}
	if c.Method == "lgl" {
		add(c.Head != usual.Head, c.Head)
		add(c.Reinit != usual.Reinit, "reinit "+c.Reinit)
		add(c.Partition != usual.Partition, "partition "+c.Partition)
		add(c.KeepMomentum, "keep momentum")
	}
	if c.SelfPaced() {
		names = append(names, c.pacedExtras()...)
	}
	add(c.OnlyClasses != "", "only some classes")
	add(c.Until != usual.Until, "until "+c.Until)
	add(c.Carry != usual.Carry, "carry "+c.Carry)
	return names
}
