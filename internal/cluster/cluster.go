// Package cluster joins what is near to trees, bottom up, and cuts these into branches.
//
//  1. Average and Branches are given the distances of every two points;
//  2. linkage joins the two nearest clusters, by average linkage or by Ward's, until one is left;
//  3. Cut takes back the last joins, so that there are as many clusters as are asked for.
package cluster

import (
	"cmp"
	"math"
	"slices"
)

// Merge joins two clusters at a distance. A cluster goes by its lowest point; A is below B.
type Merge struct {
	A, B     int
	Distance float64
}

// Average clusters what has the distances d, [n n] and symmetric, by average linkage, and returns the joins by ascending
// distance. d is written over.
func Average(d [][]float64) []Merge { return linkage(d, average) }

// Branches returns the branches of the tree that Ward's linkage makes of n points by the squares of their
// distances, [n n] and symmetric, when it is cut so that there are so many: each with its points in the
// order of the tree's leaves. One branch is the whole tree, in which what is near stands near.
//
// Ward's linkage joins the two clusters whose union adds least to the sum of squares of the points' distances
// from the means of their clusters (Ward 1963). Branches are of like size even where the points have
// hardly any structure, of which average linkage makes one branch of nearly all and many of one.
func Branches(squares [][]float64, branches int) [][]int {
	n := len(squares)
	if n == 0 {
		return nil
	}
	d := make([][]float64, n)
	for i, row := range squares {
		d[i] = append([]float64{}, row...)
	}
	return Cut(linkage(d, ward), n, max(1, min(branches, n)))
}

// Cut returns the clusters of n points that are left before the last merges, so that there are
// so many: each with its points in the tree's order, sorted by their first, which is their lowest.
func Cut(merges []Merge, n, clusters int) [][]int {
	leaves := make([][]int, n)
	for i := range leaves {
		leaves[i] = []int{i}
	}
	for _, m := range merges[:n-clusters] {
		leaves[m.A] = append(leaves[m.A], leaves[m.B]...)
		leaves[m.B] = nil
	}
	return slices.DeleteFunc(leaves, func(l []int) bool { return l == nil })
}

// linkage clusters what has the distances d bottom up: it joins the two clusters at the smallest distance,
// after which join has the distances of the union, until one is left, and returns the joins by
// ascending distance. It follows chains of nearest neighbours (Murtagh 1983), which gives the same
// tree in time n^2, as no union is nearer to a third cluster than both of its parts. d is written over.
func linkage(d [][]float64, join func(d [][]float64, size []float64, a, b int)) []Merge {
	n := len(d)
	size, height := make([]float64, n), make([]float64, n)
	for i := range size {
		size[i] = 1
	}
	var merges []Merge
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
		merges = append(merges, Merge{a, b, height[a]})
		join(d, size, a, b)
	}
	slices.SortStableFunc(merges, func(x, y Merge) int { return cmp.Compare(x.Distance, y.Distance) })
	return merges
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

// ward makes b part of a: d(a+b, j), twice what joining j to both would add to the sum of squares, by Lance and
// Williams' formula.
func ward(d [][]float64, size []float64, a, b int) {
	apart := d[a][b]
	for j, s := range size {
		d[a][j] = ((size[a]+s)*d[a][j] + (size[b]+s)*d[b][j] - s*apart) / (size[a] + size[b] + s)
		d[j][a] = d[a][j]
	}
	size[a] += size[b]
	size[b] = 0
}
