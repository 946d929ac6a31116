package run

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// Result is the JSON of a training run.
type Result struct {
	Run    string `json:"run"` // the run directory; "" if training did not begin
	Method string `json:"method"`
	Label  string `json:"label"` // of the settings, as in tables
	record.RunEnded
	Stage             int            `json:"stage"`               // the last that began
	Stages            int            `json:"stages"`              // planned
	ClassesOrderNames []string       `json:"classes_order_names"` // of the classes as they entered
	Unrecognised      []string       `json:"unrecognised"`        // classes of which no test sample is right with the weights kept
	Rare              []string       `json:"rare"`                // of these, those with so few training samples that --balance oversample may help
	Classes           []string       `json:"classes"`             // names, in the order of the head's rows
	Balance           metric.Balance `json:"balance"`             // of the test set, with the weights kept; zero where the log has no confusions
	Diverged          bool           `json:"diverged"`            // the last epoch's training loss was far above that of guessing (record.EpochEnded.Diverged)
	Carry             string         `json:"carry"`               // which weights of the last stage were kept
	CarryEpoch        int            `json:"carry_epoch"`         // its epoch
	Weights           string         `json:"weights"`             // path of those of the last stage; "" if not one step was made
	SHA256            string         `json:"sha256"`              // of that file
	Engine            string         `json:"engine"`              // its name
	Report            string         `json:"report"`              // path of the page of curves
	// Extension is what a run of lgl extend did to the classes known before, and to the new ones.
	Extension *Extension `json:"extension,omitempty"`
}

// last keeps what a result tells of the stages.
type last struct {
	stage int               // the last that began
	ended record.StageEnded // the last that ended with weights
	epoch record.EpochEnded // the last
	first record.EpochEnded // of its stage

	warned bool // that training diverges
}

// Emit takes an event.
func (l *last) Emit(e record.Event) error {
	switch e := e.(type) {
	case record.StageStarted:
		l.stage = e.Stage
	case record.EpochEnded:
		if l.epoch = e; e.StageEpoch == 1 {
			l.first = e
		}
	case record.StageEnded:
		if e.Weights != "" {
			l.ended = e
		}
	case record.Warning:
		l.warned = l.warned || strings.Contains(e.Text, diverges)
	}
	return nil
}

// result gathers what the run gave.
func (x *execution) result(ended record.RunEnded, page string) Result {
	c, last := x.task.Config, x.last.ended
	none := slices.DeleteFunc(slices.Sorted(maps.Keys(last.Top1ByClass)), func(k int) bool { return last.Top1ByClass[k] > 0 })
	r := Result{
		Run: x.dir, Method: c.Method, Label: c.Label(), RunEnded: ended, Stage: x.last.stage, Stages: len(x.plan.Stages),
		ClassesOrderNames: data.Names(x.task.Set.Train, ended.ClassesOrder), Carry: last.Carry, CarryEpoch: last.CarryEpoch, SHA256: last.SHA256,
		Engine: x.engine.Info.Name, Report: page, Extension: extensionOf(x.task, x.extends, ended, last),
		Unrecognised: data.Names(x.task.Set.Train, none), Rare: data.Names(x.task.Set.Train, x.rare(none, ended.ClassesOrder)), Classes: x.task.Set.Train.Classes(), Balance: metric.BalanceOf(last.Confusion),
		Diverged: x.diverged(x.last.epoch),
	}
	if last.Weights != "" {
		r.Weights = filepath.Join(x.dir, filepath.FromSlash(last.Weights))
	}
	return r
}

// rarely is how many times as many training samples as a rare class the middle one has. Oversampling is measured to help one of a
// ninth (docs/findings.md).
const rarely = 8

// rare are those of classes with few training samples beside the classes that entered; none where they are balanced.
func (x *execution) rare(classes, entered []int) []int {
	if x.task.Config.Balance != "none" || len(entered) == 0 {
		return nil
	}
	n := x.task.PerClass
	sizes := slices.SortedFunc(slices.Values(entered), func(a, b int) int { return n[a] - n[b] })
	middle := n[sizes[len(sizes)/2]]
	return slices.DeleteFunc(slices.Clone(classes), func(k int) bool { return n[k]*rarely > middle })
}

// writePage writes the page of one run.
func writePage(path, dir string) error {
	r, err := report.Load(dir)
	if err != nil {
		return err
	}
	return report.Page{Title: r.Started.Label + " on " + r.Started.Data.Name, Runs: []report.Run{r}}.WriteFile(path)
}
