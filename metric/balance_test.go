package metric

import (
	"math/rand/v2"
	"testing"
)

// A network that always names the largest class has its share as top-1, and an equal share as the mean of the classes.
// The mean is that of scikit-learn's balanced_accuracy_score, whose documentation has y = [0 1 0 0 1 0], predictions
// [0 1 0 0 0 1] and 0.625.
func TestBalance(t *testing.T) {
	for _, c := range []struct {
		cells [][3]int
		want  Balance
	}{
		{nil, Balance{}},
		{[][3]int{{0, 0, 3}, {0, 1, 1}, {1, 1, 1}, {1, 0, 1}}, Balance{0.625, 0, 4. / 6, false}},
		{[][3]int{{2, 5, 20}, {5, 5, 60}, {7, 5, 20}}, Balance{1. / 3, 5, 0.6, true}},
		{[][3]int{{0, 0, 50}, {1, 1, 30}, {2, 2, 20}}, Balance{1, 0, 0.5, false}},
		{[][3]int{{0, 0, 51}, {1, 1, 30}, {2, 2, 19}}, Balance{1, 0, 0.51, true}},
	} {
		got := BalanceOf(c.cells)
		near(t, "mean", got.Mean, c.want.Mean, 1e-15)
		near(t, "share", got.Share, c.want.Share, 1e-15)
		if got.Largest != c.want.Largest || got.Uneven != c.want.Uneven {
			t.Errorf("%v: %+v; want %+v", c.cells, got, c.want)
		}
	}
}

// The matrix that counts has that of its cells, and of samples without a prediction, which are wrong.
func TestBalanceOfCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	c := NewConfusion(5)
	for range 200 {
		c.Add(r.IntN(4)*r.IntN(2), r.IntN(4))
	}
	if got, want := c.Balance(), BalanceOf(c.Cells()); got != want || !got.Uneven || got.Largest != 0 {
		t.Errorf("%+v; want %+v", got, want)
	}
	mean := c.Balance().Mean
	c.Add(4, -1)
	near(t, "mean with a class of one that has no prediction", c.Balance().Mean, mean*4/5, 1e-15)
}
