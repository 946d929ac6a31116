package data

import (
	"errors"
	"fmt"
)

// Coarse is a Source whose classes belong to superclasses.
type Coarse interface {
	Source
	Coarse(i int) int        // superclass of sample i, an index into CoarseClasses
	CoarseClasses() []string // nil: there are none
}

// Superclasses returns the superclass of every class of src, as the labels of its samples have
// them.
func Superclasses(src Source) ([]int, error) {
	c, ok := src.(Coarse)
	if !ok || c.CoarseClasses() == nil {
		return nil, errors.New("the data have no coarse labels")
	}
	super := make([]int, len(src.Classes()))
	for k := range super {
		super[k] = -1
	}
	for i := range src.Len() {
		k := src.Label(i)
		if super[k] >= 0 && super[k] != c.Coarse(i) {
			return nil, fmt.Errorf("class %q is of two superclasses, %s and %s", src.Classes()[k], c.CoarseClasses()[super[k]], c.CoarseClasses()[c.Coarse(i)])
		}
		super[k] = c.Coarse(i)
	}
	for k, s := range super {
		if s < 0 {
			return nil, fmt.Errorf("class %q has no training samples, so its superclass is not known", src.Classes()[k])
		}
	}
	return super, nil
}
