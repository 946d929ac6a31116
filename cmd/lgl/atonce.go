package main

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"

	"github.com/local-to-global/lgl/engine/xla"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/task"
)

// checkJobs reports a --jobs that no suite can have.
func checkJobs(jobs int) error {
	if cores := runtime.NumCPU(); jobs < 0 || jobs > cores {
		return failure.Usage(fmt.Errorf("--jobs %d: want 1 to %d, the cores of this machine, or 0", jobs, cores))
	}
	return nil
}

// atOnce is how many of the runs to train at once where jobs are asked for, 0 for one a core, or what suits a device, and so
// many bytes of memory are free, 0 if that is not known.
func (p *pending) atOnce(jobs, cores int, free int64) (int, error) {
	if len(p.cells) > 0 && p.cells[0].Config.Engine == "xla" {
		return max(cmp.Or(jobs, p.onDevice(cores)), 1), nil
	}
	n := max(min(cmp.Or(jobs, cores), len(p.cells)), 1)
	if free == 0 || together(p.about, n) <= free {
		return n, nil
	}
	fit := n
	for fit > 1 && together(p.about, fit) > free {
		fit--
	}
	switch {
	case jobs == 0 && together(p.about, 1) > free:
		return 1, p.warn(jobs, 1, fit, free)
	case jobs == 0:
		p.app.say(fmt.Sprintf("%s at once, not %d, which would take about %s of memory; %s are available",
			plural.Count(fit, "run"), n, megabytes(together(p.about, n)), megabytes(free)))
		return fit, nil
	}
	return n, p.warn(jobs, n, fit, free)
}

// onDevice is how many runs train at once on a GPU, which has a memory of its own: more than one where one does not fill it.
func (p *pending) onDevice(cores int) int {
	if p.work > xla.BoundByDevice {
		return 1
	}
	return min(3, cores, len(p.cells))
}

// warn tells of n runs at once that do not fit into free bytes by the estimate, as fit of them do, if any. It is on the
// safe side, so that they are refused only where they cannot fit.
func (p *pending) warn(jobs, n, fit int, free int64) error {
	least, said := together(p.least, n), fmt.Sprintf("a run takes about %s of memory", megabytes(together(p.about, n)))
	if n > 1 {
		said = fmt.Sprintf("--jobs %d: %d runs at once take about %s of memory", jobs, n, megabytes(together(p.about, n)))
	}
	there, way := megabytes(free)+" are available", p.wayOut(n, fit, free)
	if least <= free {
		p.app.say(fmt.Sprintf("%s; %s, and the system may kill what takes more; %s", said, there, way))
		return nil
	}
	err := fmt.Errorf("%s, at least %s; %s; %s", said, megabytes(least), there, way)
	if n > 1 {
		return failure.Usage(err)
	}
	return err
}

// wayOut is what takes less memory than n runs at once.
func (p *pending) wayOut(n, fit int, free int64) string {
	one := together(p.about, 1)
	switch {
	case one <= free:
		return fmt.Sprintf("--jobs %d takes about %s", fit, megabytes(together(p.about, fit)))
	case n > 1:
		return "even one takes about " + megabytes(one) + ": " + p.smaller
	}
	return p.smaller
}

// together is what n runs hold, of which each has one of these sizes, whichever meet.
func together(sizes []int64, n int) (bytes int64) {
	for _, size := range slices.Sorted(slices.Values(sizes))[max(len(sizes)-n, 0):] {
		bytes += size
	}
	return bytes
}

// footprint is the memory that a run takes while it trains, in bytes: at least weights, gradients,
// momentum and what backward needs of the activations; about all activations, and the weights sixteen times,
// since they are in the layouts of algorithms too, for training and for evaluation, and on their way to a
// checkpoint, where Go lets garbage grow as large as what lives. By oneDNN it was at most 1.0 of that (VGG-16
// and ResNets, batches of 64 to 512), by the reference up to 1.4 (small networks).
func footprint(t task.Task) (least, about int64) {
	kept, all := t.Net.Activations()
	batch, weights, value := int64(t.Config.Batch), 4*int64(t.Net.TrainableValues()), int64(4)
	if t.Config.Precision == "bf16" {
		value = 2 // of some
	}
	return 3*weights + value*batch*int64(kept), 16*weights + 4*batch*int64(all)
}

// megabytes is a number of bytes in words.
func megabytes(bytes int64) string { return count(bytes>>20) + " MB" }
