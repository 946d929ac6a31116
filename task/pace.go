package task

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/report"
)

// readPace sets the baseline losses of --pace baseline-loss: the mean training loss of every epoch
// of the run --pace-run, which must be a baseline's on the same data.
func (t *Task) readPace() error {
	c := t.Config
	if !c.SelfPaced() || c.Pace != "baseline-loss" {
		return nil
	}
	r, err := report.Load(c.PaceRun)
	if err != nil {
		return fmt.Errorf("--pace-run: %w", err)
	}
	if r.Started.Method != "baseline" {
		return fmt.Errorf("--pace-run %s: a run of %s; want one of --method baseline", c.PaceRun, r.Started.Label)
	}
	if only := r.Started.Config["only-classes"]; only != nil && only != "" {
		return fmt.Errorf("--pace-run %s: it trained on classes %v alone; want a baseline of all", c.PaceRun, only)
	}
	for _, key := range []string{"mixup", "label-smoothing"} {
		if v, _ := r.Started.Config[key].(float64); v > 0 {
			return fmt.Errorf("--pace-run %s: trained with --%s %v, so its losses are not those of samples and their labels; want a baseline without", c.PaceRun, key, v)
		}
	}
	if b, _ := r.Started.Config["balance"].(string); b != "" && b != "none" {
		return fmt.Errorf("--pace-run %s: trained with --balance %s, so its losses are no mean over the samples; want a baseline without", c.PaceRun, b)
	}
	if r.Status() != "done" {
		return fmt.Errorf("--pace-run %s: that run did not come to its end; want one that did", c.PaceRun)
	}
	if d := r.Started.Data; d.Name != t.Set.Name || !slices.Equal(d.Classes, t.Set.Train.Classes()) || !slices.Equal(d.PerClass, t.PerClass) {
		return fmt.Errorf("--pace-run %s: trained on %d samples of %s, %d classes; this run has %d of %s, %d classes, and its losses say nothing of other data",
			c.PaceRun, d.Train, d.Name, len(d.Classes), t.Train.Len(), t.Set.Name, len(t.PerClass))
	}
	for _, s := range r.Stages {
		for _, e := range s.Epochs {
			t.Baseline = append(t.Baseline, e.TrainLoss)
		}
	}
	return nil
}
