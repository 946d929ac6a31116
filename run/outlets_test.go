package run

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/sink/mlflow"
	"github.com/local-to-global/lgl/sink/mlflow/mlflowtest"
)

// A run directory of a stranger's gets no credentials.
func TestStrangersServer(t *testing.T) {
	s := mlflowtest.New(t)
	dir, o := filepath.Join(t.TempDir(), "run"), quiet()
	o.Outlets.MLflow = s.URL
	if _, err := Train(t.Context(), toy(t), dir, o); err != nil {
		t.Fatal(err)
	}
	var keys []string
	s.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		keys = append(keys, r.Header.Get("Authorization"))
		return false
	}
	t.Setenv("MLFLOW_TRACKING_TOKEN", "key")
	for _, uri := range []string{"http://127.0.0.1:1", s.URL} {
		t.Setenv("MLFLOW_TRACKING_URI", uri)
		known := outlets{say: func(string) {}, dir: dir}
		if err := known.open(OutletOptions{}); err != nil {
			t.Fatal(err)
		}
		known.close()
	}
	if len(keys) < 2 || keys[0] != "" || keys[len(keys)-1] != "Bearer key" {
		t.Errorf("credentials that were sent: %q", keys)
	}
}

// export sends a server the run in dir, as lgl export does.
func export(t *testing.T, dir string, to *mlflowtest.Server) error {
	t.Helper()
	s, err := mlflow.NewServer(to.URL, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	events, err := ReadLog(dir)
	if err != nil {
		t.Fatal(err)
	}
	return SendLog(t.Context(), dir, s, events)
}

// ownServer is the address that a run which goes on sends to without being asked.
func ownServer(t *testing.T, dir string) string {
	t.Helper()
	o := outlets{say: func(text string) { t.Error(text) }, dir: dir}
	if err := o.open(OutletOptions{}); err != nil {
		t.Fatal(err)
	}
	o.close()
	if o.server == nil {
		return ""
	}
	return o.server.Server.String()
}

// Each server has a run once, whatever others it was exported to, and a run goes on to send to its own alone.
func TestManyServers(t *testing.T) {
	own, a, b := mlflowtest.New(t), mlflowtest.New(t), mlflowtest.New(t)
	for _, address := range []string{"", own.URL} {
		dir, o := filepath.Join(t.TempDir(), "run"), quiet()
		o.Outlets.MLflow = address
		if _, err := Train(t.Context(), toy(t), dir, o); err != nil {
			t.Fatal(err)
		}
		for _, to := range []*mlflowtest.Server{a, b, a} {
			if err := export(t, dir, to); err != nil {
				t.Fatal(err)
			}
		}
		if got := ownServer(t, dir); got != address {
			t.Errorf("goes on to send to %q; want %q", got, address)
		}
	}
	if len(own.Runs()) != 1 || len(a.Runs()) != 2 || len(b.Runs()) != 2 {
		t.Errorf("%d, %d and %d runs", len(own.Runs()), len(a.Runs()), len(b.Runs()))
	}
}

// What earlier versions of lgl kept is read: one server, which is the run's own.
func TestOneServer(t *testing.T) {
	s, other := mlflowtest.New(t), mlflowtest.New(t)
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := Train(t.Context(), toy(t), dir, quiet()); err != nil {
		t.Fatal(err)
	}
	if err := export(t, dir, s); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"server":%q,"experiment_id":"1","run_id":"run0","id":"x"}`, s.URL)
	if err := os.WriteFile(filepath.Join(dir, refFile), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, to := range []*mlflowtest.Server{other, s} {
		if err := export(t, dir, to); err != nil {
			t.Fatal(err)
		}
	}
	if got := ownServer(t, dir); got != s.URL || len(s.Runs()) != 1 {
		t.Errorf("goes on to send to %q; want %q, which has %d runs", got, s.URL, len(s.Runs()))
	}
}

// A run that is sending is not exported to the same server, only to others.
func TestExportWhileSending(t *testing.T) {
	s, other := mlflowtest.New(t), mlflowtest.New(t)
	dir, o := filepath.Join(t.TempDir(), "run"), quiet()
	o.Outlets.MLflow = s.URL
	if _, err := Train(t.Context(), toy(t), dir, o); err != nil {
		t.Fatal(err)
	}
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := export(t, dir, s); err == nil || !strings.Contains(err.Error(), "the run itself sends to "+s.URL) || !strings.Contains(failure.HintOf(err), "the same command") {
		t.Errorf("%v, hint %q", err, failure.HintOf(err))
	}
	if err := errors.Join(export(t, dir, other), unlock(), export(t, dir, s)); err != nil {
		t.Error(err)
	}
}

// An export of a run that is deleted on the server, or is not there any more, says how it is made anew.
func TestDeletedThere(t *testing.T) {
	s := mlflowtest.New(t)
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := Train(t.Context(), toy(t), dir, quiet()); err != nil {
		t.Fatal(err)
	}
	if err := export(t, dir, s); err != nil {
		t.Fatal(err)
	}
	removed := func() {
		none := mlflowtest.New(t)
		s.Before = func(w http.ResponseWriter, r *http.Request) bool { none.ServeHTTP(w, r); return true }
	}
	for _, lose := range []func(){func() { s.Delete(0) }, removed} {
		lose()
		err := export(t, dir, s)
		if err == nil || !strings.Contains(err.Error(), "RESOURCE_DOES_NOT_EXIST") || !strings.Contains(failure.HintOf(err), "mlflow.json the run is made there anew") {
			t.Errorf("%v, hint %q", err, failure.HintOf(err))
		}
	}
}

// lateSink is a sink that takes its time.
type lateSink struct{}

func (lateSink) Emit(record.Event) error { time.Sleep(2 * time.Millisecond); return nil }

// Points have the times of the log, so that those that an export sends meanwhile are the same.
func TestTimesOfLog(t *testing.T) {
	s := mlflowtest.New(t)
	dir, o := filepath.Join(t.TempDir(), "run"), quiet()
	o.Outlets.MLflow, o.Sink = s.URL, lateSink{}
	if _, err := Train(t.Context(), toy(t), dir, o); err != nil {
		t.Fatal(err)
	}
	events, err := ReadLog(dir)
	if err != nil {
		t.Fatal(err)
	}
	times := map[int64]bool{}
	for _, e := range events {
		times[e.Time.UnixMilli()] = true
	}
	for _, m := range s.Runs()[0].Metrics {
		if !times[*m.Timestamp] {
			t.Errorf("%s at %d has a time that the log does not", m.Key, m.Step)
		}
	}
}

// A board that cannot be written is told once, and is no matter for the run.
func TestLostBoard(t *testing.T) {
	o := outlets{say: func(string) {}, dir: filepath.Join(t.TempDir(), "gone"), last: time.Now}
	var warned []string
	o.warn = func(text string) error { warned = append(warned, text); return nil }
	if err := o.openBoard(nil); err != nil {
		t.Error(err)
	}
	for range 3 {
		if err := o.Emit(record.Warning{Text: "x"}); err != nil {
			t.Error(err)
		}
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "no more for TensorBoard: ") {
		t.Errorf("%q", warned)
	}
	o.close()
}
