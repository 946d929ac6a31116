package ui

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// dial opens n connections and sends text on each.
func (s host) dial(n int, text string) (all []net.Conn) {
	s.t.Helper()
	for range n {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			s.t.Fatal(err)
		}
		_, _ = io.WriteString(c, text) // it may have had to make room already
		all = append(all, c)
	}
	return all
}

// quick wants an answer soon, over a new connection.
func (s host) quick(while string) {
	s.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	began := time.Now()
	r, err := client.Get("http://" + s.addr + "/api/runs")
	if err != nil {
		s.t.Errorf("%s: %v", while, err)
		return
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil || r.StatusCode != 200 {
		s.t.Errorf("%s: status %d, %v", while, r.StatusCode, err)
	}
	if took := time.Since(began); took > headerTime-500*time.Millisecond { // before one of the others is cut off
		s.t.Errorf("%s: an answer took %v", while, took)
	}
}

// settled waits until goroutines are about as few as before: each connection has some.
func (s host) settled(goroutines int) {
	s.t.Helper()
	for until := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > goroutines+5; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			s.t.Errorf("%d goroutines are left; there were %d", runtime.NumGoroutine(), goroutines)
			return
		}
	}
}

// Five hundred connections that say nothing, or half a request, or ask and take no answer, or keep a stream
// open: others are served at once, and no more than so many are held. Those that never asked are gone
// in the end, though their other ends stay.
func TestSlowConnections(t *testing.T) {
	dir := t.TempDir()
	many := usual()
	many.epochs = 4000
	lines := logOf(t, many.tell())
	for _, name := range []string{"a", "b", "c", "d"} {
		put(t, dir, name, lines...)
	}
	s := serve(t, dir)
	s.quick("alone")
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	curve := "GET /api/curves?metric=top1&points=10000&run=" + idOf("a") + strings.Repeat("&run="+idOf("b"), 3) + " HTTP/1.1\r\nHost: " + s.addr + "\r\n\r\n"
	var asked []net.Conn
	for what, text := range map[string]string{
		"silent":        "",
		"half a line":   "GET /api/ru",
		"half a header": "GET /api/runs HTTP/1.1\r\nHost: " + s.addr + "\r\nX-Slow: ",
		"idle":          "GET /api/runs HTTP/1.1\r\nHost: " + s.addr + "\r\n\r\n",
		"streams":       "GET /api/live HTTP/1.1\r\nHost: " + s.addr + "\r\n\r\n",
		"no reader":     curve,
	} {
		n := 500
		if what == "no reader" {
			n = 60 // each is worked for
		}
		conns := s.dial(n, text)
		s.quick(what)
		if open := runtime.NumGoroutine(); open > before+3*mostConnections+50 {
			t.Errorf("%s: %d goroutines", what, open)
		}
		defer func() {
			for _, c := range conns {
				_ = c.Close()
			}
		}()
		if text != "" && strings.HasSuffix(text, "\r\n\r\n") {
			asked = append(asked, conns...)
		}
	}
	for _, c := range asked {
		_ = c.Close()
	}
	s.settled(before)
}

// Who sends a byte now and then is cut off like who sends none.
func TestDrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "run", logOf(t, usual().tell())...)
	s := serve(t, dir)
	c := s.dial(1, "GET /api/runs HTTP/1.1\r\n")[0]
	defer c.Close()
	began := time.Now()
	for time.Since(began) < 3*headerTime {
		if _, err := io.WriteString(c, "X: y\r\n"); err != nil {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if took := time.Since(began); took < headerTime/2 || took > 2*headerTime {
		t.Errorf("cut off after %v; want %v", took, headerTime)
	}
}

// Among connections that wait the oldest makes room; one that is served does not.
func TestGuests(t *testing.T) {
	g := newGuests(3)
	closed := map[net.Conn]bool{}
	conn := func() net.Conn { c := &fakeConn{}; c.closed = func() { closed[c] = true }; return c }
	a, b, c, d, e := conn(), conn(), conn(), conn(), conn()
	for _, x := range []net.Conn{a, b, c} {
		g.note(x, http.StateNew)
	}
	g.note(a, http.StateActive)
	g.note(d, http.StateNew)
	if !closed[b] || len(closed) != 1 {
		t.Errorf("a fourth: closed %v; want the second", len(closed))
	}
	g.note(b, http.StateClosed)
	g.note(a, http.StateIdle) // it waits, but since now only
	g.note(e, http.StateNew)
	if !closed[c] || len(closed) != 2 {
		t.Errorf("a fifth: the third is not closed")
	}
	for _, x := range []net.Conn{a, d, e} {
		g.note(x, http.StateActive)
	}
	f := conn()
	g.note(f, http.StateNew)
	if !closed[f] {
		t.Error("all are served: the new one is not closed")
	}
	for range 1000 { // one that is used over and over takes no room
		g.note(a, http.StateIdle)
		g.note(a, http.StateActive)
	}
	if len(g.line) > 4*g.most+1 || len(g.state) > 3 {
		t.Errorf("%d in line, %d known", len(g.line), len(g.state))
	}
}

type fakeConn struct {
	net.Conn
	closed func()
}

func (c *fakeConn) Close() error { c.closed(); return nil }
