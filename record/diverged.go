package record

import "math"

// Diverged reports a training loss, of an epoch, that is no number, or far above that of guessing among the classes: more
// than three times. What such a network answers says nothing of its method, only that its steps were too large.
func Diverged(loss float64, classes int) bool { return !(loss <= 3*Guessing(classes)) }

// Guessing is the loss of a network that gives all classes the same probability, ln K. Of fewer than two, where there is
// nothing to guess or the log does not name them, it is that of two.
func Guessing(classes int) float64 { return math.Log(float64(max(classes, 2))) }
