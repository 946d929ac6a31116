package record

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
)

// Lines that encoding/json takes, though they are not what a run writes: each must be refused, or
// read as if the odd field were not there.
func TestStrict(t *testing.T) {
	const when = `"time":"2026-01-02T03:04:05Z"`
	for line, want := range map[string]string{
		`{"type":"warning","type":"warning",` + when + `,"text":"a"}`:      `duplicate object member name "type"`,
		`{"type":"warning",` + when + `,"text":"a","text":"b"}`:            `duplicate object member name "text"`,
		`{"Type":"warning",` + when + `,"text":"a"}`:                       `type "" is not an event`,
		`{"type":"warning",` + when + `,"text":"` + "\xff" + `"}`:          "invalid UTF-8",
		`{"type":"warning",` + when + `,"text":"\ud800"}`:                  "invalid surrogate",
		`{"type":"warning",` + when + `,"text":"a"}{}`:                     "invalid character",
		`{"type":"warning","time":"yesterday","text":"a"}`:                 "is not a JSON object",
		`{"type":"epoch_ended",` + when + `,"lr":1e999}`:                   "epoch_ended: ",
		`{"type":"epoch_ended",` + when + `,"lr":NaN}`:                     "invalid character",
		`{"type":"epoch_ended",` + when + `,"stage":1.5}`:                  "epoch_ended: ",
		`{"type":"stage_started",` + when + `,"scores":{"1":1,"1":2}}`:     "duplicate",
		`{"type":"warning",` + when + `,"x":` + strings.Repeat("[", 1<<20): "exceeded max depth",
	} {
		if _, err := Read(strings.NewReader(line + "\n")); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "line 1: ") {
			t.Errorf("%.200s: %.300v; want %q", line, err, want)
		}
	}
	for _, line := range []string{
		`{"type":"warning",` + when + `,"text":"a","Text":"b"}`,
		`{"type":"warning",` + when + `,"text":"a","of a later version":{"x":[1]}}`,
	} {
		events, err := Read(strings.NewReader(line + "\n"))
		if err != nil || len(events) != 1 || events[0].Event != (Warning{"a"}) {
			t.Errorf("%s: %v, %v", line, events, err)
		}
	}
}

func TestLongLine(t *testing.T) {
	log := append(write(t), bytes.Repeat([]byte("x"), 3*maxLine)...)
	mutate.Within(t, 8*maxLine, func() {
		events, err := Read(bytes.NewReader(log))
		if err == nil || !strings.Contains(err.Error(), "line 7: is longer than 8388608 bytes") || len(events) != len(samples) {
			t.Errorf("%d events, %v", len(events), err)
		}
	})
}

// An event that could not be read again is not written, and nothing of it is.
func TestLongEvent(t *testing.T) {
	var log bytes.Buffer
	err := NewWriter(&log).Emit(Warning{strings.Repeat("x", maxLine)})
	if err == nil || !strings.Contains(err.Error(), "event warning takes 838") || log.Len() > 0 {
		t.Errorf("%d bytes written, %v", log.Len(), err)
	}
}

// The longest line that a stage of 100,000 classes ends with can be read.
func TestLargestConfusion(t *testing.T) {
	end := StageEnded{Stage: 1, EntropyByClass: map[int]float64{}, Top1ByClass: map[int]float64{}, Confusion: make([][3]int, MostCells)}
	for i := range end.Confusion {
		end.Confusion[i] = [3]int{99_999, 99_999, 99_999}
		end.EntropyByClass[i], end.Top1ByClass[i] = 1/3e-5, 1.0/3
	}
	var log bytes.Buffer
	if err := NewWriter(&log).Emit(end); err != nil {
		t.Fatal(err)
	}
	events, err := Read(&log)
	if err != nil || len(events) != 1 || !reflect.DeepEqual(events[0].Event, end) {
		t.Errorf("%d bytes: %d events, %v", log.Len(), len(events), err)
	}
}

// TestBrackets: what takes most memory of all that JSON can say in the longest line, freed or not.
func TestBrackets(t *testing.T) {
	const unit = `{"":0},`
	line := `{"type":"run_started","format":1,"time":"2026-01-02T03:04:05Z","config":{"a":[` + strings.Repeat(unit, (maxLine-100)/len(unit)) + `0]}}` + "\n"
	mutate.Within(t, 72*maxLine, func() {
		if events, err := Read(strings.NewReader(line)); err != nil || len(events) != 1 {
			t.Errorf("%d events, %v", len(events), err)
		}
	})
}

func TestReadFileRefuses(t *testing.T) {
	if _, err := ReadFile("/dev/zero"); err == nil || !strings.Contains(err.Error(), "/dev/zero: is a device") {
		t.Errorf("error %v", err)
	}
}

// checkLog reads b. Events come back one a line, up to the first line that is refused, and written
// and read again they are the same.
func checkLog(t *testing.T, b []byte) (err error) {
	var events []Stamped
	mutate.Within(t, 1<<20+64*uint64(len(b)), func() { events, err = Read(bytes.NewReader(b)) })
	var torn *TornError
	if whole := bytes.Count(b, []byte("\n")); len(events) > whole || (err == nil || errors.As(err, &torn)) && len(events) != whole {
		t.Errorf("%d events of %d lines, %v", len(events), whole, err)
	}
	var again bytes.Buffer
	w := NewWriter(&again)
	for _, e := range events {
		if err := w.Emit(e.Event); err != nil {
			t.Fatal(err)
		}
	}
	back, readErr := Read(&again)
	if readErr != nil || len(back) != len(events) {
		t.Fatalf("%d events written again, %d read, %v", len(events), len(back), readErr)
	}
	for i, e := range back {
		if a, b := e.Event, events[i].Event; !reflect.DeepEqual(tidy(a), tidy(b)) {
			t.Errorf("%+v came back as %+v", b, a)
		}
	}
	return err
}

// tidy makes what is empty nil, as a writer leaves it out.
func tidy(e Event) any {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				visit(v.Field(i))
			}
		case reflect.Slice, reflect.Map:
			if v.Len() == 0 {
				v.SetZero()
			}
		}
	}
	visit(v)
	return v.Interface()
}

func FuzzRead(f *testing.F) {
	log := write(f)
	f.Add(log)
	for line := range bytes.Lines(log) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkLog(t, b) })
}

func TestMutations(t *testing.T) {
	log := write(t)
	mutate.Each(t, 64<<20, append([][]byte{log}, bytes.SplitAfter(log, []byte("\n"))[:6]...), checkLog)
}
