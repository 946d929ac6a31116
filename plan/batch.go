package plan

import (
	"errors"
	"fmt"
	"slices"
)

// CheckBatch reports a batch that the training data cannot fill once.
func CheckBatch(batch, samples int) error {
	if batch > samples {
		return fmt.Errorf("--batch %d is larger than the training data, %d samples; choose at most %d", batch, samples, samples)
	}
	return nil
}

// CheckTail reports a stage with a batch of one sample, over which batch norm has no variance. An
// epoch has so many samples; total, unless 0, ends the last one early.
func CheckTail(epoch int, total int64, batch int) error {
	sizes := []int64{int64(epoch), total % int64(epoch)}
	if total > 0 && total < int64(epoch) {
		sizes = sizes[1:]
	}
	for _, size := range sizes {
		if size == 0 || lastBatch(size, batch) != 1 {
			continue
		}
		if size == 1 {
			return errors.New("an epoch of one sample, over which batch norm has no variance; use more data")
		}
		return fmt.Errorf("%d samples in batches of %d leave a last batch of one sample, over which batch norm has no variance; choose another --batch, say %d",
			size, batch, betterBatch(sizes, batch))
	}
	return nil
}

// lastBatch returns the size of the last batch.
func lastBatch(samples int64, batch int) int64 { return (samples-1)%int64(batch) + 1 }

// betterBatch returns the largest smaller batch, or else the smallest larger one, that leaves no
// last batch of one sample in epochs of these sizes.
func betterBatch(sizes []int64, batch int) int {
	good := func(b int) bool {
		return !slices.ContainsFunc(sizes, func(n int64) bool { return n > 1 && lastBatch(n, b) == 1 })
	}
	for b := batch - 1; b > 1; b-- {
		if good(b) {
			return b
		}
	}
	for b := batch + 1; ; b++ { // every b above the sizes is good
		if good(b) {
			return b
		}
	}
}
