package task

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
)

// openParts reads the data of c, and behind them those from which the classes come that they lack.
func (s *Sets) openParts(ctx context.Context, c config.Config) ([]catalog.Set, error) {
	names := c.Sets()
	sets := make([]catalog.Set, len(names))
	for i, name := range names {
		if c.Data = name; i > 0 {
			c.Labels = "" // --labels goes with --data; a labels.csv is found where it is
		}
		var err error
		if sets[i], err = s.Open(ctx, c); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

// openGrown reads the data of a run that goes on with b, under the classes of b, in the order of its head
// rows, and the new ones behind them.
func (s *Sets) openGrown(ctx context.Context, c config.Config, b *Base) (catalog.Set, error) {
	sets, err := s.openParts(ctx, sized(c, b.Meta))
	if err != nil {
		return catalog.Set{}, err
	}
	if err := notWrapped(sets[0]); err != nil {
		return catalog.Set{}, err
	}
	classes, err := growClasses(b.Meta.Classes, sets)
	if err != nil {
		return catalog.Set{}, failure.Hint(fmt.Errorf("%s: %w", c.Data, err),
			"lgl extend adds classes to those that the run knows; where labels were corrected, or a class has another name, train anew: %s", Anew(c.Extend))
	}
	for i, name := range c.Sets() {
		if got := sets[i].Train.Shape(); !slices.Equal(got, b.Meta.SampleShape()) {
			return catalog.Set{}, fmt.Errorf("%s: samples of shape %s; the network of %s was trained on %s", name, data.ShapeText(got), b.Run(), data.ShapeText(b.Meta.SampleShape()))
		}
	}
	return joinSets(classes, sets)
}

// notWrapped reports a folder around the data set, which looks like one class.
func notWrapped(s catalog.Set) error {
	if found := s.Train.Classes(); len(found) == 1 {
		return folder.NotWrapped(s.Where, found[0])
	}
	return nil
}

// growClasses returns the known classes, and behind them those of the first set that are new. It reports
// a known class that no set has, a new one that looks like it, and that nothing is new.
func growClasses(known []string, sets []catalog.Set) ([]string, error) {
	found := sets[0].Train.Classes()
	fresh := plural.Without(found, known)
	for _, g := range folder.Alike(slices.Concat(plural.Without(known, found), fresh)) {
		if names := plural.Without(g, known); 0 < len(names) && len(names) < len(g) {
			return nil, fmt.Errorf("class %q differs from the run's %q by case, blanks or how an accent is written alone; "+
				"classes go by their names: rename it, to %[2]q if it is the same", names[0], g[0])
		}
	}
	if len(fresh) == 0 {
		return nil, fmt.Errorf("nothing to extend: the run knows all classes of the data: %s", plural.Names(found))
	}
	for i, owner := range data.Owners(known, trains(sets)...) {
		if owner < 0 {
			return nil, fmt.Errorf("class %q of the run is missing, here and in the data that the run had", known[i])
		}
	}
	return slices.Concat(known, fresh), nil
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

// OpenSaved reads the data of a run of c that left weights of m. Classes are matched by name and come in the order of the
// head rows; data that have others, or not all, are returned as they are, for whoever checks that.
func (s *Sets) OpenSaved(ctx context.Context, c config.Config, m checkpoint.Meta) (catalog.Set, error) {
	sets, err := s.openOwn(ctx, c, m)
	if err != nil {
		return catalog.Set{}, err
	}
	found, classes := sets[0].Train.Classes(), m.Classes
	if len(sets) == 1 && len(plural.Without(found, classes))+len(plural.Without(classes, found)) > 0 {
		return sets[0], nil
	}
	return joinSets(slices.Concat(classes, plural.Without(found, classes)), sets)
}

// openOwn reads the data of a run of c that left weights of m.
func (s *Sets) openOwn(ctx context.Context, c config.Config, m checkpoint.Meta) ([]catalog.Set, error) {
	if c.Extends() {
		c = sized(c, m)
	}
	return s.openParts(ctx, c)
}

// sized returns settings by which pictures in folders are brought to the size of the images that weights of m were
// trained on.
func sized(c config.Config, m checkpoint.Meta) config.Config {
	if in := m.SampleShape(); len(in) == 3 {
		c.ImageSize = in[1]
	}
	return c
}

// OpenTested reads the data to test a run of c on, that left weights of m: its own where name is "", or those of that
// name, with a file of labels if there is one, which are for testing alone unless the run was trained on them. What
// they have of the run's classes is under these; the classes that only one of the two has are told. Without a class in
// common the data are returned as they are.
func (s *Sets) OpenTested(ctx context.Context, c config.Config, m checkpoint.Meta, name, labels string) (catalog.Set, error) {
	sets, err := s.openForTest(ctx, c, m, name, labels)
	if err != nil {
		return catalog.Set{}, err
	}
	classes, owners := m.Classes, data.Owners(m.Classes, trains(sets)...)
	var lacking []string
	for k, owner := range owners {
		if owner < 0 {
			lacking = append(lacking, classes[k])
		}
	}
	if len(lacking) == len(classes) {
		return sets[0], notWrapped(sets[0])
	}
	if len(lacking) > 0 {
		s.say(fmt.Sprintf("%s has %d of the run's %d classes; not evaluated: %s", sets[0].Name, len(classes)-len(lacking), len(classes), plural.Names(lacking)))
	}
	if unknown := plural.Without(sets[0].Train.Classes(), classes); len(unknown) > 0 {
		s.say(fmt.Sprintf("%s has classes that the run does not know, which are left out: %s", sets[0].Name, plural.Names(unknown)))
	}
	set, err := joinSets(classes, sets)
	if err == nil && set.Test.Len() == 0 {
		err = fmt.Errorf("%s: no test samples of the run's classes", sets[0].Name)
	}
	return set, err
}

// IsOwn reports whether the data set of that name, or path, is one of those of c.
func IsOwn(c config.Config, name string) bool {
	return slices.Contains(c.Sets(), catalog.Absolute(name))
}

// openForTest reads the sets of OpenTested.
func (s *Sets) openForTest(ctx context.Context, c config.Config, m checkpoint.Meta, name, labels string) ([]catalog.Set, error) {
	if name == "" {
		return s.openOwn(ctx, c, m)
	}
	own := IsOwn(c, name)
	c = sized(c, m)
	c.Data, c.Labels = name, labels
	set, err := s.openAs(ctx, c, !own)
	return []catalog.Set{set}, err
}

// oldData finds what the data of c lack of the classes of b: list are those data sets of the run of b that have such classes,
// for config.Config.OldData, lacking the names of the classes.
func (s *Sets) oldData(ctx context.Context, c config.Config, b *Base) (list string, lacking []string, err error) {
	c = sized(c, b.Meta)
	sets, err := s.openParts(ctx, c)
	if err != nil {
		return "", nil, err
	}
	lacking = plural.Without(b.Meta.Classes, sets[0].Train.Classes())
	left, needed := lacking, []string{}
	for _, name := range b.Config.Sets() {
		if len(left) == 0 {
			break
		}
		found := filepath.Join(name, "labels.csv")
		if file := b.Config.Labels; file != "" && name == b.Config.Data && !isRegular(found) {
			return "", lacking, failure.Usage(fmt.Errorf("class %q is not in the new data, and those that the run had are labelled by --labels %s, which goes with --data alone; copy it to %s", left[0], file, found))
		}
		c.Data, c.Labels = name, ""
		set, err := s.Open(ctx, c)
		if err != nil {
			return "", lacking, fmt.Errorf("class %q is not in the new data, and those that the run had cannot be read: %w", left[0], err)
		}
		if still := plural.Without(left, set.Train.Classes()); len(still) < len(left) {
			left, needed = still, append(needed, name)
		}
	}
	if list, err = config.JoinSets(needed); err != nil {
		err = failure.Usage(err)
	}
	return list, lacking, err
}

// isRegular reports whether path is a file.
func isRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
