package curriculum

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/cluster"
)

// Over random hierarchies: every class once; spanning, each group cut from the order has classes
// of as many superclasses as it can; branch by branch, a superclass ends before the next begins.
func TestHierarchyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 500 {
		k := 2 + r.IntN(30)
		super := make([]int, k)
		for i := range super {
			super[i] = r.IntN(1 + r.IntN(8))
		}
		h, s := HierarchyOf(super), r.Uint64()
		span, branch := h.Order(s, false), h.Order(s, true)
		if !isPermutation(span, k) || !isPermutation(branch, k) || !slices.Equal(span, h.Order(s, false)) {
			t.Fatalf("%v: orders %v and %v", super, span, branch)
		}
		if first := (LGL{Classes: k, Seed: s}).order(nil)[0]; span[0] != first || branch[0] != first {
			t.Fatalf("%v: orders %v and %v; the random strategy begins with %d", super, span, branch, first)
		}
		slices.Reverse(h) // in whatever order the superclasses stand
		if !slices.Equal(span, h.Order(s, false)) || !slices.Equal(branch, h.Order(s, true)) {
			t.Fatalf("%v: other orders for the superclasses in another order", super)
		}
		for i := 1; i < k; i++ {
			for j := range i - 1 {
				if super[branch[j]] == super[branch[i]] && super[branch[i-1]] != super[branch[i]] {
					t.Fatalf("%v comes back to a superclass of %v", branch, super)
				}
			}
		}
		sizes, err := groupSizes(k, 1+r.IntN(k), Even)
		if err != nil {
			t.Fatal(err)
		}
		for rest := span; len(sizes) > 0; rest, sizes = rest[sizes[0]:], sizes[1:] {
			if got, most := branches(super, rest[:sizes[0]]), branches(super, rest); got != min(most, sizes[0]) {
				t.Fatalf("%v: the next %d have classes of %d superclasses; %d have some left", rest, sizes[0], got, most)
			}
		}
	}
}

// branches counts the superclasses of classes.
func branches(super, classes []int) int {
	seen := map[int]bool{}
	for _, k := range classes {
		seen[super[k]] = true
	}
	return len(seen)
}

// The tree is that of the definition: at every step the two clusters with the smallest mean
// distance over all pairs of their points are joined.
func TestAverageLinkage(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for range 200 {
		points := make([][]float64, 2+r.IntN(12))
		for i := range points {
			points[i] = []float64{r.Float64(), r.Float64(), r.Float64()}
		}
		merges := averageLinkage(points)
		for clusters := len(points); clusters > 0; clusters-- {
			want := bruteClusters(points, clusters)
			got := cluster.Cut(merges, len(points), clusters)
			for i := range got {
				if !slices.Equal(slices.Sorted(slices.Values(got[i])), want[i]) || got[i][0] != want[i][0] {
					t.Fatalf("%d clusters: %v; want %v", clusters, got, want)
				}
			}
		}
	}
}

func bruteClusters(points [][]float64, n int) [][]int {
	var all [][]int
	for i := range points {
		all = append(all, []int{i})
	}
	for len(all) > n {
		least, at := math.Inf(1), [2]int{}
		for i := range all {
			for j := range i {
				sum := 0.0
				for _, a := range all[i] {
					for _, b := range all[j] {
						for d := range points[a] {
							sum += math.Abs(points[a][d]-points[b][d]) / 2
						}
					}
				}
				if sum /= float64(len(all[i]) * len(all[j])); sum < least {
					least, at = sum, [2]int{j, i}
				}
			}
		}
		all[at[0]] = slices.Sorted(slices.Values(slices.Concat(all[at[0]], all[at[1]])))
		all = slices.Delete(all, at[1], at[1]+1)
	}
	return all
}

// Points that fall together, as many as may be, still give one tree of all.
func TestLinkageOfTies(t *testing.T) {
	for n := 1; n < 20; n++ {
		points := slices.Repeat([][]float64{{0.5, 0.5}}, n)
		if all := cluster.Cut(averageLinkage(points), n, 1)[0]; !isPermutation(all, n) {
			t.Fatalf("%d points: %v", n, all)
		}
	}
}

// kinds is a probe to which classes 0..2 look alike, and 3..5.
type kinds struct {
	*fakeProbe
	labels []int
}

func (p kinds) MeanSoftmax(_ context.Context, samples, active []int) ([]float64, error) {
	q := make([]float64, len(active))
	q[p.labels[samples[0]]/3] = 1
	return q, nil
}

// Six classes of two kinds, two of them trained: of the four left, spanning takes one of each
// kind, branch by branch two of one, as far as the kinds have them.
func TestLearntChoice(t *testing.T) {
	labels := labelsOf(4, 4, 4, 4, 4, 4)
	for s := range uint64(100) {
		for _, branch := range []bool{false, true} {
			c := LGL{Stages: 3, Classes: 6, Select: Learnt, Partition: Even, Seed: s, Branch: branch}
			done := run(t, c, labels, kinds{&fakeProbe{}, labels})
			left := [2]int{}
			for _, k := range complement(6, done[0].Classes) {
				left[k/3]++
			}
			chosen := done[1].New
			first := c.order(done[0].Classes)[0] / 3 // the kind that comes first in the seed's order
			if same := chosen[0]/3 == chosen[1]/3; same != (branch && left[first] > 1) {
				t.Fatalf("branch %v, %v left by kind: chose %v", branch, left, chosen)
			}
		}
	}
}

// shortProbe gives a softmax of one number.
type shortProbe struct{ *fakeProbe }

func (shortProbe) MeanSoftmax(context.Context, []int, []int) ([]float64, error) {
	return []float64{1}, nil
}

func TestLearntRefuses(t *testing.T) {
	labels := labelsOf(2, 2, 2, 2)
	c := LGL{Stages: 2, Classes: 4, Select: Learnt, Partition: Even}
	first := []Stage{{Classes: []int{0, 1}}}
	for want, p := range map[string]Probe{
		"no such sample":          &fakeProbe{softmax: true, err: errors.New("no such sample")},
		"1 numbers for 2 classes": shortProbe{&fakeProbe{}},
	} {
		if _, err := c.Next(t.Context(), labels, first, p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error with %q", err, want)
		}
	}
	s, err := c.Next(t.Context(), labels, []Stage{{Classes: []int{2}}}, nil)
	if err != nil || !strings.Contains(s.Note, "same softmax") {
		t.Errorf("one trained class: %+v, %v", s, err)
	}
	c = LGL{Stages: 2, Classes: 4, Select: Given, Partition: Even}
	for _, order := range [][]int{nil, {0, 1, 2}, {0, 1, 2, 2}, {0, 1, 2, 4}, {0, 1, 2, 3, 3}} {
		c.Given = order
		if _, err := c.Next(t.Context(), labels, nil, nil); err == nil {
			t.Errorf("order %v was accepted", order)
		}
		if _, _, err := c.Plan([]int{2, 2, 2, 2}); err == nil {
			t.Errorf("order %v was planned", order)
		}
	}
}
