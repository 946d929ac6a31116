package cluster

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Branches against the clusters of a line of points, which one sees; and what it is given stays.
func TestBranches(t *testing.T) {
	at := []float64{0, 10, 1, 11, 12.5, 30}
	d := make([][]float64, len(at))
	for i := range at {
		for j := range at {
			d[i] = append(d[i], (at[i]-at[j])*(at[i]-at[j]))
		}
	}
	before := fmt.Sprint(d)
	for n, want := range map[int]string{
		-1: "[[0 2 1 3 4 5]]", 1: "[[0 2 1 3 4 5]]", 2: "[[0 2 1 3 4] [5]]", 3: "[[0 2] [1 3 4] [5]]", 4: "[[0 2] [1 3] [4] [5]]", 6: "[[0] [1] [2] [3] [4] [5]]", 99: "[[0] [1] [2] [3] [4] [5]]",
	} {
		if got := fmt.Sprint(Branches(d, n)); got != want {
			t.Errorf("%d branches: %s; want %s", n, got, want)
		}
	}
	if fmt.Sprint(d) != before {
		t.Error("the distances were written over")
	}
	if got := Branches(nil, 3); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// Each join of Ward's linkage is, of all, the one that adds least to the sum of squares, taken by its definition.
func TestWard(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 24
	var at [n][3]float64
	d := make([][]float64, n)
	for i := range at {
		at[i] = [3]float64{r.NormFloat64(), r.NormFloat64(), 2 * r.NormFloat64()}
	}
	for i := range at {
		for j := range at {
			sum := 0.
			for c := range 3 {
				sum += (at[i][c] - at[j][c]) * (at[i][c] - at[j][c])
			}
			d[i] = append(d[i], sum)
		}
	}
	spread := func(cluster []int) (sum float64) {
		var mean [3]float64
		for _, i := range cluster {
			for c := range 3 {
				mean[c] += at[i][c] / float64(len(cluster))
			}
		}
		for _, i := range cluster {
			for c := range 3 {
				sum += (at[i][c] - mean[c]) * (at[i][c] - mean[c])
			}
		}
		return sum
	}
	total := func(clusters [][]int) (sum float64) {
		for _, c := range clusters {
			sum += spread(c)
		}
		return sum
	}
	for k := n; k > 1; k-- {
		now, next := Branches(d, k), Branches(d, k-1)
		least := math.Inf(1)
		for i := range now {
			for j := range i {
				least = min(least, spread(slices.Concat(now[i], now[j]))-spread(now[i])-spread(now[j]))
			}
		}
		if added := total(next) - total(now); math.Abs(added-least) > 1e-9 {
			t.Errorf("from %d to %d branches %g is added; want the least, %g", k, k-1, added, least)
		}
	}
}
