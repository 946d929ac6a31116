package curriculum

import (
	"context"
	"io"
)

// Plain is training without a curriculum, the baseline: one stage of all classes.
type Plain struct {
	Classes int // K
	// Stretch is the number of epochs over which one epoch of the learning-rate schedule is
	// spread; 0 means 1.
	Stretch float64
	Stop    StopRule
}

// Next returns the one stage, then io.EOF.
func (c Plain) Next(_ context.Context, labels []int, done []Stage, _ Probe) (Stage, error) {
	if len(done) > 0 {
		return Stage{}, io.EOF
	}
	if _, err := members(labels, c.Classes); err != nil {
		return Stage{}, err
	}
	all := complement(c.Classes, nil)
	return Stage{Classes: all, New: all, Restart: true, Stretch: c.Stretch, Stop: c.Stop}, nil
}
