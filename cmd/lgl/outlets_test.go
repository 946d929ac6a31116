package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/sink/mlflow/mlflowtest"
	"github.com/local-to-global/lgl/sink/tensorboard"
)

// call runs the command in this process until ctx ends, and returns its exit code and stderr.
func call(ctx context.Context, args ...string) (code int, stderr string) {
	var out, err bytes.Buffer
	code = execute(ctx, args, nil, &out, &err)
	return code, err.String()
}

// A run that was interrupted and goes on is in MLflow and TensorBoard as one run, each point once.
func TestOutletsOfResumedRun(t *testing.T) {
	t.Setenv("LGL_DNNL", "/nonexistent")
	t.Setenv("MLFLOW_EXPERIMENT_NAME", "toys")
	s := mlflowtest.New(t)
	t.Setenv("MLFLOW_TRACKING_URI", s.URL)
	t.Setenv("MLFLOW_TRACKING_TOKEN", "key")
	dir := filepath.Join(t.TempDir(), "first")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	batches := atomic.Int64{}
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "log-batch") && batches.Add(1) == 2 { // the second has points
			cancel()
		}
		return r.Header.Get("Authorization") != "Bearer key"
	}
	code, stderr := call(ctx, "train", "--data", "toy", "--model", "mlp", "--epochs", "1200", "--threads", "1", "--tensorboard", "--mlflow", "env", "--out", dir)
	if code != exitInterrupted {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if runs := s.Runs(); len(runs) != 1 || runs[0].Status != "KILLED" || runs[0].Experiment != "toys" || runs[0].Name != "first" {
		t.Fatalf("%+v", runs)
	}
	if code, stderr := call(t.Context(), "resume", dir); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	r, err := report.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	runs := s.Runs()
	if len(runs) != 1 || runs[0].Status != "FINISHED" || len(s.Refused()) > 0 {
		t.Fatalf("%d runs, refused %v", len(runs), s.Refused())
	}
	var sent []float64
	for _, m := range runs[0].Metrics {
		if m.Key == "Accuracy/test" {
			sent = append(sent, *m.Value)
		}
	}
	i := 0
	for _, stage := range r.Stages {
		for _, e := range stage.Epochs {
			if i >= len(sent) || sent[i] != e.Test.Top1 {
				t.Fatalf("epoch %d of the log is not the server's: %d points", i+1, len(sent))
			}
			i++
		}
	}
	if i != len(sent) {
		t.Errorf("%d points for %d epochs", len(sent), i)
	}
	asExported(t, dir)
}

// A log that is taken back behind its end (--on-nan rollback) is no end to MLflow; the points that replace
// others are sent behind them. A seed has all its digits there.
func TestOutletsOfRunTakenBack(t *testing.T) {
	t.Setenv("LGL_DNNL", "/nonexistent")
	s := mlflowtest.New(t)
	var updates []string
	s.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "runs/update") {
			text, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(text))
			updates = append(updates, string(text))
		}
		return false
	}
	dir := filepath.Join(t.TempDir(), "cooled")
	code, stderr := call(t.Context(), "train", "--data", "toy", "--model", "mlp", "--threads", "1", "--train-samples", "300", "--batch", "50",
		"--epochs", "20", "--method", "baseline", "--lr", "256", "--seed", "18446744073709551615", "--on-nan", "rollback", "--mlflow", s.URL, "--out", dir)
	r, err := report.Load(dir)
	if code != exitOK || err != nil || len(r.Warnings) == 0 || !strings.Contains(fmt.Sprint(r.Warnings), "back to checkpoint") {
		t.Fatalf("exit code %d: %s; %v, warnings %q", code, stderr, err, r.Warnings)
	}
	if len(updates) != 1 || !strings.Contains(updates[0], "FINISHED") || len(s.Refused()) > 0 {
		t.Errorf("updates %q, refused %v", updates, s.Refused())
	}
	run := s.Runs()[0]
	if seed := run.Params["seed"]; seed != "18446744073709551615" {
		t.Errorf("seed %s", seed)
	}
	last := map[int64]float64{}
	for _, m := range run.Metrics {
		if m.Key == "Loss/train" {
			last[m.Step] = *m.Value
		}
	}
	for _, e := range r.Stages[0].Epochs {
		if last[e.SamplesSeen] != e.TrainLoss {
			t.Errorf("epoch %d: loss %v in the log, %v on the server", e.Epoch, e.TrainLoss, last[e.SamplesSeen])
		}
	}
}

// asExported holds the event file of a run to that of an export: as many bytes, since only times differ.
func asExported(t *testing.T, dir string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "board")
	if code, stderr := call(t.Context(), "export", dir, "--to", "tensorboard", "--out", out); code != exitOK {
		t.Fatal(stderr)
	}
	var sizes []int64
	for _, f := range append(tensorboard.Files(dir), tensorboard.Files(out)...) {
		if info, err := os.Stat(f); err != nil {
			t.Fatal(err)
		} else if info.Size() > 0 {
			sizes = append(sizes, info.Size())
		}
	}
	if len(sizes) != 2 || sizes[0] != sizes[1] {
		t.Errorf("event files that are not empty, of the run and the export: %d bytes", sizes)
	}
}

// An export to a server that hangs can be interrupted, as any command.
func TestExportInterrupted(t *testing.T) {
	t.Setenv("LGL_DNNL", "/nonexistent")
	dir := filepath.Join(t.TempDir(), "first")
	if code, stderr := call(t.Context(), "train", "--data", "toy", "--model", "mlp", "--epochs", "1", "--out", dir); code != exitOK {
		t.Fatal(stderr)
	}
	s := mlflowtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		cancel()
		<-r.Context().Done()
		return true
	}
	if code, stderr := call(ctx, "export", dir, "--to", "mlflow", "--out", s.URL); code != exitInterrupted || !strings.Contains(stderr, "lgl: interrupted") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// A server that fails and a board that cannot be written are told, and are no matter for the run; an
// export gives the server what it lacks.
func TestOutletsFail(t *testing.T) {
	t.Setenv("LGL_DNNL", "/nonexistent")
	s := mlflowtest.New(t)
	down := true
	s.Before = func(w http.ResponseWriter, _ *http.Request) bool {
		if down {
			w.WriteHeader(http.StatusForbidden)
		}
		return down
	}
	dir := filepath.Join(t.TempDir(), "first")
	code, stderr := call(t.Context(), "train", "--data", "toy", "--model", "mlp", "--epochs", "200", "--mlflow", s.URL, "--out", dir)
	if code != exitOK || strings.Count(stderr, "403 Forbidden") != 2 || !strings.Contains(stderr, "hint: lgl export "+dir+" --to mlflow --out "+s.URL) {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	r, err := report.Load(dir)
	if err != nil || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "403") || r.Status() != "done" {
		t.Errorf("warnings %q, %s, %v", r.Warnings, r.Status(), err)
	}
	down = false
	for range 2 {
		if code, stderr := call(t.Context(), "export", dir, "--to", "mlflow", "--out", s.URL); code != exitOK {
			t.Fatal(stderr)
		}
	}
	if runs := s.Runs(); len(runs) != 1 || runs[0].Status != "FINISHED" || len(s.Refused()) > 0 {
		t.Errorf("%d runs, refused %v", len(runs), s.Refused())
	}
}
