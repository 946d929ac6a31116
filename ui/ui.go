// Package ui serves a page that shows the runs below a directory while they train, to a browser on
// the same machine. It reads logs; it cannot steer, nor write anything.
//
//  1. Listen takes a port of a loopback address, and no other;
//  2. index finds the runs below the directory (tree), and glances at the beginning and the end of
//     each log, which is all that a list of them takes;
//  3. a log is read whole once something is asked of its epochs (detail), read on from where it was
//     when it has grown, and read again where lgl resume took it back; what was not asked for
//     lately is forgotten (shelf);
//  4. guard turns away what the page itself would not ask: other hosts, other origins, other
//     methods; pick finds a run by its id, so that no request has a path of a file in it;
//  5. api.go answers: the list, curves (curves.go: a track of each run, in a group with those of other
//     seeds, whose standing among the groups is told; thinned by thin.go), confusions ordered by a tree of
//     the classes (confusion.go), comparisons;
//  6. live tells connected pages what changed, and looks for changes only while there are any.
package ui

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Limits of the server. A page needs six connections and one stream of events.
const (
	mostConnections = 256
	mostStreams     = 32
	mostHeader      = 64 << 10 // bytes: a thousand ids

	headerTime   = 5 * time.Second
	readTime     = 10 * time.Second
	workTime     = 5 * time.Minute  // to work out an answer
	sendTime     = 20 * time.Second // to take it
	idleTime     = 30 * time.Second
	shutdownTime = time.Second
)

// Server serves the page of one directory.
type Server struct {
	index *index
	shelf *shelf
	live  *live
	files map[string]file // the page, by path
	busy  chan struct{}   // held by who reads logs: one at a time, so that training goes on
}

// New returns the Server of the runs below dir, which must be a directory, when it has looked at them.
func New(dir string) (*Server, error) {
	ix, err := openIndex(dir)
	if err != nil {
		return nil, err
	}
	files, err := page()
	if err != nil {
		return nil, errors.Join(err, ix.close())
	}
	s := &Server{index: ix, shelf: newShelf(ix.root), files: files, busy: make(chan struct{}, 1)}
	s.live = newLive(ix)
	s.live.look()
	return s, nil
}

// Close lets go of the directory.
func (s *Server) Close() error { return s.index.close() }

// Runs returns how many runs there are.
func (s *Server) Runs() int {
	s.live.look()
	return len(s.index.list())
}

// Serve answers what comes to l until ctx ends; then it returns ctx's error. l is closed.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	guests := newGuests(mostConnections)
	h := &http.Server{
		Handler:           guard(l.Addr(), http.HandlerFunc(s.answer)),
		ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: workTime, IdleTimeout: idleTime,
		MaxHeaderBytes: mostHeader, DisableGeneralOptionsHandler: true,
		ConnState:   guests.note,
		ErrorLog:    silent(),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if h.Shutdown(end) != nil {
		_ = h.Close() // what does not end by itself
	}
	<-served
	return ctx.Err()
}
