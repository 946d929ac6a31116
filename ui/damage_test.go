package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/internal/mutate"
	"github.com/local-to-global/lgl/record"
)

// paths are all that can be asked of a run.
var paths = []string{"/api/runs", "/api/runs/ID", "/api/runs/ID/heat", "/api/runs/ID/confusion", "/api/runs/ID/confusion?stage=1", "/api/runs/ID/thumbnails.png",
	"/api/curves?metric=top1&run=ID&run=GOOD", "/api/curves?metric=entropy_active&group=1&x=samples&run=ID&run=GOOD", "/api/curves?metric=samples_per_second&x=seconds&points=50&run=ID", "/api/compare?run=ID&run=GOOD"}

// answerOf asks without a network.
func (s *Server) answerOf(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.answer(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// checkLog makes b the log of a run and asks all there is: every answer is JSON, and not that something
// within went wrong. It returns what the list says of the log.
func checkLog(t *testing.T, s *Server, path string, b []byte) error {
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	s.index.next = time.Time{}
	for _, ask := range paths {
		ask = strings.NewReplacer("ID", idOf("bad"), "GOOD", idOf("good")).Replace(ask)
		w := s.answerOf(ask)
		if w.Code != 200 && w.Code != 404 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %.300s", ask, w.Code, w.Body)
		}
	}
	var view struct{ Run struct{ Problem string } }
	if err := json.Unmarshal(s.answerOf("/api/runs/"+idOf("bad")).Body.Bytes(), &view); err != nil {
		t.Error(err)
	}
	if problem := view.Run.Problem; problem != "" {
		return errors.New(problem)
	}
	return nil
}

// pair returns a server of a good run and of one that is to be damaged, and the path of its log.
func pair(t testing.TB) (*Server, string) {
	dir := t.TempDir()
	put(t, dir, "good", logOf(t, usual().tell())...)
	put(t, dir, "bad")
	s, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, filepath.Join(dir, "bad", logName)
}

func TestMutations(t *testing.T) {
	s, path := pair(t)
	lines := logOf(t, usual().tell())
	most := usual()
	most.classes, most.stages = letters(20), 5
	mutate.Each(t, 128<<20, [][]byte{joinLines(lines), joinLines(logOf(t, most.tell()))}, func(t *testing.T, b []byte) error { return checkLog(t, s, path, b) })
	var numbers []byte // of lines, which come in another order
	for i := range lines {
		numbers = append(numbers, byte(i))
	}
	mutate.Each(t, 128<<20, [][]byte{numbers[:len(numbers)/2], numbers}, func(t *testing.T, b []byte) error {
		var log []byte
		for _, i := range b {
			log = append(log, lines[int(i)%len(lines)]...)
		}
		return checkLog(t, s, path, log)
	})
}

// What JSON can say and a run does not.
func TestOdd(t *testing.T) {
	s, path := pair(t)
	lines := logOf(t, usual().tell())
	huge := 1e308
	for what, change := range map[string]func(e []record.Event){
		"numbers that overflow": func(e []record.Event) {
			x := e[2].(record.EpochEnded)
			x.Seconds, x.TrainSeconds, x.TrainLoss, x.EntropyActive, x.SamplesSeen = huge, huge, -huge, &huge, 1<<62
			e[2] = x
			b := e[0].(record.RunStarted)
			b.SamplesPredicted, b.CostPredicted, b.Model.MACs = 1<<62, huge, 1<<62
			e[0] = b
		},
		"classes that are none": func(e []record.Event) {
			x := e[1].(record.StageStarted)
			x.Classes, x.New, x.Scores = []int{-1, 99, 1 << 60}, []int{-5, 7}, map[int]float64{-1: 1, 1 << 40: 2}
			e[1] = x
		},
		"confusions that are none": func(e []record.Event) {
			x := e[len(e)-2].(stageEnd)
			x.Confusion = [][3]int{{-1, 0, 1}, {0, 99, 1}, {0, 0, -4}, {1, 1, 1 << 62}, {2, -1, 3}, {0, 1, 1}, {0, 1, 1}}
			e[len(e)-2] = x
		},
		"settings with depth": func(e []record.Event) {
			b := e[0].(record.RunStarted)
			b.Config = map[string]any{"a": map[string]any{"b": []any{1, "x", nil}, "": nil}, "stages": "three", "tags": []any{1, "t", nil, []any{"u"}}, "seed": nil}
			e[0] = b
		},
		"texts without end": func(e []record.Event) {
			b, long := e[0].(record.RunStarted), strings.Repeat("é", 1<<20)
			b.Label, b.Method, b.Data.Name, b.Model.Name, b.Engine.Name = long, long, long, long, long
			b.Config["tags"] = []string{long, long}
			e[0] = b
			end := e[len(e)-1].(record.RunEnded)
			end.Reason = long
			e[len(e)-1] = end
		},
		"no class": func(e []record.Event) { b := e[0].(record.RunStarted); b.Data.Classes = nil; e[0] = b },
	} {
		events := usual().tell()
		change(events)
		if err := checkLog(t, s, path, joinLines(logOf(t, events))); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if list := s.answerOf("/api/runs").Body.Len(); list > 20_000 {
			t.Errorf("%s: a list of two runs has %d bytes", what, list)
		}
	}
	for what, log := range map[string][]byte{
		"line 3: epoch_ended: ":                      bytes.Replace(joinLines(lines), []byte(`"lr":0.1,"train_loss"`), []byte(`"lr":"x","train_loss"`), 1),
		"line 4: epoch 1: want one later than":       joinLines([][]byte{lines[0], lines[1], lines[2], lines[2]}),
		"line 2: of stage 1, before any stage start": joinLines([][]byte{lines[0], lines[2]}),
		"line 2: is run_started; want":               joinLines([][]byte{lines[0], lines[0]}),
		"line 13: run_ended after the run end":       joinLines(append(lines[:12:12], lines[11])),
	} {
		if err := checkLog(t, s, path, log); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v; want %s", err, what)
		}
	}
}

// FuzzRequest: whatever the path and the query, the answer is one of a few, and JSON where it is no part
// of the page.
func FuzzRequest(f *testing.F) {
	s, _ := pair(f)
	for _, p := range append(append([]string{"/", "/assets/index.html", "/api/curves?metric=lr&points=99&x=samples&group=1"}, paths...), traversals...) {
		path, query, _ := strings.Cut(strings.NewReplacer("ID", idOf("good"), "GOOD", idOf("good")).Replace(p), "?")
		f.Add(path, query)
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		if path == "/api/live" {
			return // which does not end
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		u, err := url.ParseRequestURI(path)
		if err != nil {
			return // net/http refuses it
		}
		r.URL = u
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		s.answer(w, r)
		_, page := s.files[u.Path]
		switch {
		case w.Code != 200 && w.Code != 400 && w.Code != 404:
			t.Errorf("%q %q: status %d %.300s", path, query, w.Code, w.Body)
		case !page && !json.Valid(w.Body.Bytes()):
			t.Errorf("%q %q: no JSON: %.300s", path, query, w.Body)
		}
	})
}
