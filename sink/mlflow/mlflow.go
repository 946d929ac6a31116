// Package mlflow sends a run's log to a tracking server of MLflow, by its REST interface.
//
//  1. Open returns a Run, which works beside the training: it sends the events that there are, and those
//     of Write, which only puts them into a queue;
//  2. the first event makes the run on the server, or finds the one that a resumed run has there (Ref),
//     with the points that it has; these are not sent again. Before a second try to make it, it is
//     looked for by a tag of its own: the first may have made it;
//  3. others become metrics, by the samples trained on, and tags; those of a second go in one request;
//  4. what fails is tried again, at growing distances, unless the server refuses it; Write tells of the
//     first failure, and training goes on;
//  5. Close waits until all is sent, for a limited time; how the run ended is sent last.
//
// A batch that is tried again is the same to the byte: MLflow's databases keep one of points that are the
// same in all (mlflow/store/tracking/sqlalchemy_store.py), and parameters and tags are set again.
//
// A server gets the events in their order, and none is left out before another, so that what it has can
// be gone on with, by lgl resume or lgl export.
package mlflow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/sink"
)

// Options say where a run goes.
type Options struct {
	Server     *Server
	Experiment string
	Ref        Ref             // of a run that is there, or may be; zero: it is made
	Keep       func(Ref) error // keeps the Ref of one before it is made, and after

	pace, least, longest time.Duration // between two requests, and two tries; 0: as below
	tries                time.Duration // for how long what fails is tried again; 0: until Close
}

const (
	queued       = 4096             // events that can wait
	usualPace    = time.Second      // least time between two batches
	usualLeast   = time.Second      // before the second try
	usualLongest = 30 * time.Second // before any other
	usualTries   = 10 * time.Second // of Send
)

// Run is a run on the server.
type Run struct {
	Options
	past    []record.Stamped
	queue   chan record.Stamped
	closing chan struct{}
	done    chan struct{} // closed when nothing more is sent
	cancel  context.CancelFunc

	reader  sink.Reader
	has     latest
	pending batch
	last    record.Stamped // that was taken

	mu      sync.Mutex // of what follows
	trouble error      // the first, for Write
	told    bool       // by Write
	latest  error      // of the tries, nil after one that worked
	full    bool       // the queue was: what came after is not sent
	left    int        // events that are not sent yet
	answers int        // of the server
	failed  error      // why nothing more is sent
}

// Open begins to send, first the events of past.
func Open(o Options, past []record.Stamped) *Run {
	if o.pace == 0 {
		o.pace, o.least, o.longest = usualPace, usualLeast, usualLongest
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Run{
		Options: o, past: past, left: len(past), cancel: cancel,
		queue: make(chan record.Stamped, queued), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go r.work(ctx)
	return r
}

// Send sends the events of a run that the server lacks, and waits until it has them. An answer may take two minutes, but a
// server that is down is given up after ten seconds. The error is that of ctx where ctx ended it.
func Send(ctx context.Context, o Options, events []record.Stamped) error {
	o.tries = usualTries
	err := Open(o, events).Close(ctx, math.MaxInt64) // each request has an end
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Write takes an event, at once. It returns an error once, when something went wrong with those before.
func (r *Run) Write(e record.Stamped) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left++
	if !r.full {
		select {
		case r.queue <- e:
		default:
			r.full = true
		}
	}
	if r.trouble == nil || r.told {
		return nil
	}
	r.told = true
	return fmt.Errorf("MLflow at %s: %w", r.Server, r.trouble)
}

// Close waits until all is sent, but not beyond ctx, nor for longer than patience without an answer. It
// says if something is not sent.
func (r *Run) Close(ctx context.Context, patience time.Duration) error {
	close(r.queue)
	close(r.closing)
	for answers := -1; answers < r.answered() && ctx.Err() == nil; {
		answers = r.answered()
		select {
		case <-r.done:
		case <-ctx.Done():
		case <-time.After(patience):
		}
	}
	r.cancel()
	<-r.done
	return r.lacks()
}

// lacks says what is not sent, and why.
func (r *Run) lacks() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left == 0 && r.failed == nil {
		return nil
	}
	what := fmt.Sprintf("the last %d of the run's events", r.left)
	if r.left == 0 {
		what = "how the run ended"
	}
	err := r.failed
	if r.latest != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = r.latest
	} else if err == nil || errors.Is(err, context.Canceled) {
		err = errors.New("it takes too long")
	}
	return fmt.Errorf("MLflow at %s lacks %s: %w", r.Server, what, err)
}

// answered is how often the server has answered.
func (r *Run) answered() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answers
}

// work sends what comes, until Close or an error that does not pass.
func (r *Run) work(ctx context.Context) {
	defer close(r.done)
	err := r.sendAll(ctx)
	if err != nil && ctx.Err() == nil {
		r.note(fmt.Errorf("%w; nothing more is sent", err))
	}
	r.mu.Lock()
	r.failed = err
	r.mu.Unlock()
	if err != nil {
		for range r.queue { // so that the memory is free; Close ends it
		}
	}
}

// note keeps the first trouble for Write.
func (r *Run) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trouble == nil {
		r.trouble = err
	}
}

// tried notes the outcome of a try.
func (r *Run) tried(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latest = err
	if err == nil {
		r.answers++
	}
}

// sent counts events down that are with the server.
func (r *Run) sent(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left -= n
}

// retry tries until it works, the server refuses, ctx ends, or it was tried for long enough.
func (r *Run) retry(ctx context.Context, try func(context.Context) error) error {
	wait, began := r.least, time.Now()
	for {
		err := try(ctx)
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if r.tried(err); err == nil {
			return nil
		}
		if !passes(err) || r.tries > 0 && time.Since(began) >= r.tries {
			return err
		}
		r.note(fmt.Errorf("%w; this is tried again until the run ends", err))
		if r.sleep(ctx, wait); ctx.Err() != nil {
			return ctx.Err()
		}
		wait = min(2*wait, r.longest)
	}
}

// sleep waits, but not for longer than the least time once the run is closed.
func (r *Run) sleep(ctx context.Context, wait time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	case <-r.closing:
		select {
		case <-ctx.Done():
		case <-time.After(min(wait, r.least)):
		}
	}
}
