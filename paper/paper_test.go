package paper

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/record"
)

// trainer pretends to train: it writes the events of a run that ends with status, and notes the
// cell.
func trainer(t *testing.T, status string, trained *[]string) Trainer {
	return func(_ context.Context, c Cell, dir string) error {
		*trained = append(*trained, c.Name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, "events.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		resolved := c.Config
		resolved.Engine, resolved.Augment, resolved.Threads = "reference", "none", 2
		w := record.NewWriter(f)
		end := record.RunEnded{Status: status}
		for _, e := range []record.Event{record.RunStarted{Format: record.Format, Run: c.Name, Config: resolved.Map()}, end} {
			if err := w.Emit(e); err != nil {
				t.Fatal(err)
			}
		}
		if status != "done" {
			return errors.New(status)
		}
		return nil
	}
}

func names(s Suite) []string {
	var all []string
	for _, c := range s.Cells {
		all = append(all, c.Name)
	}
	return all
}

func TestRunTrainsWhatIsNotFinished(t *testing.T) {
	dir, s := t.TempDir(), Demo(1, DemoSlow)
	var first, second, third []string
	if err := Run(t.Context(), s, dir, 1, trainer(t, "done", &first)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first, names(s)) {
		t.Errorf("trained %v; want %v", first, names(s))
	}
	two := Demo(2, DemoSlow)
	if err := Run(t.Context(), two, dir, 1, trainer(t, "done", &second)); err != nil {
		t.Fatal(err)
	}
	if want := names(two)[5:]; !slices.Equal(second, want) {
		t.Errorf("with a second seed trained %v; want %v", second, want)
	}
	two.Cells[3].Config.LR = 0.1
	var c *ConflictError
	err := Run(t.Context(), two, dir, 1, trainer(t, "done", &third))
	if want := (ConflictError{filepath.Join(dir, two.Cells[3].Name), "lr", "0.1", "0.02"}); !errors.As(err, &c) || *c != want || third != nil {
		t.Errorf("with another learning rate: error %v after %v; want %+v", err, third, want)
	}
	two.Cells[3].Config.LR = 0.02
	if runs, err := two.Load(dir); err != nil || len(runs) != 10 {
		t.Errorf("loaded %d runs, %v; want 10", len(runs), err)
	}
}

func TestInterruptedCellRunsAgain(t *testing.T) {
	dir, s := t.TempDir(), Demo(1, DemoSlow)
	var trained []string
	if err := Run(t.Context(), s, dir, 1, trainer(t, "interrupted", &trained)); err == nil || len(trained) != 1 {
		t.Fatalf("error %v after %v; want one after the first cell", err, trained)
	}
	if runs, err := s.Load(dir); err != nil || len(runs) != 0 {
		t.Errorf("loaded %d runs, %v; want none", len(runs), err)
	}
	trained = nil
	if err := Run(t.Context(), s, dir, 1, trainer(t, "done", &trained)); err != nil || len(trained) != 5 {
		t.Errorf("error %v after %v; want five cells", err, trained)
	}
}

func TestCancelledBeforeACell(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var trained []string
	if err := Run(ctx, Demo(1, DemoSlow), t.TempDir(), 1, trainer(t, "done", &trained)); !errors.Is(err, context.Canceled) || trained != nil {
		t.Errorf("error %v after %v", err, trained)
	}
}

// What a run did not write stays, and is told of before the first cell trains, in whichever it lies.
func TestForeignFilesStay(t *testing.T) {
	dir, s := t.TempDir(), Demo(1, DemoSlow)
	thesis := filepath.Join(dir, s.Cells[4].Name, "thesis.tex")
	if err := os.MkdirAll(filepath.Dir(thesis), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(thesis, []byte("years"), 0o644); err != nil {
		t.Fatal(err)
	}
	var trained []string
	if err := Run(t.Context(), s, dir, 1, trainer(t, "done", &trained)); err == nil || trained != nil {
		t.Errorf("error %v after %v", err, trained)
	}
	if _, err := os.Stat(thesis); err != nil {
		t.Error(err)
	}
}

// A run whose log this lgl cannot read, since a later one wrote it, is not trained over.
func TestLaterRunsStay(t *testing.T) {
	dir, s := t.TempDir(), Demo(1, DemoSlow)
	log := filepath.Join(dir, s.Cells[2].Name, "events.jsonl")
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, []byte(`{"type":"run_started","time":"2026-01-01T00:00:00Z","format":2,"run":"a"}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var trained []string
	err := Run(t.Context(), s, dir, 1, trainer(t, "done", &trained))
	if err == nil || !strings.Contains(err.Error(), "format 2; this lgl reads format 1") || !strings.Contains(err.Error(), "move ") || trained != nil {
		t.Errorf("error %v after %v", err, trained)
	}
	if _, err := os.Stat(log); err != nil {
		t.Error(err)
	}
}

// Of a directory that is removed it is said why; nothing is said of one that is not there, or of a run that goes on.
func TestLost(t *testing.T) {
	started := `{"type":"run_started","time":"2026-01-01T00:00:00Z","format":1,"run":"a"}` + "\n"
	failed := `{"type":"run_ended","time":"2026-01-01T00:00:00Z","status":"failed"}` + "\n"
	for want, files := range map[string]map[string]string{
		"": {}, "missing or empty": {"config.yaml": "lr: 1"}, "cut off": {"events.jsonl": started + failed[:20]},
		"is unfinished": {"events.jsonl": started}, "is failed": {"events.jsonl": started + failed},
	} {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if why := Lost(dir); (why == "") != (want == "") || !strings.Contains(why, want) {
			t.Errorf("%v: %q; want %q", files, why, want)
		}
		if err := os.MkdirAll(filepath.Join(dir, "checkpoints", "000001"), 0o755); err != nil {
			t.Fatal(err)
		}
		if why := Lost(dir); why != "" {
			t.Errorf("%v, with a checkpoint: %q", files, why)
		}
	}
}

// Table 3's rule holds for the demo too: the cells of a seed differ in method and strategy alone,
// and every setting can be had.
func TestDemoIsFair(t *testing.T) {
	s := Demo(2, DemoSlow)
	if len(s.Cells) != 10 {
		t.Fatalf("%d cells; want 5 methods x 2 seeds", len(s.Cells))
	}
	for i, c := range s.Cells {
		if err := c.Config.Check(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		plain := s.Cells[0].Config
		plain.Method, plain.Select, plain.Seed = c.Config.Method, c.Config.Select, uint64(i/5+1)
		if !reflect.DeepEqual(c.Config, plain) {
			t.Errorf("%s: %+v; want %+v", c.Name, c.Config, plain)
		}
		if slices.Contains(names(s)[:i], c.Name) {
			t.Errorf("name %s twice", c.Name)
		}
	}
}

// A record of an lgl that lacked a setting agrees with its default, and with nothing else.
func TestConflictOfOldRecords(t *testing.T) {
	c := config.Default()
	old := c.Map()
	delete(old, "partition")
	if err := conflict(c, old); err != nil {
		t.Errorf("the default: %v", err)
	}
	c.Partition = "ceil"
	if err := conflict(c, old); err == nil || err.Key != "partition" || err.Recorded != "null" {
		t.Errorf("another value: %v", err)
	}
}

// A size that was left open agrees with what it became; one that was asked for does not.
func TestConflictOfImageSizes(t *testing.T) {
	c := config.Default()
	recorded := c.Map()
	recorded["image-size"] = 64
	if err := conflict(c, recorded); err != nil {
		t.Errorf("left open: %v", err)
	}
	c.ImageSize = 32
	if err := conflict(c, recorded); err == nil || err.Key != "image-size" {
		t.Errorf("asked for: %v", err)
	}
}
