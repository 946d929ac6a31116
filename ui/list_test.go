package ui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/record"
)

func TestList(t *testing.T) {
	dir := t.TempDir()
	all := logOf(t, usual().tell())
	put(t, dir, "done", all...)
	failed := usual()
	failed.status, failed.seed = "failed", 2
	put(t, dir, "suite/cells/failed", logOf(t, failed.tell())...)
	put(t, dir, "stopped", all[:4]...)
	put(t, dir, "torn", all[0], all[1], all[2], all[3][:20])
	put(t, dir, "nothing")
	put(t, dir, "damaged", append(append([][]byte{}, all[:4]...), []byte("garbage\n"), append(make([]byte, tailSize), '\n'))...)
	put(t, dir, "warned", append(append([][]byte{}, all[:3]...), logOf(t, []record.Event{record.Warning{Text: strings.Repeat("x", 40_000)}})...)...)
	large := usual()
	large.seed = 1<<53 + 1
	put(t, dir, "large", logOf(t, large.tell())...)
	put(t, dir, "a/b/c/deep", all...)
	put(t, dir, "a/b/c/d/e/f/deeper", all...)
	put(t, dir, ".hidden/run", all...)
	put(t, dir, "done/weights/inner", all...)
	running := filepath.Dir(put(t, dir, "running", all[:4]...))
	holdLock(t, running)
	s := serve(t, dir)
	got := s.list()
	for name, want := range map[string]map[string]any{
		"done": {"status": "done", "label": "LGL(r,2)", "method": "lgl", "data": "made-up", "model": "mlp", "seed": 1.0, "reason": "", "stage": 2.0, "stages": 2.0,
			"epoch": 6.0, "epochs": 6.0, "samples_seen": 2400.0, "samples_predicted": 2400.0, "top1": 1 - 1/7., "top1_last": .5, "seconds": 100.0,
			"seconds_left": nil, "cost": 2.0, "cost_predicted": 2.0, "flops_trained": 6000 * 2400.0, "started": "2026-01-02T03:04:05Z", "updated": "2026-01-02T03:04:16Z", "problem": ""},
		"suite/cells/failed": {"status": "failed", "reason": "because", "seed": 2.0},
		"stopped":            {"status": "stopped", "epoch": 2.0, "stage": 1.0, "top1": 1 - 1/3., "top1_last": nil, "seconds": 1.0, "cost": 2 / 3., "cost_predicted": 2.0, "seconds_left": nil, "flops_trained": 6000 * 800.0},
		"running":            {"status": "running", "epoch": 2.0, "seconds_left": 2.0}, // 1,600 of 2,400 samples at 800 a second
		"torn":               {"status": "stopped", "epoch": 1.0, "problem": ""},
		"damaged":            {"status": "stopped", "epoch": 2.0, "stage": 1.0, "top1": 1 - 1/3., "updated": "2026-01-02T03:04:08Z", "problem": "a line near its end: is not a JSON object: jsontext: invalid character '\\x00' at start of value"},
		"nothing":            {"status": "stopped", "epoch": 0.0, "problem": "no run_started event in it: the run was stopped before it began"},
		"large":              {"seed": "9007199254740993"}, // which JavaScript would round
		"warned":             {"epoch": 1.0, "updated": "2026-01-02T03:04:05Z"},
		"a/b/c/deep":         {"status": "done"},
		"a/b/c/d/e/f/deeper": {"status": "done"},
	} {
		for key, v := range want {
			if f, is := v.(float64); is {
				if x, ok := got[name][key].(float64); !ok || !near(x, f) {
					t.Errorf("%s: %s is %v; want %v", name, key, got[name][key], v)
				}
			} else if got[name][key] != v {
				t.Errorf("%s: %s is %v; want %v", name, key, got[name][key], v)
			}
		}
	}
	if len(got) != 11 {
		t.Errorf("%d runs; want 11", len(got))
	}
	var view struct{ Config map[string]any }
	if s.decode("/api/runs/"+idOf("large"), &view); view.Config["seed"] != "9007199254740993" {
		t.Errorf("a seed that JavaScript would round is set as %v", view.Config["seed"])
	}
	if tags := fmt.Sprint(got["done"]["tags"]); tags != "[a b é]" {
		t.Errorf("tags %s", tags)
	}
	if a, b := got["done"]["group"], got["suite/cells/failed"]["group"]; a != b || a == "" {
		t.Errorf("runs of two seeds are in groups %v and %v", a, b)
	}
}

// holdLock locks a run's directory as a process that trains does.
func holdLock(t *testing.T, dir string) *os.File {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if err := platform.TryLock(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(f, os.Getpid()); err != nil {
		t.Fatal(err)
	}
	return f
}

// A process of the id in the file may be another one by now, or be one in a container, which none of this id is
// seen of outside: the lock tells.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Dir(put(t, dir, "run", logOf(t, usual().tell())[:3]...))
	s := serve(t, dir)
	lock := holdLock(t, run)
	if got := s.list()["run"]["status"]; got != "running" {
		t.Errorf("held: %v", got)
	}
	if err := lock.Close(); err != nil { // the id in it stays that of a living process
		t.Fatal(err)
	}
	for range 2 {
		if got := s.list()["run"]["status"]; got != "stopped" {
			t.Errorf("let go: %v", got)
		}
	}
	if err := os.WriteFile(filepath.Join(run, lockName), []byte("999999999\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := s.list()["run"]["status"]; got != "stopped" {
		t.Errorf("of a process that is gone: %v", got)
	}
	if _, err := holdLock(t, run).WriteAt([]byte("999999999\n"), 0); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)
	for awaited, begun := range map[string]time.Time{"2026-01-02T03:04:07Z": at, "2026-01-02T03:04:08Z": at.Add(2 * time.Second)} { // its last epoch ended at :07
		if err := os.Chtimes(filepath.Join(run, lockName), begun, begun); err != nil {
			t.Fatal(err)
		}
		if got := s.list()["run"]; got["status"] != "running" || got["awaited"] != awaited {
			t.Errorf("held by a process that is not seen here: %v, its epoch awaited since %v; want %s", got["status"], got["awaited"], awaited)
		}
	}
}

// DIR may be one run.
func TestOneRun(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "alone", logOf(t, usual().tell())...)
	if got := serve(t, filepath.Join(dir, "alone")).list(); len(got) != 1 || got["alone"]["status"] != "done" {
		t.Errorf("%v", got)
	}
}

func TestNew(t *testing.T) {
	dir := t.TempDir()
	path := put(t, dir, "run")
	for what, at := range map[string]string{"no such file": filepath.Join(dir, "none"), "is a file; want a directory": path} {
		if _, err := New(at); err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), at) {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// A thousand runs are listed, and the log of one that has not changed is not read again: here one that
// has, of the same size and time.
func TestThousandRuns(t *testing.T) {
	dir := t.TempDir()
	all := logOf(t, usual().tell())
	for i := range 1000 {
		put(t, dir, fmt.Sprintf("run-%04d", i), all...)
	}
	s := serve(t, dir)
	if got := s.list(); len(got) != 1000 {
		t.Errorf("%d runs", len(got))
	}
	path := filepath.Join(dir, "run-0500", logName)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	rewrite := func(at time.Time) string {
		text := strings.ReplaceAll(string(joinLines(all)), `"done"`, `"gone"`)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		return s.list()["run-0500"]["status"].(string)
	}
	if got := rewrite(before.ModTime()); got != "done" {
		t.Errorf("a log that looks as it was: status %q; want that of before", got)
	}
	if got := rewrite(before.ModTime().Add(time.Second)); got != "gone" {
		t.Errorf("a log that was written to: status %q; want gone", got)
	}
}

// A folder is read again when it has changed, or may have, and not otherwise.
func TestTree(t *testing.T) {
	dir := t.TempDir()
	all := logOf(t, usual().tell())
	put(t, dir, "suite/a", all...)
	x, err := openIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	found := func(want int, when string) {
		t.Helper()
		if got := x.tree.find(); len(got) != want {
			t.Errorf("%s: %d logs; want %d", when, len(got), want)
		}
	}
	found(1, "at first")
	suite, old := filepath.Join(dir, "suite"), time.Now().Add(-time.Hour)
	changedAt := func(at time.Time) {
		if err := os.Chtimes(suite, at, at); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "suite/b", all...)
	found(2, "after another run") // though its time may be that of the first
	changedAt(old)
	found(2, "with an older time")
	put(t, dir, "suite/c", all...)
	changedAt(old) // as no one does: it shows that nothing is read
	found(2, "unchanged by its time")
	changedAt(old.Add(time.Second))
	found(3, "changed")
	if err := os.RemoveAll(filepath.Join(suite, "a")); err != nil {
		t.Fatal(err)
	}
	found(2, "with one gone")
}

// Of more folders than one looks at some are left out, and that is said.
func TestManyFolders(t *testing.T) {
	dir := t.TempDir()
	for i := range 300 {
		if err := os.MkdirAll(filepath.Join(dir, fmt.Sprint(i), "x"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "zz/run", logOf(t, usual().tell())...)
	x, err := openIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	x.refresh()
	if x.left() != "" {
		t.Errorf("left out: %s", x.left())
	}
	x.tree.most = 400 // as deep as "zz", not all of what is in the others
	x.next = time.Time{}
	if x.refresh(); x.left() == "" {
		t.Error("left out: nothing; want the deepest folders")
	}
	x.tree.most = 100
	x.next = time.Time{}
	x.refresh()
	if want := dir + ": there are more than 100 folders"; !strings.HasPrefix(x.left(), want) {
		t.Errorf("left out: %q; want %q", x.left(), want)
	}
}

// A run that stands too deep is not found, and that is said.
func TestTooDeep(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, strings.Repeat("d/", mostDepth-1)+"run", logOf(t, usual().tell())...)
	x, err := openIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	if x.refresh(); len(x.list()) != 1 || x.left() != "" {
		t.Errorf("%d runs, left out: %q", len(x.list()), x.left())
	}
	put(t, dir, strings.Repeat("e/", mostDepth)+"run", logOf(t, usual().tell())...)
	x.next = time.Time{}
	if x.refresh(); len(x.list()) != 1 || x.left() != dir+": what is more than 16 folders deep is not shown" {
		t.Errorf("%d runs, left out: %q", len(x.list()), x.left())
	}
}

// A log that is no regular file is told, and a directory that is no longer the one that was opened.
func TestLeft(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	if err := os.MkdirAll(filepath.Join(dir, "a", logName), 0o755); err != nil {
		t.Fatal(err)
	}
	x, err := openIndex(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	if x.refresh(); x.left() != dir+": a/events.jsonl is no regular file, so its run is not shown" {
		t.Errorf("left out: %q", x.left())
	}
	if err := errors.Join(os.Rename(dir, dir+"-away"), os.Mkdir(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	if x.refresh(); !strings.HasPrefix(x.left(), dir+" was removed") {
		t.Errorf("left out: %q", x.left())
	}
}
