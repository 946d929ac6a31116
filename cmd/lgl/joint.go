package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
)

// openParts reads the data of c, and behind them those from which the classes come that they lack.
func (a *app) openParts(c config.Config) ([]catalog.Set, error) {
	names := c.Sets()
	sets := make([]catalog.Set, len(names))
	for i, name := range names {
		if c.Data = name; i > 0 {
			c.Labels = "" // --labels goes with --data; a labels.csv is found where it is
		}
		var err error
		if sets[i], err = a.open(c); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

// openGrown reads the data of a run that goes on with b, under the classes of b, in the order of its head
// rows, and the new ones behind them.
func (a *app) openGrown(c config.Config, b *base) (catalog.Set, error) {
	sets, err := a.openParts(b.sized(c))
	if err != nil {
		return catalog.Set{}, err
	}
	classes, err := growClasses(b.meta.Classes, sets)
	if err != nil {
		return catalog.Set{}, failure.Hint(fmt.Errorf("%s: %w", c.Data, err),
			"lgl extend adds classes to those that the run knows; where labels were corrected, or a class has another name, train anew: %s", anew(c.Extend))
	}
	for i, name := range c.Sets() {
		if got := sets[i].Train.Shape(); !slices.Equal(got, b.image()) {
			return catalog.Set{}, fmt.Errorf("%s: samples of shape %s; the network of %s was trained on %s", name, shape(got), b.run, shape(b.image()))
		}
	}
	return joinSets(classes, sets)
}

// growClasses returns the known classes, and behind them those of the first set that are new. It reports
// a known class that no set has, a new one that looks like it, and that nothing is new.
func growClasses(known []string, sets []catalog.Set) ([]string, error) {
	found := sets[0].Train.Classes()
	fresh := without(found, known)
	for _, g := range folder.Alike(slices.Concat(without(known, found), fresh)) {
		if names := without(g, known); 0 < len(names) && len(names) < len(g) {
			return nil, fmt.Errorf("class %q differs from the run's %q by case, blanks or how an accent is written alone; "+
				"classes go by their names: rename it, to %[2]q if it is the same", names[0], g[0])
		}
	}
	if len(fresh) == 0 {
		return nil, fmt.Errorf("nothing to extend: the run knows all classes of the data: %s", someNames(found))
	}
	for i, owner := range data.Owners(known, trains(sets)...) {
		if owner < 0 {
			return nil, fmt.Errorf("class %q of the run is missing, here and in the data that the run had", known[i])
		}
	}
	return slices.Concat(known, fresh), nil
}

// without are those of the names that are not among others.
func without(names, others []string) []string {
	known := map[string]bool{}
	for _, name := range others {
		known[name] = true
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return known[name] })
}

// trains are the training parts of sets.
func trains(sets []catalog.Set) (all []data.Source) {
	for _, s := range sets {
		all = append(all, s.Train)
	}
	return all
}

// joinSets returns the samples of sets under the given classes.
func joinSets(classes []string, sets []catalog.Set) (catalog.Set, error) {
	j := sets[0]
	if len(sets) == 1 && slices.Equal(classes, j.Train.Classes()) {
		return j, nil
	}
	var names []string
	var tests []data.Source
	for _, s := range sets {
		names, tests = append(names, s.Name), append(tests, s.Test)
		j.Photos, j.Seeded = j.Photos && s.Photos, j.Seeded || s.Seeded
	}
	j.Name = strings.Join(names, "+")
	var err error
	if j.Train, err = data.Join(classes, trains(sets)...); err == nil {
		j.Test, err = data.Join(classes, tests...)
	}
	if err != nil {
		return j, fmt.Errorf("%s: %w", j.Name, err)
	}
	return j, nil
}

// openSaved reads the data of the run. Classes are matched by name and come in the order of the head rows; data that
// have others, or not all, are returned as they are, for whoever checks that.
func (a *app) openSaved(s saved) (catalog.Set, error) {
	c, classes := s.config, s.meta.Classes
	if c.Extends() {
		c = s.sized(c)
	}
	sets, err := a.openParts(c)
	if err != nil {
		return catalog.Set{}, err
	}
	found := sets[0].Train.Classes()
	if len(sets) == 1 && len(without(found, classes))+len(without(classes, found)) > 0 {
		return sets[0], nil
	}
	return joinSets(slices.Concat(classes, without(found, classes)), sets)
}

// openTested reads the data to test the run on: its own, or those of --data, which are for testing alone unless the run
// was trained on them. What they have of the run's classes is under these; the classes that only one of the two has are
// named. Without a class in common the data are returned as they are.
func (a *app) openTested(s saved, q assessment) (catalog.Set, error) {
	sets, err := a.testSets(s, q)
	if err != nil {
		return catalog.Set{}, err
	}
	classes, owners := s.meta.Classes, data.Owners(s.meta.Classes, trains(sets)...)
	var lacking []string
	for k, owner := range owners {
		if owner < 0 {
			lacking = append(lacking, classes[k])
		}
	}
	if len(lacking) == len(classes) {
		return sets[0], nil
	}
	if len(lacking) > 0 {
		a.say(fmt.Sprintf("%s has %d of the run's %d classes; not evaluated: %s", sets[0].Name, len(classes)-len(lacking), len(classes), someNames(lacking)))
	}
	if unknown := without(sets[0].Train.Classes(), classes); len(unknown) > 0 {
		a.say(fmt.Sprintf("%s has classes that the run does not know, which are left out: %s", sets[0].Name, someNames(unknown)))
	}
	set, err := joinSets(classes, sets)
	if err == nil && set.Test.Len() == 0 {
		err = fmt.Errorf("%s: no test samples of the run's classes", sets[0].Name)
	}
	return set, err
}

// testSets reads the sets of openTested.
func (a *app) testSets(s saved, q assessment) ([]catalog.Set, error) {
	c := s.config
	if q.data == "" {
		if c.Extends() {
			c = s.sized(c)
		}
		return a.openParts(c)
	}
	own := slices.Contains(c.Sets(), catalog.Absolute(q.data))
	c = s.sized(c)
	c.Data, c.Labels = q.data, q.labels
	set, err := a.openAs(c, !own)
	return []catalog.Set{set}, err
}
