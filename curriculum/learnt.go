package curriculum

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// mostLearnt is the largest number of classes whose hierarchy is learnt: it takes a distance for
// every pair.
const mostLearnt = 10_000

// learnt chooses size of the candidates, which are in the seed's order, by the hierarchy that the
// network has learnt. The rule:
//
//  1. class i is described by the mean over its samples of the softmax, renormalised over the
//     trained classes: which of these the network takes it for;
//  2. classes are joined to a tree by average linkage, their distance being half of the sum of
//     the absolute differences of their descriptions (total variation, 0..1);
//  3. spanning: the tree is cut into size branches, and the first class of each is taken;
//     branch by branch: the first size leaves are taken, where at each fork the branch with the
//     earlier class comes first.
//
// Neighbours in the tree are what the network confuses with the same classes.
func (c LGL) learnt(ctx context.Context, byClass [][]int, candidates, trained []int, size int, p Probe) ([]int, error) {
	if len(candidates) > mostLearnt {
		return nil, fmt.Errorf("--hierarchy learnt: %d classes are to be clustered; want at most %d: give a hierarchy as a file", len(candidates), mostLearnt)
	}
	var points [][]float64
	for _, k := range candidates {
		q, err := p.MeanSoftmax(ctx, byClass[k], trained)
		if err != nil {
			return nil, err
		}
		if len(q) != len(trained) {
			return nil, fmt.Errorf("the probe gave a mean softmax of %d numbers for %d classes", len(q), len(trained))
		}
		points = append(points, q)
	}
	merges := averageLinkage(points)
	var chosen []int
	for _, i := range pick(merges, len(points), size, c.Branch) {
		chosen = append(chosen, candidates[i])
	}
	return chosen, nil
}

// pick returns size of n points, by step 3 of learnt.
func pick(merges []merge, n, size int, branch bool) []int {
	if branch {
		return cut(merges, n, 1)[0][:size]
	}
	var first []int
	for _, leaves := range cut(merges, n, size) {
		first = append(first, leaves[0])
	}
	return first
}

// merge joins two clusters at a distance. A cluster goes by its lowest point; a is below b.
type merge struct {
	a, b     int
	distance float64
}

// averageLinkage clusters points, whose distance is their total variation.
func averageLinkage(points [][]float64) []merge { return linkage(distances(points), average) }

// linkage clusters what has the distances d bottom up: it joins the two clusters at the smallest distance,
// after which join has the distances of the union, until one is left, and returns the joins by
// ascending distance. It follows chains of nearest neighbours (Murtagh 1983), which gives the same
// tree in time n^2, as no union is nearer to a third cluster than both of its parts. d is written over.
func linkage(d [][]float64, join func(d [][]float64, size []float64, a, b int)) []merge {
	n := len(d)
	size, height := make([]float64, n), make([]float64, n)
	for i := range size {
		size[i] = 1
	}
	var merges []merge
	var chain []int
	for len(merges) < n-1 {
		if len(chain) == 0 {
			chain = append(chain, slices.IndexFunc(size, func(s float64) bool { return s > 0 }))
		}
		top := chain[len(chain)-1]
		next := nearest(d, size, chain)
		if len(chain) < 2 || next != chain[len(chain)-2] {
			chain = append(chain, next)
			continue
		}
		chain = chain[:len(chain)-2]
		a, b := min(top, next), max(top, next)
		height[a] = max(d[a][b], height[a], height[b]) // but for rounding the first is the largest
		merges = append(merges, merge{a, b, height[a]})
		join(d, size, a, b)
	}
	slices.SortStableFunc(merges, func(x, y merge) int { return cmp.Compare(x.distance, y.distance) })
	return merges
}

// distances returns the total variation of every two points.
func distances(points [][]float64) [][]float64 {
	d := make([][]float64, len(points))
	for i, p := range points {
		d[i] = make([]float64, len(points))
		for j, q := range points[:i] {
			for t := range p {
				d[i][j] += math.Abs(p[t]-q[t]) / 2
			}
			d[j][i] = d[i][j]
		}
	}
	return d
}

// nearest returns the cluster nearest to the chain's last one: on a tie the one before it in the
// chain, which ends the chain, and otherwise the lowest.
func nearest(d [][]float64, size []float64, chain []int) int {
	top := chain[len(chain)-1]
	best, least := -1, math.Inf(1)
	if len(chain) > 1 {
		best = chain[len(chain)-2]
		least = d[top][best]
	}
	for j, distance := range d[top] {
		if j != top && size[j] > 0 && distance < least {
			best, least = j, distance
		}
	}
	return best
}

// average makes b part of a: d(a+b, j) is the mean of d(a, j) and d(b, j), weighted by size.
func average(d [][]float64, size []float64, a, b int) {
	for j := range d {
		d[a][j] = (size[a]*d[a][j] + size[b]*d[b][j]) / (size[a] + size[b])
		d[j][a] = d[a][j]
	}
	size[a] += size[b]
	size[b] = 0
}

// cut returns the clusters of n points that are left before the last merges, so that there are
// so many: each with its points in the tree's order, sorted by their first, which is their lowest.
func cut(merges []merge, n, clusters int) [][]int {
	leaves := make([][]int, n)
	for i := range leaves {
		leaves[i] = []int{i}
	}
	for _, m := range merges[:n-clusters] {
		leaves[m.a] = append(leaves[m.a], leaves[m.b]...)
		leaves[m.b] = nil
	}
	return slices.DeleteFunc(leaves, func(l []int) bool { return l == nil })
}
