package reference

import "sync"

// kernel is a piece of a pass over the network. Its work is a number of units (samples, channels)
// that can be done in any order, or at once, without changing a bit of the result.
type kernel interface {
	// size returns the number of units for a batch of n samples, and about how long one takes on
	// one thread, in nanoseconds.
	size(n int) (units, cost int)
	// run does some of the units.
	run(s span)
}

// span is the units from..to-1 of a kernel for a batch of n samples. Parts that run at once have
// different numbers, each with scratch memory of its own.
type span struct{ n, part, from, to int }

// grain is the least work worth a goroutine, in nanoseconds.
const grain = 20_000

// run runs a kernel for n samples on up to threads goroutines.
func run(k kernel, n, threads int) {
	units, cost := k.size(n)
	parts := min(threads, units, units*cost/grain)
	if parts <= 1 {
		k.run(span{n, 0, 0, units})
		return
	}
	runParts(k, n, units, parts)
}

// runParts runs a kernel in parts of about the same size.
func runParts(k kernel, n, units, parts int) {
	var wait sync.WaitGroup
	for part := 1; part < parts; part++ {
		wait.Go(func() { k.run(span{n, part, part * units / parts, (part + 1) * units / parts}) })
	}
	k.run(span{n, 0, 0, units / parts})
	wait.Wait()
}
