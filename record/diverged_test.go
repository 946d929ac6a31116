package record

import (
	"math"
	"testing"
)

// A loss is that of a run that diverged from three times that of guessing on.
func TestDiverged(t *testing.T) {
	for _, c := range []struct {
		loss    float64
		classes int
		want    bool
	}{
		{0, 10, false}, {math.Log(10), 10, false}, {6.9, 10, false}, {6.91, 10, true}, {6.91, 100, false},
		{5.3e8, 10, true}, {math.Inf(1), 10, true}, {math.NaN(), 10, true}, {0, 1, false}, {0, 0, false}, {2.1, 2, true},
	} {
		if got := Diverged(c.loss, c.classes); got != c.want {
			t.Errorf("Diverged(%v, %d) is %v", c.loss, c.classes, got)
		}
	}
}
