package sink

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/record"
)

// epoch is one with all that can be known.
var epoch = record.EpochEnded{
	Stage: 2, StageEpoch: 1, Epoch: 3, LR: 0.1, TrainLoss: 1.0 / 3, EntropyActive: record.Known(0.5), SamplesSeen: 70, SamplesProbed: 20,
	TrainSeconds: 1, Seconds: 2, Selected: record.Known(0.25), Lambda: record.Known(2), Gamma: record.Known(3), SelectSeconds: 4,
	Test:       &record.Accuracy{Samples: 10, Loss: 5, Top1: 0.6, Top1Active: 0.7, Top1New: record.Known(0.8), Top1Old: record.Known(0.9)},
	Validation: &record.Accuracy{Samples: 10, Loss: 6, Top1: 0.1, Top1Active: 0.2},
}

// An epoch's numbers have the field's names, and stand at the samples trained on; what is not known has
// no point.
func TestPoints(t *testing.T) {
	var r Reader
	points, note := r.Take(epoch)
	got := map[string]float64{}
	for _, p := range points {
		got[p.Name] = p.Value
		if p.Step != 70 {
			t.Errorf("%s at %d", p.Name, p.Step)
		}
	}
	want := map[string]float64{
		"Loss/train": 1.0 / 3, "Loss/test": 5, "Accuracy/test": 0.6, "Accuracy/test active": 0.7, "Accuracy/test new": 0.8, "Accuracy/test old": 0.9,
		"Loss/validation": 6, "Accuracy/validation": 0.1, "Accuracy/validation active": 0.2, "Entropy/active": 0.5,
		"Training/lr": 0.1, "Training/epoch": 3, "Training/samples probed": 20, "Training/seconds": 2, "Training/selected": 0.25, "Training/lambda": 2, "Training/gamma": 3,
	}
	if !reflect.DeepEqual(got, want) || note != nil {
		t.Errorf("%v\nwant %v; note %v", got, want, note)
	}
	if points, _ := r.Take(record.StageStarted{Stage: 3, Classes: []int{0, 1}}); len(points) != 2 || points[0] != (Point{"Training/stage", 70, 3}) {
		t.Errorf("stage 3: %v", points)
	}
}

// Notes name classes, the likeliest first, and not all of a thousand; no two are about the same.
func TestNotes(t *testing.T) {
	var r Reader
	names, scores, all := []string{}, map[int]float64{}, []int{}
	for k := range 60 {
		names, all = append(names, fmt.Sprintf("c%d", k)), append(all, k)
		scores[k] = float64(k / 2)
	}
	r.Take(record.RunStarted{Data: record.Data{Classes: names}})
	_, note := r.Take(record.StageStarted{Stage: 1, Classes: all, New: all, Note: "why", Scores: scores, Samples: 9})
	if note.About != "stage 1" || !strings.Contains(note.Text, "60 of 60 classes, 9 samples") || !strings.Contains(note.Text, "c49 and 10 more\nwhy\n") || !strings.Contains(note.Text, "c58: 29.000, c59: 29.000, c56: 28.000") {
		t.Errorf("%+v", note)
	}
	if _, note := r.Take(record.StageEnded{Stage: 1, Reason: "epochs", Top1ByClass: map[int]float64{99: 1}}); !strings.Contains(note.Text, "99: 1.00") {
		t.Errorf("a class that the data do not have: %+v", note)
	}
	for _, want := range []string{"warning 1", "warning 2"} {
		if _, note := r.Take(record.Warning{Text: "x"}); note.About != want || note.Text != "x" {
			t.Errorf("%+v", note)
		}
	}
}

// The table is what a reader of CSV takes, its columns are those of FORMAT.md, and no number loses a bit.
func TestCSV(t *testing.T) {
	at := time.Date(2026, 11, 24, 14, 0, 0, 5, time.UTC)
	bare := record.EpochEnded{Stage: 2, StageEpoch: 2, Epoch: 4}
	var out bytes.Buffer
	err := WriteCSV(&out, []record.Stamped{
		{Event: record.RunStarted{Run: "a,\"b\"\nc", Label: "LGL(r,3)", Seeds: map[string]uint64{"init": 1, "order": 1 << 63, "classes": 3}, Data: record.Data{Name: "töy"}}},
		{Event: record.StageStarted{Stage: 2, Classes: []int{4, 5, 6}}}, {Time: at, Event: epoch}, {Event: record.Warning{}}, {Time: at, Event: bare}, {Event: record.StageEnded{}},
	})
	rows, readErr := csv.NewReader(&out).ReadAll()
	if err != nil || readErr != nil || len(rows) != 3 {
		t.Fatalf("%v, %v, %d rows", err, readErr, len(rows))
	}
	format, err := os.ReadFile("../record/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range rows[0] {
		last := name[strings.LastIndexAny(name, "_")+1:]
		if !strings.Contains(string(format), "`"+name+"`") && !strings.Contains(string(format), "`"+last+"`") && !strings.HasPrefix(name, "test_") && !strings.HasPrefix(name, "validation_") {
			t.Errorf("column %q is not in FORMAT.md", name)
		}
		if rows[1][i] == "" && !strings.HasPrefix(name, "validation_top1_") {
			t.Errorf("column %q is empty", name)
		}
	}
	want := map[string]string{
		"run": "a,\"b\"\nc", "data": "töy", "seed_order": "9223372036854775808", "time": "2026-11-24T14:00:00.000000005Z", "classes": "3", "epoch": "3",
		"train_loss": "0.3333333333333333", "test_top1_old": "0.9", "validation_loss": "6", "validation_top1_new": "", "select_seconds": "4", "seconds": "2",
	}
	for i, name := range rows[0] {
		if w, ok := want[name]; ok && rows[1][i] != w {
			t.Errorf("%s: %q; want %q", name, rows[1][i], w)
		}
	}
	if i := len(rows[0]) - 4; rows[0][i] != "gamma" || rows[2][i] != "" {
		t.Errorf("%s of a bare epoch: %q", rows[0][i], rows[2][i])
	}
}
