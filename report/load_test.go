package report

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
)

// events are the events of a run in the order in which training emits them.
func events(r Run) []record.Event {
	out := []record.Event{r.Started}
	for _, w := range r.Warnings {
		out = append(out, record.Warning{Text: w})
	}
	for _, s := range r.Stages {
		out = append(out, s.Started)
		for _, e := range s.Epochs {
			out = append(out, e)
		}
		if s.Ended != nil {
			out = append(out, *s.Ended)
		}
	}
	if r.Ended != nil {
		out = append(out, *r.Ended)
	}
	return out
}

// writeRun writes a run directory holding events and returns it.
func writeRun(t *testing.T, events ...record.Event) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := record.NewWriter(f)
	for _, e := range events {
		if err := w.Emit(e); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadGivesBackWhatWasWritten(t *testing.T) {
	want := demo(1)[3]
	want.Warnings = []string{"one"}
	got, err := Load(writeRun(t, events(want)...))
	if err != nil {
		t.Fatal(err)
	}
	// Numbers of the configuration come back as JSON has them.
	for k, v := range got.Started.Config {
		if record.SettingText(v) != record.SettingText(want.Started.Config[k]) {
			t.Errorf("setting %s: got %v, want %v", k, v, want.Started.Config[k])
		}
	}
	got.Dir, got.Began, got.Started = want.Dir, want.Began, want.Started
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestLoadKilledRun(t *testing.T) {
	run := demo(1)[3]
	dir := writeRun(t, events(run)[:9]...)
	path := filepath.Join(dir, "events.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)-20], 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Torn == "" || got.Status() != "unfinished" || len(got.Stages) != 1 || len(got.Stages[0].Epochs) != 6 {
		t.Errorf("Torn %q, status %s, stages %d: want a torn, unfinished run with 6 epochs", got.Torn, got.Status(), len(got.Stages))
	}
	view := newRunView(groups([]Run{got})[0], look{}, got)
	if len(view.Warnings) != 1 || !strings.Contains(view.Warnings[0], "cut off") {
		t.Errorf("warnings %q do not say that the record is cut off", view.Warnings)
	}
}

func TestLoadErrors(t *testing.T) {
	e := events(demo(1)[3])
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dir, want string }{
		"missing":            {filepath.Join(t.TempDir(), "gone"), "gone"},
		"not a directory":    {file, "is a file; want a run directory"},
		"no events":          {t.TempDir(), "no events.jsonl"},
		"empty":              {writeRun(t), "no run_started"},
		"no RunStarted":      {writeRun(t, e[1:]...), "event 1 is stage_started; want run_started"},
		"epoch before stage": {writeRun(t, e[0], e[2]), "before any stage"},
		"wrong stage":        {writeRun(t, e[0], e[1], record.EpochEnded{Stage: 2}), "stage 2"},
		"two runs":           {writeRun(t, e[0], e[0]), "event 2"},
		"after the end":      {writeRun(t, e[0], e[len(e)-1], e[1]), "after the run ended"},
	} {
		if _, err := Load(c.dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v; want one with %q", name, err, c.want)
		}
	}
}
