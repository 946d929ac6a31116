package mlflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/sink/mlflow/mlflowtest"
)

// log is the log of a run of so many epochs, in two stages.
func log(epochs int) []record.Stamped {
	var all []record.Stamped
	add := func(e record.Event) {
		all = append(all, record.Stamped{Time: time.UnixMilli(1_700_000_000_000 + int64(len(all))), Event: e})
	}
	settings := config.Default().Map()
	settings["lr"], settings["seed"], settings["seed-init"] = 0.02, 1234567.0, uint64(1<<53+1) // as record.Read gives them
	add(record.RunStarted{Run: "first", Label: "LGL(r,2)", Config: settings, Data: record.Data{Name: "toy", Classes: []string{"<b>", "ü"}}})
	for epoch := 1; epoch <= epochs; epoch++ {
		switch epoch {
		case 1:
			add(record.StageStarted{Stage: 1, Classes: []int{1}, New: []int{1}, Samples: 10, Epochs: epochs / 2})
		case epochs/2 + 1:
			add(record.StageEnded{Stage: 1, Reason: "epochs", Epochs: epochs / 2, Top1ByClass: map[int]float64{1: 1}})
			add(record.StageStarted{Stage: 2, Classes: []int{1, 0}, New: []int{0}, Samples: 20, Epochs: epochs - epochs/2, EntropyActive: record.Known(0.5)})
		}
		add(record.EpochEnded{Stage: 1, Epoch: epoch, SamplesSeen: int64(10 * epoch), TrainLoss: 1 / float64(epoch), Test: &record.Accuracy{Samples: 4, Top1: 0.5}})
	}
	add(record.StageEnded{Stage: 2, Reason: "epochs", Epochs: epochs - epochs/2})
	add(record.RunEnded{Status: "done", SamplesSeen: int64(10 * epochs)})
	return all
}

// options are those for a server, without waits.
func options(t *testing.T, address string) Options {
	t.Helper()
	s, err := NewServer(address, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return Options{Server: s, Experiment: "lgl", Keep: func(Ref) error { return nil }, pace: time.Millisecond, least: time.Millisecond, longest: 4 * time.Millisecond}
}

// losses are the steps of Loss/train, which must be those of log, each once.
func losses(t *testing.T, r mlflowtest.Run, epochs int) {
	t.Helper()
	var steps []int64
	for _, m := range r.Metrics {
		if m.Key == "Loss/train" {
			steps = append(steps, m.Step)
			if *m.Value != 10/float64(m.Step) {
				t.Errorf("loss at %d: %v", m.Step, *m.Value)
			}
		}
	}
	if len(steps) != epochs {
		t.Fatalf("%d losses; want %d: %v", len(steps), epochs, steps)
	}
	for i, s := range steps {
		if s != int64(10*(i+1)) {
			t.Fatalf("steps %v", steps)
		}
	}
}

// A run is on the server as it was, with settings, points, notes and its end.
func TestRun(t *testing.T) {
	s := mlflowtest.New(t)
	var kept Ref
	o := options(t, s.URL)
	o.Keep = func(r Ref) error { kept = r; return nil }
	all := log(2500)
	r := Open(o, all[:3])
	for _, e := range all[3:] {
		if err := r.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(t.Context(), time.Minute); err != nil {
		t.Fatal(err, s.Refused())
	}
	if kept != (Ref{s.URL, "1", "run0", s.Runs()[0].Tags[idTag]}) || len(kept.ID) < 20 {
		t.Errorf("kept %+v", kept)
	}
	runs := s.Runs()
	if len(runs) != 1 || len(s.Refused()) > 0 {
		t.Fatalf("%d runs, refused: %v", len(runs), s.Refused())
	}
	got := runs[0]
	losses(t, got, 2500)
	if got.Experiment != "lgl" || got.Name != "first" || got.Status != "FINISHED" || got.Start != 1_700_000_000_000 || got.End != all[len(all)-1].Time.UnixMilli() {
		t.Errorf("%s %s %s %d %d", got.Experiment, got.Name, got.Status, got.Start, got.End)
	}
	if got.Params["seed"] != "1234567" || got.Params["seed-init"] != "9007199254740993" || got.Params["lr"] != "0.02" || got.Params["method"] != "lgl" || got.Tags["lgl.label"] != "LGL(r,2)" || !strings.Contains(got.Tags["lgl.stage 2"], "new: <b>") || got.Tags["lgl.stage 1 ended"] == "" {
		t.Errorf("params %v, tags %v", got.Params, got.Tags)
	}
	if s.Requests() > 150 {
		t.Errorf("%d requests for %d events", s.Requests(), len(all))
	}
}

// A run that goes on has each point once: also those that were not sent before it was killed.
func TestResumed(t *testing.T) {
	s := mlflowtest.New(t)
	o := options(t, s.URL)
	o.Keep = func(r Ref) error { o.Ref = r; return nil }
	all := log(40)
	if err := Open(o, all[:20]).Close(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	for _, from := range []int{12, 30, len(all)} { // the log as it was at a checkpoint
		r := Open(o, all[:from])
		for _, e := range all[from:] {
			e.Time = e.Time.Add(time.Hour)
			r.Write(e)
		}
		if err := r.Close(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if runs := s.Runs(); len(runs) != 1 || len(s.Refused()) > 0 || runs[0].Status != "FINISHED" {
		t.Fatalf("%d runs, refused: %v", len(runs), s.Refused())
	}
	losses(t, s.Runs()[0], 40)
}

// A run that goes on from a log that was taken back has the points that replace others there, once each, also
// those behind which the other log has more, and those that an earlier process did not deliver.
func TestTakenBack(t *testing.T) {
	s := mlflowtest.New(t)
	o := options(t, s.URL)
	o.Keep = func(r Ref) error { o.Ref = r; return nil }
	send := func(all []record.Stamped) {
		t.Helper()
		if err := Open(o, all).Close(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	send(log(40)[:30])
	other := log(40)
	for i, e := range other {
		if epoch, ok := e.Event.(record.EpochEnded); ok && epoch.Epoch > 10 {
			epoch.TrainLoss = 2
			other[i] = record.Stamped{Time: e.Time.Add(time.Hour), Event: epoch}
		}
	}
	send(other[:20])
	sent := len(s.Runs()[0].Metrics)
	if send(other[:20]); len(s.Runs()[0].Metrics) != sent {
		t.Errorf("%d points; then %d", sent, len(s.Runs()[0].Metrics))
	}
	send(other)
	newest := map[int64]float64{}
	for _, m := range s.Runs()[0].Metrics {
		if m.Key == "Loss/train" {
			newest[m.Step] = *m.Value
		}
	}
	for _, e := range other {
		if epoch, ok := e.Event.(record.EpochEnded); ok && newest[epoch.SamplesSeen] != epoch.TrainLoss {
			t.Errorf("loss at %d: %v; want %v", epoch.SamplesSeen, newest[epoch.SamplesSeen], epoch.TrainLoss)
		}
	}
}

// A server that has no histories gets what is behind its last points.
func TestNoHistory(t *testing.T) {
	s := mlflowtest.New(t)
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		history := strings.HasSuffix(r.URL.Path, "get-history")
		if history {
			w.WriteHeader(http.StatusNotFound)
		}
		return history
	}
	o := options(t, s.URL)
	o.Keep = func(r Ref) error { o.Ref = r; return nil }
	for _, all := range [][]record.Stamped{log(20)[:9], log(20)} {
		if err := Open(o, all).Close(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	losses(t, s.Runs()[0], 20)
}

// Whatever fails for a while, in the end each point is there once, and one warning was told.
func TestTrouble(t *testing.T) {
	var n atomic.Int64
	for name, fault := range map[string]func(http.ResponseWriter){
		"500":     func(w http.ResponseWriter) { w.WriteHeader(500) },
		"429":     func(w http.ResponseWriter) { w.WriteHeader(429) },
		"cut off": func(w http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		s := mlflowtest.New(t)
		n.Store(0)
		s.Before = func(w http.ResponseWriter, r *http.Request) bool {
			fails := n.Add(1)%5 < 3 // two in a row work: to look for a run, and to make it
			if fails {
				fault(w)
			}
			return fails
		}
		warnings := 0
		r := Open(options(t, s.URL), nil)
		for i, e := range log(50) {
			if r.Write(e) != nil {
				warnings++
			}
			if i == 20 {
				for n.Load() < 3 {
					time.Sleep(time.Millisecond)
				}
			}
		}
		if err := r.Close(t.Context(), time.Minute); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if warnings != 1 || len(s.Runs()) != 1 {
			t.Errorf("%s: %d warnings, %d runs", name, warnings, len(s.Runs()))
		}
		losses(t, s.Runs()[0], 50)
	}
}

// loseAnswer has the server do the first request to a path, and answer when nobody listens any more.
func loseAnswer(s *mlflowtest.Server, path string) {
	var lost atomic.Bool
	s.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, path) || lost.Swap(true) {
			return false
		}
		s.ServeHTTP(httptest.NewRecorder(), r)
		<-r.Context().Done()
		return true
	}
}

// What was done is not done again because its answer was lost; a point that is sent twice is the same in
// all, of which MLflow keeps one.
func TestLostAnswer(t *testing.T) {
	for _, path := range []string{"experiments/create", "runs/create", "runs/log-batch", "runs/update"} {
		s := mlflowtest.New(t)
		loseAnswer(s, path)
		o := options(t, s.URL)
		o.Server.client.Timeout = 200 * time.Millisecond
		if err := Open(o, log(20)).Close(t.Context(), time.Minute); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		runs := s.Runs()
		if len(runs) != 1 || runs[0].Status != "FINISHED" || len(s.Refused()) > 0 {
			t.Fatalf("%s: %d runs, refused: %v", path, len(runs), s.Refused())
		}
		seen := map[string]bool{}
		runs[0].Metrics = slices.DeleteFunc(runs[0].Metrics, func(m mlflowtest.Metric) bool {
			point := fmt.Sprint(m.Key, m.Step, *m.Timestamp, *m.Value)
			was := seen[point]
			seen[point] = true
			return was
		})
		losses(t, runs[0], 20)
	}
}

// A process that ends before it hears that its run is made leaves what the next one finds it by.
func TestLostProcess(t *testing.T) {
	s := mlflowtest.New(t)
	loseAnswer(s, "runs/create")
	o := options(t, s.URL)
	o.Keep = func(r Ref) error { o.Ref = r; return nil }
	if err := Open(o, log(20)).Close(t.Context(), 200*time.Millisecond); err == nil || len(s.Runs()) != 1 || o.Ref.RunID != "" {
		t.Fatalf("%v, %d runs, kept %+v", err, len(s.Runs()), o.Ref)
	}
	if err := Open(o, log(20)).Close(t.Context(), time.Minute); err != nil || o.Ref.RunID != "run0" || len(s.Runs()) != 1 {
		t.Fatalf("%v, %d runs, kept %+v", err, len(s.Runs()), o.Ref)
	}
	losses(t, s.Runs()[0], 20)
}

// A server that has no search gets a second run, rather than none.
func TestNoSearch(t *testing.T) {
	s := mlflowtest.New(t)
	o := options(t, s.URL)
	o.Ref = Ref{Server: s.URL, ExperimentID: "0", ID: "x"}
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		search := strings.HasSuffix(r.URL.Path, "runs/search")
		if search {
			w.WriteHeader(http.StatusNotFound)
		}
		return search
	}
	if err := Open(o, log(20)).Close(t.Context(), time.Minute); err != nil || len(s.Runs()) != 1 {
		t.Errorf("%v, %d runs", err, len(s.Runs()))
	}
}

// Of two first runs that begin at once, both find the experiment that one of them makes.
func TestExperimentMadeMeanwhile(t *testing.T) {
	s := mlflowtest.New(t)
	if err := Open(options(t, s.URL), log(2)).Close(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Bool
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		early := strings.HasSuffix(r.URL.Path, "get-by-name") && !asked.Swap(true)
		if early {
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(`{"error_code":"RESOURCE_DOES_NOT_EXIST"}`))
		}
		return early
	}
	if err := Open(options(t, s.URL), log(2)).Close(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if runs := s.Runs(); len(runs) != 2 || runs[1].Experiment != "lgl" || runs[1].Status != "FINISHED" {
		t.Errorf("%+v", runs)
	}
}

// A server that does not answer costs no time while training goes on, and a limited one at its end; a full
// queue is told, and nothing behind it is sent.
func TestNoAnswer(t *testing.T) {
	block := make(chan struct{})
	s := mlflowtest.New(t)
	s.Before = func(http.ResponseWriter, *http.Request) bool { <-block; return false }
	r := Open(options(t, s.URL), nil)
	all := log(3 * queued)
	began := time.Now()
	for _, e := range all {
		if err := r.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("%d writes took %v", len(all), took)
	}
	began = time.Now()
	err := r.Close(t.Context(), 50*time.Millisecond)
	if took := time.Since(began); err == nil || took > 20*time.Second || !strings.Contains(err.Error(), fmt.Sprintf("lacks the last %d of", len(all))) {
		t.Errorf("closed after %v: %v", took, err)
	}
	close(block)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Open(options(t, "http://127.0.0.1:9"), all).Close(ctx, time.Hour); err == nil {
		t.Error("nothing listens, yet all was sent")
	}
}

// roundTrip answers the requests of a client.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Send waits for a slow server, but not for long for one that is down; an interruption is none of the server's faults.
func TestSend(t *testing.T) {
	s := mlflowtest.New(t)
	o := options(t, s.URL)
	slow := roundTrip(func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(100 * time.Second):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		if r.Body == nil { // as a server has it
			r.Body = http.NoBody
		}
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, r)
		return answer.Result(), nil
	})
	down := roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("nobody listens") })
	hangs := roundTrip(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
	send := func(ctx context.Context, server http.RoundTripper) (took time.Duration, err error) {
		o.Server.client.Transport = server
		began := time.Now()
		err = Send(ctx, o, log(20))
		return time.Since(began), err
	}
	synctest.Test(t, func(t *testing.T) {
		if _, err := send(t.Context(), slow); err != nil || len(s.Runs()) != 1 || s.Runs()[0].Status != "FINISHED" {
			t.Errorf("%v, %+v", err, s.Runs())
		}
		if took, err := send(t.Context(), down); err == nil || !strings.Contains(err.Error(), "nobody listens") || took > time.Minute {
			t.Errorf("after %v: %v", took, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if took, err := send(ctx, hangs); err != context.DeadlineExceeded || took > time.Minute {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// A refusal is not tried again, and says why.
func TestRefused(t *testing.T) {
	s := mlflowtest.New(t)
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, _ := r.BasicAuth(); user == "me" && password == "secret" || r.Header.Get("Authorization") == "Bearer key" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		w.Write([]byte(`{"error_code":"UNAUTHENTICATED","message":"who are you?"}`))
		return true
	}
	err := Open(options(t, s.URL), log(2)).Close(t.Context(), time.Minute)
	if err == nil || !strings.Contains(err.Error(), "401 Unauthorized: UNAUTHENTICATED who are you?") {
		t.Error(err)
	}
	moved := mlflowtest.New(t)
	moved.Before = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusMovedPermanently)
		return true
	}
	if err := Open(options(t, moved.URL), log(2)).Close(t.Context(), time.Minute); err == nil || !strings.Contains(err.Error(), "moved to https://elsewhere.example/") {
		t.Error(err)
	}
	o := options(t, s.URL)
	for _, env := range []map[string]string{{"MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": "secret"}, {"MLFLOW_TRACKING_TOKEN": "key"}} {
		if o.Server, err = NewServer(s.URL, func(name string) string { return env[name] }); err != nil {
			t.Fatal(err)
		}
		if err := Open(o, log(2)).Close(t.Context(), time.Minute); err != nil {
			t.Errorf("%v: %v", env, err)
		}
	}
	o.Server, _ = NewServer(strings.Replace(s.URL, "//", "//me:secret@", 1), os.Getenv)
	if err := Open(o, log(2)).Close(t.Context(), time.Minute); err != nil || strings.Contains(o.Server.String(), "secret") {
		t.Error(o.Server, err)
	}
	o.Keep = func(Ref) error { return errors.New("disk full") }
	if err := Open(o, log(2)).Close(t.Context(), time.Minute); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Error(err)
	}
}

// An end that is refused is told, though all events are sent; an end with something behind it is none.
func TestEnd(t *testing.T) {
	s := mlflowtest.New(t)
	updates := 0
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		update := strings.HasSuffix(r.URL.Path, "runs/update")
		if update {
			updates++
			w.WriteHeader(http.StatusForbidden)
		}
		return update
	}
	all := log(2)
	err := Open(options(t, s.URL), all).Close(t.Context(), time.Minute)
	if err == nil || !strings.Contains(err.Error(), "lacks how the run ended: the server answers 403") || updates != 1 {
		t.Errorf("%v, %d updates", err, updates)
	}
	back := record.Stamped{Time: time.UnixMilli(1), Event: record.Warning{Text: "back to checkpoint 1"}}
	if err := Open(options(t, s.URL), append(all, back)).Close(t.Context(), time.Minute); err != nil || updates != 1 {
		t.Errorf("%v, %d updates", err, updates)
	}
}

// Addresses that are none are refused, without a password in the words.
func TestAddress(t *testing.T) {
	for _, address := range []string{"", "localhost:5000", "file:///tmp/x", "http://", "http:///path", "databricks", "http://me:secret@[::1", "ftp://me:secret@host"} {
		if _, err := NewServer(address, os.Getenv); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
	if s, err := NewServer("https://host/mlflow/?x#y", os.Getenv); err != nil || s.String() != "https://host/mlflow" {
		t.Error(s, err)
	}
}

// LGL_MLFLOW names a real server, to which a run goes twice.
func TestRealServer(t *testing.T) {
	address := os.Getenv("LGL_MLFLOW")
	if address == "" {
		t.Skip("LGL_MLFLOW names no server")
	}
	o := options(t, address)
	o.Experiment = fmt.Sprintf("lgl test %d", time.Now().UnixNano())
	o.Keep = func(r Ref) error { o.Ref = r; return nil }
	all := log(300)
	for _, part := range [][]record.Stamped{all[:100], all, all} {
		if err := Open(o, part).Close(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	has, err := o.Server.has(t.Context(), o.Ref.RunID)
	if points, err := o.Server.history(t.Context(), o.Ref.RunID, "Loss/train"); err != nil || len(points) != 300 || points[20] != 0.5 {
		t.Errorf("%v %v", points, err)
	}
	if err != nil || has.steps["Loss/train"] != 3000 || has.steps["Training/stage"] != 1500 || has.params["lr"] != "0.02" {
		t.Errorf("%v %v", has, err)
	}
	var history struct {
		Metrics []mlflowtest.Metric `json:"metrics"`
	}
	query := map[string][]string{"run_id": {o.Ref.RunID}, "metric_key": {"Loss/train"}}
	if err := o.Server.call(t.Context(), "metrics/get-history", query, nil, &history); err != nil {
		t.Fatal(err)
	}
	losses(t, mlflowtest.Run{Metrics: history.Metrics}, 300)
}

// Notes of a hundred stages with long names, in no character of ASCII, stay within what a request may have.
func TestLongNotes(t *testing.T) {
	s := mlflowtest.New(t)
	var classes []string
	var all []int
	for k := range 60 {
		classes = append(classes, strings.Repeat("<ü>\"", 60)+fmt.Sprint(k))
		all = append(all, k)
	}
	events := []record.Stamped{{Event: record.RunStarted{Run: strings.Repeat("世", 3000), Data: record.Data{Classes: classes}}, Time: time.UnixMilli(1)}}
	for stage := range 150 {
		events = append(events, record.Stamped{Time: time.UnixMilli(2), Event: record.StageStarted{Stage: stage + 1, Classes: all, New: all}})
	}
	if err := Open(options(t, s.URL), events).Close(t.Context(), time.Minute); err != nil || len(s.Refused()) > 0 {
		t.Fatal(err, s.Refused())
	}
	if tags := s.Runs()[0].Tags; len(tags["lgl.stage 150"]) < 4990 {
		t.Errorf("%d bytes of the last note", len(tags["lgl.stage 150"]))
	}
}

// A long answer is cut, and no character of it broken.
func TestLongAnswer(t *testing.T) {
	text := (&Error{Status: http.StatusBadRequest, Message: "a" + strings.Repeat("世", 200)}).Error()
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "世...") || len(text) > 400 {
		t.Errorf("%q", text)
	}
}
