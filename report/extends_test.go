package report

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
)

// grown is a run that extends another, which knew two classes, by one.
func grown(seed uint64) Run {
	before, h := 0.9, 0.4
	r := Run{Dir: "grown", Started: record.RunStarted{
		Run: "grown", Label: "LGL(r,1, extends 2 classes)", Method: "lgl",
		Config: map[string]any{"data": "d", "method": "lgl", "extend": fmt.Sprint("runs/a", seed), "known-classes": 2.0, "old-data": "", "epochs": 2.0, "budget": 1.0},
		Data:   record.Data{Name: "d", Classes: []string{"cat", "dog", "ant"}}, Seeds: map[string]uint64{"init": seed},
		Extends: &record.Extends{Run: fmt.Sprint("a", seed), Stage: 5, Known: 2, Top1: &before},
	}}
	r.Stages = []Stage{{
		Started: record.StageStarted{Stage: 1, Classes: []int{0, 1, 2}, New: []int{2}, Known: []int{0, 1}, Scores: map[int]float64{2: h}},
		Epochs:  []record.EpochEnded{{Stage: 1, StageEpoch: 1, Epoch: 1, Test: &record.Accuracy{Samples: 3, Top1: 0.8}}},
		Ended:   &record.StageEnded{Stage: 1, Reason: "samples", Top1ByClass: map[int]float64{0: 1, 1: 0.5, 2: 0.25}},
	}}
	r.Ended = &record.RunEnded{Status: "done", Top1Last: &r.Stages[0].Epochs[0].Test.Top1}
	return r
}

// The page of a run that extends another says what was known before, and by whom.
func TestExtends(t *testing.T) {
	page := htmlOf(t, []Run{grown(1)})
	for _, want := range []string{
		"a1, stage 5, which knew 2 classes (top-1 on them 90.00 %)",
		`<th scope="row" class="left">cat</th><td>before</td>`, `<th scope="row" class="left">ant</th><td>1</td>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	// log 2 is the bound of H over the two classes that were known
	if v := newRunView(&group{label: "x"}, look{}, grown(1)); len(v.Stages) != 1 || v.Stages[0].Choice[0].Width < 57 || v.Stages[0].Choice[0].Width > 58 {
		t.Errorf("%+v; want a bar of 0.4 over log 2", v.Stages[0].Choice)
	}
}

// Runs of several seeds extend runs of their own, and are one method; a baseline on the same data stands
// beside them.
func TestExtendsGroups(t *testing.T) {
	base := Run{Started: record.RunStarted{Label: "baseline", Method: "baseline", Data: record.Data{Name: "d"}, Seeds: map[string]uint64{"init": 1},
		Config: map[string]any{"data": "d", "method": "baseline", "extend": "", "known-classes": 0.0, "old-data": "", "epochs": 2.0, "budget": 1.0}},
		Ended: &record.RunEnded{Status: "done", Top1Last: record.Known(0.5)}}
	all := groups([]Run{grown(1), grown(2), base})
	if len(all) != 2 || len(all[1].runs) != 2 || all[1].beside(all, "baseline") != all[0] {
		t.Errorf("%d groups: %+v", len(all), all)
	}
	if notes, want := strings.Join(Notes([]Run{grown(1), grown(2), base}), "\n"), "are without those of the run that it extends, a1 or a2."; !strings.Contains(notes, want) {
		t.Errorf("notes\n%s\nwant one that says: %s", notes, want)
	}
	another := grown(1)
	another.Started.Extends.SHA256, another.Ended = "b", &record.RunEnded{Status: "done", Top1Last: record.Known(0.6)}
	rows := Table([]Run{grown(1), another, base})
	if r := rows[1]; len(rows) != 2 || r.N != 2 || math.Abs(*r.Top1-0.7) > 1e-9 || r.Plain == nil || r.Plain.N != 1 || math.Abs(r.Plain.Mean-0.2) > 1e-9 {
		t.Errorf("two runs of one seed that extend two networks: %+v; want both to count, and one pair with the baseline, of their mean", rows)
	}
	another.Started.Extends.Label = "baseline"
	if rows := Table([]Run{grown(1), another}); len(rows) != 2 || rows[1].Label != "LGL(r,1, extends 2 classes) extends=baseline" {
		t.Errorf("networks that were trained otherwise: %+v; want two methods", rows)
	}
	older := Run{Started: record.RunStarted{Label: "baseline", Method: "baseline", Config: map[string]any{"data": "d", "method": "baseline", "epochs": 2.0, "budget": 1.0}}}
	if all := groups([]Run{base, older}); len(all) != 1 {
		t.Error("a run of an lgl that could not extend is of another group")
	}
}
