package config

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Extends reports whether the run goes on with the network of another one, for more classes.
func (c Config) Extends() bool { return c.Extend != "" }

// Internal reports whether the setting named key is one that a command sets for its own ends, so that no
// help lists it.
func Internal(key string) bool {
	return key == "extend" || key == "known-classes" || key == "old-data"
}

// OldSets returns the data sets of OldData.
func (c Config) OldSets() []string { return filepath.SplitList(c.OldData) }

// Sets returns all data sets of the run: Data, and those of OldData.
func (c Config) Sets() []string { return append([]string{c.Data}, c.OldSets()...) }

// JoinSets is the inverse of OldSets. A path with the separator in it cannot be told from two.
func JoinSets(sets []string) (string, error) {
	const between = string(filepath.ListSeparator)
	for _, s := range sets {
		if s == "" || strings.Contains(s, between) {
			return "", fmt.Errorf("%q: the path of data that a run is extended with must not have a %s in it; rename it, or give a link to it", s, between)
		}
	}
	return strings.Join(sets, between), nil
}

// checkExtend holds the settings that can stand with those of lgl extend.
func (c Config) checkExtend() error {
	return firstOf([]fault{
		{c.KnownClasses < 0, fmt.Sprintf("--known-classes %d: want at least 0", c.KnownClasses)},
		{!c.Extends() && c.KnownClasses > 0, fmt.Sprintf("--known-classes %d without --extend: want the run whose classes these are", c.KnownClasses)},
		{!c.Extends() && c.OldData != "", fmt.Sprintf("--old-data %s without --extend: want the run whose data these are", c.OldData)},
		{c.Extends() && c.Method != "lgl", fmt.Sprintf("--extend %s with --method %s: classes enter as a stage of lgl", c.Extend, c.Method)},
		{c.Extends() && c.Compat != "none", fmt.Sprintf("--extend %s with --compat %s: the published script's head is never trained", c.Extend, c.Compat)},
		{c.Extends() && c.Reinit != "untrained", fmt.Sprintf("--extend %s with --reinit %s: the head rows of known classes are kept, new ones are drawn; use untrained", c.Extend, c.Reinit)},
		{c.Extends() && c.InitFile() != "", fmt.Sprintf("--extend %s with --init %s: the initial weights are that run's", c.Extend, c.Init)},
		{c.Extends() && c.Select == "hierarchy" && c.Hierarchy != "learnt", fmt.Sprintf("--extend %s with --hierarchy %s: new classes can only be chosen by what the network has learnt", c.Extend, c.Hierarchy)},
	})
}
