package task

import (
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
)

// beasts is a data set whose four classes are of two superclasses: even and odd ones.
type beasts struct{ data.Source }

func (beasts) Coarse(i int) int        { return i % 2 }
func (beasts) CoarseClasses() []string { return []string{"even", "odd"} }

// The data's own superclasses give the order: by turns, or one after the other. Every other way to
// choose leaves it open.
func TestClassOrder(t *testing.T) {
	src, err := data.NewImages(make([]byte, 8), []byte{0, 1, 2, 3, 0, 1, 2, 3}, []string{"a", "b", "c", "d"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	set := catalog.Set{Name: "beasts", Train: beasts{src}}
	for order, alternates := range map[string]bool{"span": true, "branch": false} {
		c := config.Paper()
		c.Select, c.Hierarchy, c.HierarchyOrder = "hierarchy", "coarse", order
		got, err := classOrder(c, set)
		if err != nil || len(got) != 4 {
			t.Fatalf("%s: %v, %v", order, got, err)
		}
		if (got[0]%2 != got[1]%2) != alternates || (got[2]%2 != got[3]%2) != alternates {
			t.Errorf("%s: %v", order, got)
		}
		c.SeedClasses = 3
		if other, _ := classOrder(c, set); slices.Equal(got, other) {
			t.Errorf("%s: two seeds, one order %v", order, got)
		}
	}
	for choice, hierarchy := range map[string]string{"random": "learnt", "similar": "coarse", "hierarchy": "learnt"} {
		c := config.Paper()
		c.Select, c.Hierarchy = choice, hierarchy
		if got, err := classOrder(c, set); got != nil || err != nil {
			t.Errorf("%s: %v, %v", choice, got, err)
		}
	}
	c := config.Paper()
	c.Select, c.Hierarchy = "hierarchy", "coarse"
	set.Train = src
	if _, err := classOrder(c, set); err == nil || !strings.Contains(err.Error(), "--hierarchy: coarse: beasts: the data have no coarse labels") {
		t.Errorf("%v", err)
	}
}
