package report

import (
	"encoding/json"
	"strings"
	"testing"
)

// paced makes a self-paced run of a fabricated baseline: the share selected grows to 1.
func paced(seed uint64, settings map[string]any) Run {
	r := fabricate(plan{label: "SPL", method: "spl", epochs: 10, seed: seed})
	for key, value := range settings {
		r.Started.Config[key] = value
	}
	r.Started.CostPredicted = 0 // so that costs come from the baseline beside it
	seen := int64(0)
	for i := range r.Stages[0].Epochs {
		e := &r.Stages[0].Epochs[i]
		share := min(1, 0.5+0.125*float64(i))
		e.Selected, e.SelectSeconds = &share, 0.5
		seen += int64(share * 12000)
		e.SamplesSeen = seen
	}
	r.Ended.SamplesSeen = seen
	return r
}

// The page shows the share selected, and only where there is one.
func TestSelectedCurve(t *testing.T) {
	runs := append(demo(1), paced(1, nil))
	list := charts(groups(runs))
	c := list[len(list)-1]
	if c.ID != "selected" || len(c.Curves) != 6 || len(c.Curves[0].Mean) != 0 {
		t.Fatalf("%+v", c)
	}
	if m := c.Curves[5].Mean; len(m) != 10 || m[0] != 50 || m[1] != 62.5 || m[9] != 100 {
		t.Errorf("share selected %v", m)
	}
	page := htmlOf(t, runs)
	for _, want := range []string{`id="chart-selected"`, "6,000 to 12,000", "5.0 s, forward passes included"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(htmlOf(t, demo(1)), "chart-selected") {
		t.Error("a page without self-paced runs has a chart of the share selected")
	}
}

// Stages are marked from the first epoch to the last, as one.
func TestSelfPacedIsOneSpan(t *testing.T) {
	all := groups([]Run{paced(1, nil)})
	spans := all[0].spans()
	if text, _ := json.Marshal(spans); len(spans) != 1 || spans[0].Epoch != [2]float64{0, 10} || spans[0].Samples[1] != 6000+7500+9000+10500+6*12000 {
		t.Errorf("spans %s", text)
	}
}

// Runs of one pace are one group, whatever baseline run their losses came from; runs of two paces
// are two; both stand beside the same baseline, whose settings of the pace do not matter.
func TestPaceSettingsInGroups(t *testing.T) {
	runs := []Run{
		fabricate(plan{label: "baseline", method: "baseline", epochs: 10, seed: 1}),
		paced(1, map[string]any{"pace": "baseline-loss", "pace-run": "runs/base-1"}),
		paced(2, map[string]any{"pace": "baseline-loss", "pace-run": "runs/base-2"}),
		paced(1, map[string]any{"pace": "quantile", "pace-start": 0.2}),
	}
	rows := Table(runs)
	if len(rows) != 3 || rows[1].N != 2 || rows[2].N != 1 {
		t.Fatalf("%+v", rows)
	}
	for _, r := range rows[1:] {
		if *r.Cost != 0.875 { // of the baseline's 120,000
			t.Errorf("%s costs %v", r.Label, *r.Cost)
		}
	}
}
