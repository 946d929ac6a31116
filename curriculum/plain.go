package curriculum

import (
	"context"
	"io"
)

// Plain is training without a curriculum, the baseline: one stage of all classes, or of some.
type Plain struct {
	Classes int   // K
	Only    []int // the classes to train on; nil: all
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
	active := c.Only
	if active == nil {
		active = complement(c.Classes, nil)
	}
	return Stage{Classes: active, New: active, Restart: true, Stretch: c.Stretch, Stop: c.Stop}, nil
}
