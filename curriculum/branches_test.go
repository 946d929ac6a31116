package curriculum

import (
	"fmt"
	"math"
	"testing"
)

// Branches against the clusters of a line of points, which one sees; and what it is given stays.
func TestBranches(t *testing.T) {
	at := []float64{0, 10, 1, 11, 12.5, 30}
	d := make([][]float64, len(at))
	for i := range at {
		for j := range at {
			d[i] = append(d[i], math.Abs(at[i]-at[j]))
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
