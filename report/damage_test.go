package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
	"github.com/local-to-global/lgl/record"
)

// checkLog loads a run whose log is b, beside a good one, and makes all that is made of runs: what
// Load accepts, tables and pages can be made of.
func checkLog(t *testing.T, dir string, b []byte) error {
	if err := os.WriteFile(filepath.Join(dir, "events.jsonl"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	run, err := Load(dir)
	if err != nil {
		if !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v does not name the file", err)
		}
		return err
	}
	runs := append(demo(1), run)
	for _, s := range []Sheet{Results(runs), Results(runs[len(runs)-1:])} {
		if err := s.WriteText(io.Discard); err != nil {
			t.Error(err)
		}
	}
	Compare(runs)
	Finals(runs, func(a record.Accuracy) float64 { return a.Top1 })
	var page bytes.Buffer
	if err := (Page{Title: "title", Runs: runs}).Write(&page); err != nil {
		t.Error(err)
	}
	return nil
}

// logs are those of small runs.
func logs(t testing.TB) (all [][]byte) {
	for _, r := range demo(1)[2:4] {
		for i := range r.Stages {
			r.Stages[i].Epochs = r.Stages[i].Epochs[:2]
		}
		var b bytes.Buffer
		w := record.NewWriter(&b)
		for _, e := range events(r) {
			if err := w.Emit(e); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, b.Bytes())
	}
	return all
}

func FuzzLoad(f *testing.F) {
	for _, b := range logs(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkLog(t, t.TempDir(), b) })
}

// TestMutations damages lines, takes some out, and puts others in another order.
func TestMutations(t *testing.T) {
	dir, all := t.TempDir(), logs(t)
	mutate.Each(t, 256<<20, all, func(t *testing.T, b []byte) error { return checkLog(t, dir, b) })
	var lines [][]byte
	for _, b := range all {
		lines = append(lines, bytes.SplitAfter(b, []byte("\n"))...)
	}
	var numbers []byte // of lines
	for i := range lines {
		numbers = append(numbers, byte(i))
	}
	mutate.Each(t, 256<<20, [][]byte{numbers[:len(numbers)/2], numbers}, func(t *testing.T, b []byte) error {
		var log []byte
		for _, i := range b {
			log = append(log, lines[int(i)%len(lines)]...)
		}
		return checkLog(t, dir, log)
	})
}
