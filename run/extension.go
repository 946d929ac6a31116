package run

import (
	"cmp"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/task"
)

// Extension is the JSON of what lgl extend did: test accuracy before and after, and what it cost beside
// training from scratch.
type Extension struct {
	Run   string `json:"run"`   // that was extended: the base name of its directory
	Stage int    `json:"stage"` // whose weights it began with
	Old   Growth `json:"old"`   // the classes known before
	New   Growth `json:"new"`
	All   Growth `json:"all"`
	// PerClass is the same for each class.
	PerClass []Change `json:"per_class"`
	Spent    Expense  `json:"spent"`
	// Scratch is one baseline, epochs x N samples of all classes, at the rate of this run.
	Scratch Expense `json:"scratch"`
}

// Growth is the accuracy on the test samples of some classes, with arg-max over all classes that the
// network has rows for.
type Growth struct {
	Classes int      `json:"classes"` // how many
	Samples int      `json:"samples"` // their test samples
	Before  *float64 `json:"before"`  // null where it had a row for none of them
	After   *float64 `json:"after"`   // null if no epoch came to its end
}

// Change is the growth of one class.
type Change struct {
	Class string `json:"class"`
	Growth
}

// Expense is what training costs.
type Expense struct {
	Samples int64   `json:"samples"` // trained on
	FLOPs   float64 `json:"flops"`
	Seconds float64 `json:"seconds"` // in training steps
}

// Learnt are the new classes that were tested, the one with the least accuracy first.
func (e Extension) Learnt() []Change {
	return sorted(e.PerClass[e.Old.Classes:], func(c Change) bool { return c.After != nil }, func(c Change) float64 { return *c.After })
}

// Forgotten are the classes of which less is right than before, the one that lost most first.
func (e Extension) Forgotten() []Change {
	worse := func(c Change) bool { return c.Before != nil && c.After != nil && *c.After < *c.Before }
	return sorted(e.PerClass, worse, func(c Change) float64 { return *c.After - *c.Before })
}

// sorted are the changes that are to be kept, those of the least value first.
func sorted(all []Change, keep func(Change) bool, value func(Change) float64) (kept []Change) {
	for _, c := range all {
		if keep(c) {
			kept = append(kept, c)
		}
	}
	slices.SortStableFunc(kept, func(a, b Change) int { return cmp.Compare(value(a), value(b)) })
	return kept
}

// extensionOf compares what was known before with what the run ended with; nil for a run that extends none.
func extensionOf(t task.Task, extends *record.Extends, ended record.RunEnded, last record.StageEnded) *Extension {
	if extends == nil {
		return nil
	}
	all := task.FirstClasses(t.Net.Classes)
	of := func(classes ...int) Growth {
		return growthOf(classes, data.PerClass(t.Set.Test), extends.Top1ByClass, last.Top1ByClass)
	}
	e := &Extension{
		Run: extends.Run, Stage: extends.Stage, All: of(all...),
		Old: of(all[:t.Config.KnownClasses]...), New: of(all[t.Config.KnownClasses:]...),
		Spent: Expense{ended.SamplesSeen, ended.FLOPsTrained, ended.TrainSeconds},
	}
	for k, name := range t.Set.Train.Classes() {
		e.PerClass = append(e.PerClass, Change{name, of(k)})
	}
	e.Scratch.Samples = int64(t.Config.Epochs) * int64(t.Train.Len())
	share := float64(e.Scratch.Samples) / float64(max(e.Spent.Samples, 1))
	e.Scratch.FLOPs, e.Scratch.Seconds = share*e.Spent.FLOPs, share*e.Spent.Seconds
	return e
}

// growthOf returns the growth of classes of which n[k] test samples are there each.
func growthOf(classes, n []int, before, after map[int]float64) Growth {
	g := Growth{Classes: len(classes)}
	for _, k := range classes {
		g.Samples += n[k]
	}
	g.Before, g.After = meanOf(classes, n, before), meanOf(classes, n, after)
	return g
}

// meanOf returns the accuracy over classes from that of each, 0 for one that has none; nil if none has.
func meanOf(classes, n []int, top1 map[int]float64) *float64 {
	right, samples, any := 0.0, 0, false
	for _, k := range classes {
		share, ok := top1[k]
		right, samples, any = right+share*float64(n[k]), samples+n[k], any || ok
	}
	if !any {
		return nil
	}
	right /= float64(samples)
	return &right
}
