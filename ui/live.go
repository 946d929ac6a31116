package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	heartbeat = 15 * time.Second
	lookEach  = time.Second
	eventTime = 10 * time.Second // for a page to take what it is sent
)

// live tells streams what changed. It looks for changes only while there are streams.
type live struct {
	index   *index
	looks   sync.Mutex // so that what changed is told in the order in which it did
	mu      sync.Mutex
	streams map[*stream]bool
	stop    context.CancelFunc // ends the looking; nil: nobody looks
}

// stream is a connected page. What it was not sent yet is noted by run, so that a slow one holds
// nothing up and costs no more than the list.
type stream struct {
	mu    sync.Mutex
	dirty map[string]*Run // by id; nil: it is gone
	wake  chan struct{}
}

func newLive(ix *index) *live { return &live{index: ix, streams: map[*stream]bool{}} }

// join adds a stream and returns the list, from which its news goes on: nothing is told between them, and so
// what is told after the list is never older than that. It returns nil if there are too many streams.
func (l *live) join() (*stream, listing) {
	l.fresh()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.streams) >= mostStreams {
		return nil, listing{}
	}
	s := &stream{dirty: map[string]*Run{}, wake: make(chan struct{}, 1)}
	l.streams[s] = true
	if l.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		l.stop = stop
		go l.watch(ctx)
	}
	return s, l.index.listing()
}

// leave removes a stream, and with the last one ends the looking.
func (l *live) leave(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.streams, s)
	if len(l.streams) == 0 && l.stop != nil {
		l.stop()
		l.stop = nil
	}
}

// watch looks for changes until ctx ends.
func (l *live) watch(ctx context.Context) {
	tick := time.NewTicker(lookEach)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.look()
		}
	}
}

// look looks at the runs, unless that was done just now, and tells the streams.
func (l *live) look() {
	l.looks.Lock()
	defer l.looks.Unlock()
	l.tell(l.index.refresh())
}

// fresh is look for who asks, and does not wait where another looks already: what it found before will do.
func (l *live) fresh() {
	if l.looks.TryLock() {
		defer l.looks.Unlock()
		l.tell(l.index.refresh())
	}
}

// tell notes what changed for each stream.
func (l *live) tell(changed []Run, gone []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.streams {
		s.note(changed, gone)
	}
}

func (s *stream) note(changed []Run, gone []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range changed {
		s.dirty[r.ID] = &r
	}
	for _, id := range gone {
		s.dirty[id] = nil
	}
	if len(s.dirty) > 0 {
		select {
		case s.wake <- struct{}{}:
		default: // it knows
		}
	}
}

// take returns what is to be sent.
func (s *stream) take() map[string]*Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.dirty
	s.dirty = map[string]*Run{}
	return d
}

// serve sends the list, then what changes of it (what is left out with the next news or heartbeat), until the page
// or the server goes, or the page takes none for too long.
func (l *live) serve(w http.ResponseWriter, r *http.Request) {
	s, list := l.join()
	if s == nil {
		w.Header().Set("Retry-After", "10")
		refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("%d pages are open already; close one", mostStreams))
		return
	}
	defer l.leave(s)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	if r.Method == http.MethodHead {
		return
	}
	out := &eventWriter{w: w, control: http.NewResponseController(w)}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for err := out.event("list", list); err == nil; {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			err = out.send(": \n\n")
		case <-s.wake:
			for id, run := range s.take() {
				if err != nil {
					return
				}
				if run != nil {
					err = out.event("run", run)
				} else {
					err = out.event("gone", map[string]string{"id": id})
				}
			}
		}
		if note := l.index.left(); err == nil && note != list.Note {
			list.Note = note
			err = out.event("left", map[string]string{"note": note})
		}
	}
}

// eventWriter writes to a page.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send writes text and flushes it, in time.
func (o *eventWriter) send(text string) error {
	if err := o.control.SetWriteDeadline(time.Now().Add(eventTime)); err != nil {
		return err
	}
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.control.Flush()
}

// event sends one event.
func (o *eventWriter) event(name string, v any) error {
	data, err := json.Marshal(v) // in which no newline stands
	if err != nil {
		return err
	}
	return o.send(fmt.Sprintf("event: %s\ndata: %s\n\n", name, data))
}
