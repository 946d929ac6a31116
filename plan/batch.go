package plan

import (
	"errors"
	"fmt"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/internal/plural"
)

// CheckBatch reports a batch that the training data cannot fill once.
func CheckBatch(batch, samples int) error {
	if batch > samples {
		return fmt.Errorf("--batch %d is larger than the training data, %d samples; choose at most %d", batch, samples, samples)
	}
	return nil
}

// mostSamples is what a run can train on: years of work for any machine, and sums of counts are far from overflowing.
const mostSamples = 1e15

// checkBudget reports a budget, on so many training samples, of more than mostSamples.
func checkBudget(c config.Config, samples int) error {
	if all := c.Budget * float64(c.Epochs) * float64(samples); all > mostSamples {
		return fmt.Errorf("--budget %v with --epochs %d: %.3g samples to train on, of %s; want at most %.0e in a run", c.Budget, c.Epochs, all, plural.Thousands(samples), mostSamples)
	}
	return nil
}

// CheckNorm reports batches in which batch norm would meet one sample alone, over which it has no
// variance: package data leaves no last batch of one sample, if batches have at least three.
func CheckNorm(batch, epoch int) error {
	switch {
	case batch < 3 && epoch < 3:
		return fmt.Errorf("%s to train on: batch norm has no variance over one, and the last batch could be one; use at least 3", plural.Count(epoch, "sample"))
	case batch < 3:
		return fmt.Errorf("--batch %d: batch norm has no variance over one sample, and the last batch could be one; use at least 3", batch)
	case epoch == 1:
		return errors.New("an epoch of one sample, over which batch norm has no variance; use more data")
	}
	return nil
}
