package record

import "math"

// Diverged reports a training loss that is no number, or far above that of guessing among the classes: more than three times. What
// such a network answers says nothing of its method, only that its steps were too large. first is the first epoch of the same stage;
// trained says that the stage began with weights that were trained, not drawn. Each sample of a new class costs a network dearly that
// is sure of the old ones: so in its first epoch, and in later ones with a lower loss, that is a hundred times.
func (e EpochEnded) Diverged(first EpochEnded, classes int, trained bool) bool {
	times := 3.0
	if trained && (e.StageEpoch <= 1 || e.TrainLoss < first.TrainLoss) {
		times = 100
	}
	return !(e.TrainLoss <= times*Guessing(classes))
}

// Guessing is the loss of a network that gives all classes the same probability, ln K. Of fewer than two, where there is
// nothing to guess or the log does not name them, it is that of two.
func Guessing(classes int) float64 { return math.Log(float64(max(classes, 2))) }
