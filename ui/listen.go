package ui

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/local-to-global/lgl/internal/platform"
)

// DefaultAddr is where the page is if nothing else is asked for; the ports after it are tried where
// it is in use.
const DefaultAddr = "127.0.0.1:8017"

// ErrAddr is the error of an address at which the page may not be, or that is none.
var ErrAddr = errors.New("want a loopback address and a port, such as " + DefaultAddr)

// ErrInUse is the error of a port at which something else listens.
var ErrInUse = errors.New("is in use")

// Listen listens at addr, an address of this machine for itself: 127.0.0.1:8017, [::1]:8017,
// localhost:8017; port 0 takes any that is free.
func Listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", addr, ErrAddr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return nil, fmt.Errorf("%q: the port must be a number up to 65535; %w", addr, ErrAddr)
	} else if host == "localhost" {
		addr = fmt.Sprintf("127.0.0.1:%d", n)
	} else if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%q: the page asks for no password, so only this machine may see it; %w", addr, ErrAddr)
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, platform.AddressInUse) {
		return nil, fmt.Errorf("%s %w", addr, ErrInUse)
	}
	return l, err
}

// ListenNear listens at DefaultAddr, or at the first of the next 19 ports that is free.
func ListenNear() (net.Listener, error) {
	host, port, _ := net.SplitHostPort(DefaultAddr)
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	for n := range 20 {
		l, err := Listen(net.JoinHostPort(host, strconv.Itoa(first+n)))
		if !errors.Is(err, ErrInUse) {
			return l, err
		}
	}
	return nil, fmt.Errorf("the ports %d to %d of %s: each %w", first, first+19, host, ErrInUse)
}

// guests are the open connections. Where there are too many, the one that has waited longest without
// a request makes room, so that who connects and says nothing keeps nobody out.
type guests struct {
	most  int
	mu    sync.Mutex
	state map[net.Conn]bool // whether it waits
	line  []net.Conn        // those that may wait, in the order in which they began to
}

func newGuests(most int) *guests { return &guests{most: most, state: map[net.Conn]bool{}} }

// note is told of every change of a connection, by http.Server.
func (g *guests) note(c net.Conn, s http.ConnState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch s {
	case http.StateNew, http.StateIdle:
		g.state[c] = true
		g.line = append(g.line, c)
	case http.StateActive:
		g.state[c] = false
	case http.StateClosed, http.StateHijacked:
		delete(g.state, c)
	}
	if len(g.line) > 4*g.most {
		g.tidy()
	}
	if len(g.state) > g.most {
		g.makeRoom(c)
	}
}

// makeRoom closes the connection that has waited longest; newest, if none waits.
func (g *guests) makeRoom(newest net.Conn) {
	g.tidy()
	gone := newest
	if len(g.line) > 0 {
		gone = g.line[0]
	}
	delete(g.state, gone)
	_ = gone.Close() // it is gone either way
}

// tidy leaves in line each connection that waits, once, where it came last.
func (g *guests) tidy() {
	seen := map[net.Conn]bool{}
	var kept []net.Conn
	for _, c := range slices.Backward(g.line) {
		if g.state[c] && !seen[c] {
			seen[c] = true
			kept = append(kept, c)
		}
	}
	slices.Reverse(kept)
	g.line = kept
}

// silent is the log of http.Server: what guests do wrong is no news for the terminal.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }
