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
		first, second := EpochEnded{StageEpoch: 1, TrainLoss: c.loss}, EpochEnded{StageEpoch: 2, TrainLoss: c.loss}
		if drawn, later := first.Diverged(first, c.classes, false), second.Diverged(first, c.classes, true); drawn != c.want || later != c.want {
			t.Errorf("a loss of %v, %d classes: %v, %v in a second epoch that is no better", c.loss, c.classes, drawn, later)
		}
		dear := c.loss > 100*Guessing(c.classes) || math.IsNaN(c.loss)
		falls := EpochEnded{StageEpoch: 2, TrainLoss: c.loss}.Diverged(EpochEnded{StageEpoch: 1, TrainLoss: 2*c.loss + 1}, c.classes, true)
		if entered := first.Diverged(first, c.classes, true); entered != dear || falls != dear && !math.IsInf(c.loss, 1) {
			t.Errorf("a loss of %v, %d classes, of a trained network: %v in the first epoch, %v where it falls", c.loss, c.classes, entered, falls)
		}
	}
}
