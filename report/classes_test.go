package report

import (
	"slices"
	"testing"

	"github.com/local-to-global/lgl/record"
)

// A class is followed from the stage with which it entered; only those chosen by entropy count for
// the correlation.
func TestClassViews(t *testing.T) {
	r := Run{Started: record.RunStarted{Data: record.Data{Classes: []string{"a", "b", "c", "d"}}}, Stages: []Stage{
		{Started: record.StageStarted{Stage: 1, Classes: []int{2}, New: []int{2}},
			Ended: &record.StageEnded{EntropyByClass: map[int]float64{2: 0.1}, Top1ByClass: map[int]float64{2: 1}}},
		{Started: record.StageStarted{Stage: 2, Classes: []int{2, 0, 1, 3}, New: []int{0, 1, 3}, Scores: map[int]float64{0: 3, 1: 2, 3: 1}},
			Ended: &record.StageEnded{EntropyByClass: map[int]float64{2: 0.2, 0: 0.3}, Top1ByClass: map[int]float64{2: 0.5, 0: 0.25, 1: 0.5, 3: 0.75}}},
	}}
	got := classViews(r)
	var names, top1 []string
	for _, c := range got {
		names, top1 = append(names, c.Name), append(top1, c.Top1)
	}
	if !slices.Equal(names, []string{"c", "a", "b", "d"}) || !slices.Equal(top1, []string{"50.00", "25.00", "50.00", "75.00"}) {
		t.Errorf("%v, %v", names, top1)
	}
	c, a := got[0], got[1]
	if c.Chosen != nil || *c.Entropy[0] != 0.1 || *c.Entropy[1] != 0.2 {
		t.Errorf("class c: %+v", c)
	}
	if *a.Chosen != 3 || a.Stage != 2 || a.Entropy[0] != nil || *a.Entropy[1] != 0.3 {
		t.Errorf("class a: %+v", a)
	}
	if text := foretold(got); text != "r = -1.00 over 3 classes" {
		t.Errorf("%q", text)
	}
	if text := foretold(got[:3]); text != "" {
		t.Errorf("two classes tell %q", text)
	}
}

func TestSeedsText(t *testing.T) {
	for names, want := range map[string]string{"7": "seed 7", "10 or 2 or 1": "seeds 1, 2, 10", "init=2 order=1 or init=1 order=1": "seeds init=1 order=1, init=2 order=1"} {
		if got := seedsText(names); got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
}

// Runs on several data sets are told apart by name; those on one are not.
func TestLabelsNameTheData(t *testing.T) {
	run := func(data string) Run {
		return Run{Started: record.RunStarted{Label: "baseline", Method: "baseline", Data: record.Data{Name: data}, Config: map[string]any{"data": data}}}
	}
	if g := groups([]Run{run("toy"), run("glyphs")}); len(g) != 2 || g[0].label != "toy: baseline" || g[1].label != "glyphs: baseline" {
		t.Errorf("%+v", g)
	}
	if g := groups([]Run{run("toy")}); g[0].label != "baseline" {
		t.Errorf("%+v", g[0])
	}
}
