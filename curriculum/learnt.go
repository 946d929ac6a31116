package curriculum

import (
	"context"
	"fmt"
	"math"

	"github.com/local-to-global/lgl/internal/cluster"
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
func pick(merges []cluster.Merge, n, size int, branch bool) []int {
	if branch {
		return cluster.Cut(merges, n, 1)[0][:size]
	}
	var first []int
	for _, leaves := range cluster.Cut(merges, n, size) {
		first = append(first, leaves[0])
	}
	return first
}

// averageLinkage clusters points, whose distance is their total variation.
func averageLinkage(points [][]float64) []cluster.Merge { return cluster.Average(distances(points)) }

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
