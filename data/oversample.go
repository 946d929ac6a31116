package data

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// Oversampled returns as many indices as samples has, in no order, from which each class has the same number, up to
// one. Those of a class go round: each of its samples stands there as often as another, up to once; which ones, r says.
func Oversampled(samples, labels []int, r *rand.Rand) []int {
	members := map[int][]int{}
	for _, i := range samples {
		members[labels[i]] = append(members[labels[i]], i)
	}
	classes := slices.Sorted(maps.Keys(members))
	Shuffle(classes, r) // who gets one more
	var drawn []int
	for at, k := range classes {
		for left := share(len(samples), len(classes), at); left > 0; {
			Shuffle(members[k], r)
			round := members[k][:min(left, len(members[k]))]
			drawn, left = append(drawn, round...), left-len(round)
		}
	}
	return drawn
}

// share is the part of place at, of n things that are dealt out to so many places.
func share(n, places, at int) int { return (n + places - 1 - at) / places }
