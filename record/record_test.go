package record

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

func f(v float64) *float64 { return &v }

// samples has one event of each type, no field left at its zero value where that could hide.
var samples = []Event{
	RunStarted{Format: 1, Run: "r", Method: "lgl", Label: "LGL(d,3)", Config: map[string]any{"epochs": 3.0},
		Data:  Data{Name: "toy", Train: 10, Test: 5, Classes: []string{"a\n", "</script>"}, PerClass: []int{5, 5}, Shape: []int{2}},
		Model: Model{"mlp", 323, 320, "c0ffee"}, Engine: Engine{Name: "reference", Threads: 2, Why: "small"}, Seeds: map[string]uint64{"init": 1 << 63}},
	StageStarted{Stage: 1, Classes: []int{2, 0}, New: []int{2, 0}, Scores: map[int]float64{1: 0.5}, EntropyActive: f(0.25)},
	EpochEnded{Stage: 1, StageEpoch: 1, Epoch: 1, LR: 0.05, TrainLoss: 1.5, Test: &Accuracy{10, 1.25, 0.5, 0.75, f(0.5), nil}, SamplesSeen: 10},
	StageEnded{Stage: 1, Reason: "epochs", Epochs: 1, Carry: "last", CarryEpoch: 1, Weights: "weights/stage-1.safetensors",
		Confusion: [][3]int{{0, 1, 3}, {1, 1, 7}}},
	Warning{Text: "careful"},
	RunEnded{Status: "done", Top1Last: f(0.5), ClassesOrder: []int{2, 0, 1}},
}

func write(t testing.TB) []byte {
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, e := range samples {
		if err := w.Emit(e); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	log := write(t)
	if lines := bytes.Count(log, []byte("\n")); lines != len(samples) {
		t.Fatalf("%d lines for %d events", lines, len(samples))
	}
	events, err := Read(bytes.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if !reflect.DeepEqual(e.Event, samples[i]) {
			t.Errorf("wrote %+v, read %+v", samples[i], e.Event)
		}
		if e.Time.IsZero() {
			t.Errorf("event %d has no time", i)
		}
	}
}

// A log cut anywhere gives the whole lines before the cut, and says that it is torn.
func TestTornAtEveryByte(t *testing.T) {
	log := write(t)
	for cut := range log {
		events, err := Read(bytes.NewReader(log[:cut]))
		whole := bytes.Count(log[:cut], []byte("\n"))
		if len(events) != whole {
			t.Fatalf("cut at %d: %d events; want %d", cut, len(events), whole)
		}
		var torn *TornError
		if atEnd := cut == 0 || log[cut-1] == '\n'; atEnd != (err == nil) || err != nil && !errors.As(err, &torn) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"{\n":                                "line 1: is not a JSON object",
		"[1]\n":                              "line 1: is not a JSON object",
		"{}\n":                               `line 1: type "" is not an event`,
		`{"type":"party"}` + "\n":            `type "party" is not an event of format 1`,
		`{"type":"warning","text":5}` + "\n": "line 1: warning:",
		`{"type":"run_started","format":2}` + "\n": "format 2; this lgl reads format 1",
	} {
		if _, err := Read(strings.NewReader(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", line, err, want)
		}
	}
}

type failing struct{ calls int }

func (f *failing) Emit(Event) error { f.calls++; return errors.New("disk full") }

func TestTeeStopsAtTheFirstError(t *testing.T) {
	var b bytes.Buffer
	a, c := &failing{}, &failing{}
	if err := Tee(NewWriter(&b), a, c).Emit(Warning{"x"}); err == nil || a.calls != 1 || c.calls != 0 || b.Len() == 0 {
		t.Errorf("error %v, calls %d and %d, wrote %d bytes", err, a.calls, c.calls, b.Len())
	}
}

// Every field of every event is in FORMAT.md, in backquotes.
func TestFormatDocumentsEveryField(t *testing.T) {
	doc, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	var visit func(path string, ty reflect.Type)
	visit = func(path string, ty reflect.Type) {
		if ty.Kind() == reflect.Pointer {
			ty = ty.Elem()
		}
		if ty.Kind() != reflect.Struct {
			return
		}
		for i := range ty.NumField() {
			name, _, _ := strings.Cut(ty.Field(i).Tag.Get("json"), ",")
			if name == "" {
				t.Errorf("%s: field %s has no JSON name", path, ty.Field(i).Name)
			}
			if !bytes.Contains(doc, []byte("`"+name+"`")) {
				t.Errorf("FORMAT.md does not name `%s` of %s", name, path)
			}
			visit(path+"."+name, ty.Field(i).Type)
		}
	}
	for name, ty := range kinds {
		if !bytes.Contains(doc, []byte("`"+name+"`")) {
			t.Errorf("FORMAT.md does not name the event `%s`", name)
		}
		visit(name, ty)
	}
}
