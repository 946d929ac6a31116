package data

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync"
)

// Loader makes batches of transformed samples. It may run several epochs at once.
//
// An epoch has a few slots, each the memory of one batch, and workers that fill them ahead of
// the consumer; batch k always uses slot k modulo the number of slots. A sample's random choices
// come from a generator seeded by (seed, position in the order), so neither the number of workers
// nor their luck shows in the result.
type Loader struct {
	src     Source
	shape   []int
	batch   int
	workers int
	write   func(w *worker, dst []float32, i int) error // sample i, transformed
	memory  sync.Pool                                   // of *[]float32, between epochs
}

// NewLoader returns a loader of batches of up to batch samples, prepared by so many workers; 0
// workers means one per core. t may be nil: samples as they are. A source with a label of no class
// is refused here, ahead of all that counts by label.
func NewLoader(src Source, t Transform, batch, workers int) (*Loader, error) {
	if src.Len() == 0 {
		return nil, errors.New("the data has no samples")
	}
	if err := CheckLabels(src); err != nil {
		return nil, err
	}
	if batch < 1 {
		return nil, fmt.Errorf("batch of %d samples; want at least 1", batch)
	}
	if workers < 0 {
		return nil, fmt.Errorf("%d loader workers; want at least 1, or 0 for one per core", workers)
	}
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if _, ok := src.(Pictures); views(t) && !ok {
		return nil, errors.New("the data are no pictures in files, of which there are random views")
	}
	shape := src.Shape()
	if t != nil {
		var err error
		if shape, err = t.Shape(src.Shape()); err != nil {
			return nil, err
		}
	}
	return &Loader{src: src, shape: shape, batch: batch, workers: workers, write: writer(src, t)}, nil
}

// Shape returns the shape of a sample in a batch, after the transform.
func (l *Loader) Shape() []int { return l.shape }

// Epoch yields the samples order[0], order[1] ... in batches of as many as NewLoader was told. The
// last one may be short; if it had one sample alone, the one before gives it a second, unless
// batches are of two. weights, one per position of order, may be nil. A batch is valid until the
// next one is asked for; order and weights must not change until the loop ends. The first error (a
// sample that cannot be read, a cancelled ctx) is yielded after the batches before it and ends the
// epoch. Leaving the loop early leaves nothing running.
func (l *Loader) Epoch(ctx context.Context, order []int, weights []float32, seed uint64) iter.Seq2[Batch, error] {
	return l.EpochFrom(ctx, 0, order, weights, seed, nil)
}

// EpochFrom is Epoch without its first batches, whose samples are not read. whole, if it is not nil,
// finishes batch k of the epoch, from 0: it may change X, and returns the batch to yield. Workers call
// it, for several batches at once.
func (l *Loader) EpochFrom(ctx context.Context, first int, order []int, weights []float32, seed uint64, whole func(k int, b Batch) Batch) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		if err := l.check(order, weights); err != nil {
			yield(Batch{}, err)
			return
		}
		e := l.start(ctx, first, order, weights, seed, whole)
		defer e.stop()
		for k := first; k < e.batches; k++ {
			b, err := e.next(k)
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// check reports an order or weights that do not fit the source.
func (l *Loader) check(order []int, weights []float32) error {
	if weights != nil && len(weights) != len(order) {
		return fmt.Errorf("%d weights for an order of %d samples", len(weights), len(order))
	}
	for pos, i := range order {
		if i < 0 || i >= l.src.Len() {
			return fmt.Errorf("position %d of the order is sample %d; the data has %d samples", pos, i, l.src.Len())
		}
	}
	return nil
}

// epoch is one pass while it runs.
type epoch struct {
	*Loader
	outer, ctx context.Context // the caller's, and one that ends with the epoch
	cancel     context.CancelFunc
	order      []int
	weights    []float32
	seed       uint64
	whole      func(k int, b Batch) Batch
	first      int // batch to begin with
	batches    int
	slots      []slot
	jobs       chan int // batches to fill, in order
	running    sync.WaitGroup
}

// slot is the memory of one batch.
type slot struct {
	x     *[]float32
	y     []int32
	batch Batch
	ready chan error // filled, or why not
}

// start sets the workers to fill the first batches: one per worker, one ready, one in use.
func (l *Loader) start(ctx context.Context, first int, order []int, weights []float32, seed uint64, whole func(int, Batch) Batch) *epoch {
	e := &epoch{Loader: l, outer: ctx, first: first, order: order, weights: weights, seed: seed, whole: whole}
	e.ctx, e.cancel = context.WithCancel(ctx)
	e.batches = (len(order)-1)/l.batch + 1
	if len(order) == 0 {
		e.batches = 0
	}
	e.slots = make([]slot, max(0, min(l.workers+2, e.batches-first)))
	e.jobs = make(chan int, len(e.slots))
	for i := range e.slots {
		k := first + i
		e.slots[k%len(e.slots)] = slot{x: l.take(), y: make([]int32, min(l.batch, len(order))), ready: make(chan error, 1)}
		e.jobs <- k
	}
	for range min(l.workers, len(e.slots)) {
		e.running.Go(e.work)
	}
	return e
}

// next waits for batch k, after giving the slot of batch k-1 to the batch that follows in it.
func (e *epoch) next(k int) (Batch, error) {
	if ahead := k - 1 + len(e.slots); k > e.first && ahead < e.batches {
		e.jobs <- ahead
	}
	s := &e.slots[k%len(e.slots)]
	var err error
	select {
	case err = <-s.ready:
	case <-e.ctx.Done():
	}
	if e.outer.Err() != nil {
		return Batch{}, e.outer.Err()
	}
	if err != nil {
		return Batch{}, err
	}
	return s.batch, nil
}

// stop ends the workers, waits for them and keeps the memory for the next epoch.
func (e *epoch) stop() {
	e.cancel()
	close(e.jobs)
	e.running.Wait()
	for _, s := range e.slots {
		e.memory.Put(s.x)
	}
}

// span returns the positions of batch k. A last batch of one sample, over which batch norm has no
// variance, gets a second one from the batch before it.
func (e *epoch) span(k int) (lo, hi int) {
	n := len(e.order)
	lo, hi = k*e.batch, min((k+1)*e.batch, n)
	single := e.batch > 2 && n > e.batch && n%e.batch == 1
	switch {
	case single && k == e.batches-1:
		lo--
	case single && k == e.batches-2:
		hi--
	}
	return lo, hi
}

// take returns memory for a batch, of any length.
func (l *Loader) take() *[]float32 {
	if x, ok := l.memory.Get().(*[]float32); ok {
		return x
	}
	return new([]float32)
}

// worker is what one goroutine needs to make samples.
type worker struct {
	pcg     rand.PCG
	rand    *rand.Rand // draws from pcg
	scratch []float32  // a sample before its transform
	bytes   []byte     // or a view of a picture
}

// work fills slots until there are no more jobs.
func (e *epoch) work() {
	w := &worker{}
	w.rand = rand.New(&w.pcg)
	for k := range e.jobs {
		s := &e.slots[k%len(e.slots)]
		s.ready <- e.fill(w, s, k)
	}
}

// fill makes batch k in s.
func (e *epoch) fill(w *worker, s *slot, k int) error {
	lo, hi := e.span(k)
	size := Size(e.shape)
	if len(*s.x) < (hi-lo)*size {
		*s.x = make([]float32, (hi-lo)*size)
	}
	for pos := lo; pos < hi; pos++ {
		if e.ctx.Err() != nil {
			return e.ctx.Err()
		}
		i := e.order[pos]
		w.pcg.Seed(e.seed, uint64(pos))
		if err := e.write(w, (*s.x)[(pos-lo)*size:][:size], i); err != nil {
			return fmt.Errorf("sample %d: %w", i, err)
		}
		s.y[pos-lo] = int32(e.src.Label(i))
	}
	s.batch = Batch{X: (*s.x)[:(hi-lo)*size], Y: s.y[:hi-lo], Index: e.order[lo:hi:hi]}
	if e.weights != nil {
		s.batch.Weight = e.weights[lo:hi:hi]
	}
	if e.whole != nil {
		s.batch = e.whole(k, s.batch)
	}
	return nil
}

// writer returns the shortest way from a sample of src to a transformed one.
func writer(src Source, t Transform) func(w *worker, dst []float32, i int) error {
	if t == nil {
		return func(_ *worker, dst []float32, i int) error { return src.Sample(i, dst) }
	}
	if fast, ok := t.(PixelTransform); ok {
		apply := fast.Pixels(src.Shape())
		switch src := src.(type) {
		case Pixels:
			return func(w *worker, dst []float32, i int) error {
				apply(dst, src.Pixels(i), w.rand)
				return nil
			}
		case Pictures:
			return viewer(src, apply, views(t))
		}
	}
	in := src.Shape()
	return func(w *worker, dst []float32, i int) error {
		if w.scratch == nil {
			w.scratch = make([]float32, Size(in))
		}
		if err := src.Sample(i, w.scratch); err != nil {
			return err
		}
		t.Apply(dst, w.scratch, in, w.rand)
		return nil
	}
}

// viewer returns the way from a picture, or a random view of it, to a transformed sample.
func viewer(src Pictures, apply func(dst []float32, src []byte, r *rand.Rand), random bool) func(w *worker, dst []float32, i int) error {
	size := Size(src.Shape())
	return func(w *worker, dst []float32, i int) error {
		if w.bytes == nil {
			w.bytes = make([]byte, size)
		}
		var r *rand.Rand
		if random {
			r = w.rand
		}
		if err := src.View(i, w.bytes, r); err != nil {
			return err
		}
		apply(dst, w.bytes, w.rand)
		return nil
	}
}
