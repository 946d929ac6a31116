package task

import (
	"errors"
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
	if err := t.checkPace(r); err != nil {
		return fmt.Errorf("--pace-run %s: %w", c.PaceRun, err)
	}
	for _, s := range r.Stages {
		for _, e := range s.Epochs {
			t.Baseline = append(t.Baseline, e.TrainLoss)
		}
	}
	return nil
}

// checkPace reports a run whose losses say nothing of those of a baseline on the task's data.
func (t *Task) checkPace(r report.Run) error {
	with, d := r.Started.Config, r.Started.Data
	if r.Started.Method != "baseline" {
		return fmt.Errorf("a run of %s; want one of --method baseline", r.Started.Label)
	}
	if only := with["only-classes"]; only != nil && only != "" {
		return fmt.Errorf("it trained on classes %v alone; want a baseline of all", only)
	}
	for _, key := range []string{"mixup", "label-smoothing"} {
		if v, _ := with[key].(float64); v > 0 {
			return fmt.Errorf("trained with --%s %v, so its losses are not those of samples and their labels; want a baseline without", key, v)
		}
	}
	if b, _ := with["balance"].(string); b != "" && b != "none" {
		return fmt.Errorf("trained with --balance %s, so its losses are no mean over the samples; want a baseline without", b)
	}
	if r.Status() != "done" {
		return errors.New("that run did not come to its end; want one that did")
	}
	if d.Name != t.Set.Name || !slices.Equal(d.Classes, t.Set.Train.Classes()) || !slices.Equal(d.PerClass, t.PerClass) {
		return fmt.Errorf("trained on %d samples of %s, %d classes; this run has %d of %s, %d classes, and its losses say nothing of other data",
			d.Train, d.Name, len(d.Classes), t.Train.Len(), t.Set.Name, len(t.PerClass))
	}
	return nil
}
