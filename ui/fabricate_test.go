package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/local-to-global/lgl/record"
)

// tale is a run to be made up.
type tale struct {
	seed    uint64
	classes []string
	stages  int // of equal epochs
	epochs  int // of each
	lr      float64
	gain    float64 // of the accuracy
	tags    []string
	confuse [][3]int // at the end of each stage
	status  string   // "": it has no end
}

// tell returns the events of t.
func (t tale) tell() (events []record.Event) {
	k := len(t.classes)
	begun := record.RunStarted{Format: 1, Run: "x", Method: "lgl", Label: fmt.Sprintf("LGL(r,%d)", t.stages),
		Config: map[string]any{"method": "lgl", "stages": t.stages, "epochs": t.epochs, "until": "epochs", "budget": 0, "lr": t.lr, "seed": t.seed, "tags": t.tags},
		Data:   record.Data{Name: "made-up", Train: 100 * k, Test: 10 * k, Classes: t.classes, PerClass: make([]int, k), Shape: []int{1, 8, 8}},
		Model:  record.Model{Name: "mlp", Params: 10, MACs: 1000}, Seeds: map[string]uint64{"init": t.seed, "order": t.seed, "classes": t.seed},
		StagesPredicted: t.stages, EpochsPredicted: t.stages * t.epochs, SamplesPredicted: int64(100 * k * t.stages * t.epochs), CostPredicted: float64(t.stages)}
	events = append(events, begun)
	seen, epoch := int64(0), 0
	var active []int
	for s := 1; s <= t.stages; s++ {
		var fresh []int
		scores := map[int]float64{}
		for len(active) < s*k/t.stages {
			fresh = append(fresh, len(active))
			if s > 1 {
				scores[len(active)] = .1 * float64(len(active)+1)
			}
			active = append(active, len(active))
		}
		before := 1 / float64(s)
		events = append(events, record.StageStarted{Stage: s, Classes: append([]int{}, active...), New: fresh, Samples: 100 * k, Epochs: t.epochs, Scores: scores, EntropyActive: &before})
		top1, byClass := 0.0, map[int]float64{}
		for e := 1; e <= t.epochs; e++ {
			epoch, seen = epoch+1, seen+int64(100*k)
			h := before / float64(e+1)
			top1 = 1 - 1/float64(epoch+1) + t.gain
			old := top1 / 2
			events = append(events, record.EpochEnded{Stage: s, StageEpoch: e, Epoch: epoch, LR: .1, TrainLoss: 2 / float64(epoch), EntropyActive: &h,
				Test:        &record.Accuracy{Samples: 10 * k, Loss: .5, Top1: top1, Top1Active: top1, Top1New: &top1, Top1Old: &old},
				SamplesSeen: seen, SamplesProbed: 7, TrainSeconds: .4, Seconds: .5 * float64(epoch)})
		}
		for _, c := range active {
			byClass[c] = .01 * float64(c+s)
		}
		events = append(events, stageEnd{record.StageEnded{Stage: s, Reason: "epochs", Epochs: t.epochs, Carry: "last", CarryEpoch: t.epochs, Top1: &top1,
			EntropyActive: &before, EntropyByClass: byClass, Top1ByClass: byClass}, t.confuse})
	}
	if t.status != "" {
		last := .5
		events = append(events, record.RunEnded{Status: t.status, Reason: map[bool]string{true: "", false: "because"}[t.status == "done"], Top1Last: &last,
			SamplesSeen: seen, FLOPsTrained: 6000 * float64(seen), FLOPsForwarded: 14000, Seconds: 100, TrainSeconds: 80})
	}
	return events
}

// stageEnd is record.StageEnded with the field that a later version has.
type stageEnd struct {
	record.StageEnded
	Confusion [][3]int `json:"confusion,omitempty"`
}

// letters are class names.
func letters(k int) (names []string) {
	for i := range k {
		names = append(names, fmt.Sprintf("class %c%d", 'a'+i%26, i))
	}
	return names
}

// logOf returns the lines of events, a second apart.
func logOf(t testing.TB, events []record.Event) (lines [][]byte) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, e := range events {
		kind := map[string]string{"record.RunStarted": "run_started", "record.StageStarted": "stage_started", "record.EpochEnded": "epoch_ended",
			"ui.stageEnd": "stage_ended", "record.Warning": "warning", "record.RunEnded": "run_ended"}[fmt.Sprintf("%T", e)]
		body, err := json.Marshal(e)
		if err != nil || kind == "" {
			t.Fatalf("%T: %v", e, err)
		}
		head := fmt.Sprintf(`{"type":%q,"time":%q,`, kind, at.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
		lines = append(lines, append([]byte(head), append(body[1:], '\n')...))
	}
	return lines
}

// put writes a run to dir/name.
func put(t testing.TB, dir, name string, lines ...[]byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(path, logName)
	if err := os.WriteFile(path, joinLines(lines), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func joinLines(lines [][]byte) (all []byte) {
	for _, l := range lines {
		all = append(all, l...)
	}
	return all
}

// usual is a run of two stages that is done.
func usual() tale {
	return tale{seed: 1, classes: letters(4), stages: 2, epochs: 3, lr: .1, status: "done", tags: []string{"a b", "é"},
		confuse: [][3]int{{0, 0, 8}, {0, 1, 2}, {1, 0, 4}, {1, 1, 6}, {2, 2, 10}, {3, 3, 9}, {3, 2, 1}}}
}

// host is a server under test.
type host struct {
	*Server
	t    testing.TB
	addr string
}

// serve serves dir until the test ends, and then sees that it ends in time.
func serve(t testing.TB, dir string) host {
	t.Helper()
	s, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != context.Canceled {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("the server does not end")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return host{s, t, l.Addr().String()}
}

// again makes the next request look at the runs anew.
func (s host) again() {
	s.index.mu.Lock()
	s.index.next = time.Time{}
	s.index.mu.Unlock()
}

// get returns the status and the body of a path.
func (s host) get(path string) (int, []byte) {
	s.t.Helper()
	r, err := http.Get("http://" + s.addr + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, body
}

// ask decodes the answer to a path, which must be there.
func (s host) decode(path string, v any) {
	s.t.Helper()
	status, body := s.get(path)
	if status != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, status, body)
	}
	if err := json.Unmarshal(body, v); err != nil {
		s.t.Fatalf("%s: %v in %.300s", path, err, body)
	}
}

// list returns the runs by name.
func (s host) list() map[string]map[string]any {
	s.t.Helper()
	s.again()
	var answer struct{ Runs []map[string]any }
	s.decode("/api/runs", &answer)
	runs := map[string]map[string]any{}
	for _, r := range answer.Runs {
		runs[r["name"].(string)] = r
	}
	return runs
}

// raw sends text as it is and returns all that comes back.
func (s host) raw(text string) string {
	s.t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		s.t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	answer, _ := io.ReadAll(c) // up to the end, or what came in time
	return string(answer)
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*(1+math.Abs(b)) }
