package data

import (
	"slices"
	"strings"
	"testing"
)

// coarse has a superclass of every image, by its index.
type coarse struct {
	*Images
	super []int
	names []string
}

func (c coarse) Coarse(i int) int        { return c.super[i] }
func (c coarse) CoarseClasses() []string { return c.names }

func TestSuperclasses(t *testing.T) {
	names := []string{"low", "high"}
	got, err := Superclasses(coarse{images(t, 2, 0, 1, 2), []int{0, 1, 1, 0}, names})
	if err != nil || !slices.Equal(got, []int{1, 1, 0}) {
		t.Errorf("%v, %v", got, err)
	}
	for want, src := range map[string]Source{
		"no coarse labels":               images(t, 0, 1, 2),
		"the data have no coarse":        coarse{images(t, 0, 1, 2), []int{0, 0, 0}, nil},
		`"b" has no training samples`:    coarse{images(t, 0, 2), []int{0, 1}, names},
		`"a" is of two superclasses, lo`: coarse{images(t, 0, 1, 2, 0), []int{0, 1, 1, 1}, names},
	} {
		if got, err := Superclasses(src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v; want an error with %q", got, err, want)
		}
	}
}
