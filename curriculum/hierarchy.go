package curriculum

import (
	"slices"

	"github.com/local-to-global/lgl/internal/seed"
)

// Hierarchy groups the classes: the classes of each superclass.
type Hierarchy [][]int

// Order returns the classes in the order in which a hierarchy lets them enter. Superclasses, and
// the classes of each, follow the permutation that s seeds, the one of the random strategy.
//
// Branch by branch, all classes of a superclass come before those of the next. Otherwise the
// superclasses take turns, one class each, so that every group that is cut from the order has
// classes of as many superclasses as it can.
func (h Hierarchy) Order(s uint64, branch bool) []int {
	k := 0
	for _, classes := range h {
		k += len(classes)
	}
	branches := h.permuted(seed.Stream(s, "classes").Perm(k))
	if branch {
		return slices.Concat(branches...)
	}
	var order []int
	for turn := 0; len(order) < k; turn++ {
		for _, b := range branches {
			if turn < len(b) {
				order = append(order, b[turn])
			}
		}
	}
	return order
}

// permuted returns the superclasses by their first class in the permutation, each in its order.
func (h Hierarchy) permuted(permutation []int) [][]int {
	place := make([]int, len(permutation))
	for i, k := range permutation {
		place[k] = i
	}
	by := func(a, b int) int { return place[a] - place[b] }
	var branches [][]int
	for _, classes := range h {
		if len(classes) > 0 {
			branches = append(branches, slices.SortedFunc(slices.Values(classes), by))
		}
	}
	slices.SortFunc(branches, func(a, b []int) int { return by(a[0], b[0]) })
	return branches
}

// HierarchyOf returns the hierarchy of classes whose superclasses, by class, are given.
func HierarchyOf(super []int) Hierarchy {
	h := make(Hierarchy, slices.Max(super)+1)
	for k, s := range super {
		h[s] = append(h[s], k)
	}
	return h
}
