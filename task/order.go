package task

import (
	"fmt"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
)

// classOrder returns the order in which c lets the classes of a data set enter, where a file or
// the data fix it, or those of --only-classes; otherwise nil.
func classOrder(c config.Config, set catalog.Set) ([]int, error) {
	classes := set.Train.Classes()
	if c.OnlyClasses != "" {
		only, err := config.ParseClasses(c.OnlyClasses, classes)
		if err != nil {
			return nil, fmt.Errorf("--only-classes: %w", err)
		}
		return only, nil
	}
	if path := c.SelectFile(); path != "" {
		order, err := config.LoadOrder(path, classes[c.KnownClasses:])
		if err != nil {
			return nil, fmt.Errorf("--select: %w", err)
		}
		return behind(c.KnownClasses, order), nil
	}
	if c.Select != "hierarchy" || c.Hierarchy == "learnt" {
		return nil, nil
	}
	h, err := hierarchy(c, set)
	if err != nil {
		return nil, fmt.Errorf("--hierarchy: %w", err)
	}
	_, _, seed := c.Seeds()
	return h.Order(seed, c.HierarchyOrder == "branch"), nil
}

// behind returns the classes 0..known-1, and behind them those whose order among the others is given.
func behind(known int, order []int) []int {
	all := FirstClasses(known)
	for _, k := range order {
		all = append(all, known+k)
	}
	return all
}

// FirstClasses returns the classes 0..n-1.
func FirstClasses(n int) []int {
	all := make([]int, n)
	for k := range all {
		all[k] = k
	}
	return all
}

// hierarchy returns the superclasses of a data set's classes, from a file or as the data have them.
func hierarchy(c config.Config, set catalog.Set) (curriculum.Hierarchy, error) {
	if path := c.HierarchyFile(); path != "" {
		return config.LoadHierarchy(path, set.Train.Classes())
	}
	super, err := data.Superclasses(set.Train)
	if err != nil {
		return nil, fmt.Errorf("coarse: %s: %w; give a file, or use learnt", set.Name, err)
	}
	return curriculum.HierarchyOf(super), nil
}
