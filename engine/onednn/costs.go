package onednn

import (
	"slices"
)

// costs are what something costs by a choice of two for each of some groups.
type costs struct {
	groups []int
	ms     []float64 // by the choices: bit i is that of groups[i]
}

// newCosts tabulates f.
func newCosts(groups []int, f func(chosen map[int]bool) float64) costs {
	c := costs{groups, make([]float64, 1<<len(groups))}
	for bits := range c.ms {
		chosen := map[int]bool{}
		for i, g := range groups {
			chosen[g] = bits>>i&1 == 1
		}
		c.ms[bits] = f(chosen)
	}
	return c
}

// of returns the cost of choices.
func (c costs) of(chosen map[int]bool) float64 {
	bits := 0
	for i, g := range c.groups {
		if chosen[g] {
			bits |= 1 << i
		}
	}
	return c.ms[bits]
}

// least returns the choices with the least sum of all costs, by bucket elimination (Dechter 1999): a
// group's tables become one of the least cost by its neighbours' choices, and so on to the last
// group; its choice gives that of the one before, and so on back. Of choices with equal cost the
// true one is taken. The time grows with 2 to the number of neighbours, which in a chain of layers
// with shortcuts is about 4.
func least(tables []costs) map[int]bool {
	type bucket struct {
		group  int
		tables []costs
	}
	var order []bucket
	for {
		group, joined := fewest(tables)
		if group < 0 {
			break
		}
		has := func(c costs) bool { return slices.Contains(c.groups, group) }
		b := bucket{group: group}
		for _, c := range tables {
			if has(c) {
				b.tables = append(b.tables, c)
			}
		}
		tables = append(slices.DeleteFunc(slices.Clone(tables), has), newCosts(joined, func(chosen map[int]bool) float64 {
			ms, _ := better(b.tables, group, chosen)
			return ms
		}))
		order = append(order, b)
	}
	chosen := map[int]bool{}
	for _, b := range slices.Backward(order) {
		_, chosen[b.group] = better(b.tables, b.group, chosen)
	}
	return chosen
}

// fewest returns the group with the fewest neighbours, and these; -1 if no group is left.
func fewest(tables []costs) (group int, neighbours []int) {
	around := map[int][]int{}
	for _, c := range tables {
		for _, g := range c.groups {
			around[g] = append(around[g], c.groups...)
		}
	}
	group = -1
	for g, all := range around {
		slices.Sort(all)
		all = slices.DeleteFunc(slices.Compact(all), func(h int) bool { return h == g })
		if group < 0 || len(all) < len(neighbours) || len(all) == len(neighbours) && g < group {
			group, neighbours = g, all
		}
	}
	return group, neighbours
}

// better returns the better choice for a group, given those of the others, and its cost.
func better(tables []costs, group int, chosen map[int]bool) (ms float64, choice bool) {
	var sums [2]float64
	for i := range sums {
		chosen[group] = i == 1
		for _, c := range tables {
			sums[i] += c.of(chosen)
		}
	}
	delete(chosen, group)
	if sums[1] <= sums[0] {
		return sums[1], true
	}
	return sums[0], false
}
