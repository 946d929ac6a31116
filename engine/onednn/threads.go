package onednn

import "sync"

// split calls f for ranges that together are 0..n, on as many goroutines as threads, its workers.
func split(threads, n int, f func(worker, from, to int)) {
	var wait sync.WaitGroup
	size := (n + threads - 1) / threads
	for worker := range threads - 1 {
		wait.Go(func() { f(worker, min(worker*size, n), min((worker+1)*size, n)) })
	}
	f(threads-1, min((threads-1)*size, n), n)
	wait.Wait()
}

// grain is the least number of float32 worth a goroutine of its own.
const grain = 1 << 16

// parallel calls f for ranges of whole vectors that together are 0..n, on up to threads goroutines.
func parallel(threads, n int, f func(from, to int)) {
	split(max(1, min(threads, n/grain)), (n+lanes-1)/lanes, func(_, from, to int) { f(min(from*lanes, n), min(to*lanes, n)) })
}
