package ui

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// events opens a stream; what comes over it comes over the channel.
func (s host) events() (<-chan [2]string, func()) {
	s.t.Helper()
	client := http.Client{Transport: &http.Transport{}}
	r, err := client.Get("http://" + s.addr + "/api/live")
	if err != nil {
		s.t.Fatal(err)
	}
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
		s.t.Fatalf("status %d, %v", r.StatusCode, r.Header)
	}
	out := make(chan [2]string, 1000)
	go func() {
		defer close(out)
		kind := ""
		in := bufio.NewScanner(r.Body)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			if name, ok := strings.CutPrefix(in.Text(), "event: "); ok {
				kind = name
			} else if data, ok := strings.CutPrefix(in.Text(), "data: "); ok {
				out <- [2]string{kind, data}
			}
		}
	}()
	return out, func() { _ = r.Body.Close() }
}

// next returns the next event, which must be of a kind.
func next(t *testing.T, events <-chan [2]string, kind string) map[string]any {
	t.Helper()
	select {
	case e := <-events:
		var v map[string]any
		if err := json.Unmarshal([]byte(e[1]), &v); err != nil || e[0] != kind {
			t.Fatalf("event %q: %v; want %s", e, err, kind)
		}
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("no event; want %s", kind)
	}
	return nil
}

func TestLive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lines := logOf(t, usual().tell())
	path := put(t, dir, "run", lines[:3]...)
	put(t, dir, "other", lines...)
	s := serve(t, dir)
	s.list()
	events, leave := s.events()
	defer leave()
	if runs := next(t, events, "list")["runs"].([]any); len(runs) != 2 {
		t.Errorf("the list: %v", runs)
	}
	add(t, path, lines[3])
	if run := next(t, events, "run"); run["id"] != idOf("run") || run["epoch"] != 2.0 {
		t.Errorf("an epoch: %v", run)
	}
	add(t, path, joinLines(lines[4:]))
	if run := next(t, events, "run"); run["status"] != "done" || run["epoch"] != 6.0 {
		t.Errorf("the end: %v", run)
	}
	put(t, dir, "new", lines...)
	if run := next(t, events, "run"); run["name"] != "new" {
		t.Errorf("a new run: %v", run)
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "odd", logName), 0o755), os.RemoveAll(filepath.Join(dir, "other"))); err != nil {
		t.Fatal(err)
	}
	if gone := next(t, events, "gone"); gone["id"] != idOf("other") || len(gone) != 1 {
		t.Errorf("a run is gone: %v", gone)
	}
	note := dir + ": odd/events.jsonl is no regular file, so its run is not shown"
	if left := next(t, events, "left"); left["note"] != note {
		t.Errorf("what is left out: %v", left)
	}
	again, leaveAgain := s.events()
	defer leaveAgain()
	list := next(t, again, "list")
	if runs := list["runs"].([]any); len(runs) != 2 || list["dir"] != dir || list["note"] != note {
		t.Errorf("the list: %v", list)
	}
}

// add appends to a log.
func add(t testing.TB, path string, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
}

// While somebody looks at the logs, which takes seconds where there are many folders, nobody waits for that.
func TestAnswersWhileLooking(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "run", logOf(t, usual().tell())...)
	s := serve(t, dir)
	s.live.looks.Lock()
	defer s.live.looks.Unlock()
	if status, body := s.get("/api/runs"); status != http.StatusOK || !strings.Contains(string(body), idOf("run")) {
		t.Errorf("the list: %d %s", status, body)
	}
	events, leave := s.events()
	defer leave()
	next(t, events, "list")
	s.index.mu.Lock() // as one does who reads the list
	defer s.index.mu.Unlock()
	s.index.lookAll()
}

// Nobody looks at logs while no page is open, and there are so many pages at most.
func TestStreams(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "run", logOf(t, usual().tell())...)
	s := serve(t, dir)
	looking := func() bool {
		s.live.mu.Lock()
		defer s.live.mu.Unlock()
		return s.live.stop != nil
	}
	if looking() {
		t.Error("it looks before there is a page")
	}
	var leave []func()
	for range mostStreams {
		_, l := s.events()
		leave = append(leave, l)
	}
	if !looking() {
		t.Error("it does not look")
	}
	if status, body := s.get("/api/live"); status != http.StatusServiceUnavailable || !strings.Contains(string(body), "32 pages are open already") {
		t.Errorf("one more page: %d %s", status, body)
	}
	for _, l := range leave {
		l()
	}
	for until := time.Now().Add(10 * time.Second); looking(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("it looks though all pages are gone")
		}
	}
	_, l := s.events()
	defer l()
	if !looking() {
		t.Error("it does not look again")
	}
}
