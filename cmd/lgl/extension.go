package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/task"
)

// extension is the JSON of what lgl extend did: test accuracy before and after, and what it cost beside
// training from scratch.
type extension struct {
	Run   string `json:"run"`   // that was extended: the base name of its directory
	Stage int    `json:"stage"` // whose weights it began with
	Old   growth `json:"old"`   // the classes known before
	New   growth `json:"new"`
	All   growth `json:"all"`
	// PerClass is the same for each class.
	PerClass []change `json:"per_class"`
	Spent    expense  `json:"spent"`
	// Scratch is one baseline, epochs x N samples of all classes, at the rate of this run.
	Scratch expense `json:"scratch"`
}

// growth is the accuracy on the test samples of some classes, with arg-max over all classes that the
// network has rows for.
type growth struct {
	Classes int      `json:"classes"`
	Samples int      `json:"samples"`
	Before  *float64 `json:"before"` // null where it had a row for none of them
	After   *float64 `json:"after"`  // null if no epoch came to its end
}

// change is the growth of one class.
type change struct {
	Class string `json:"class"`
	growth
}

// expense is what training costs.
type expense struct {
	Samples int64   `json:"samples"` // trained on
	FLOPs   float64 `json:"flops"`
	Seconds float64 `json:"seconds"` // in training steps
}

// extensionOf compares what was known before with what the run ended with; nil for a run that extends none.
func extensionOf(t task.Task, extends *record.Extends, ended record.RunEnded, last record.StageEnded) *extension {
	if extends == nil {
		return nil
	}
	all := task.FirstClasses(t.Net.Classes)
	of := func(classes ...int) growth {
		return growthOf(classes, data.PerClass(t.Set.Test), extends.Top1ByClass, last.Top1ByClass)
	}
	e := &extension{
		Run: extends.Run, Stage: extends.Stage, All: of(all...),
		Old: of(all[:t.Config.KnownClasses]...), New: of(all[t.Config.KnownClasses:]...),
		Spent: expense{ended.SamplesSeen, ended.FLOPsTrained, ended.TrainSeconds},
	}
	for k, name := range t.Set.Train.Classes() {
		e.PerClass = append(e.PerClass, change{name, of(k)})
	}
	e.Scratch.Samples = int64(t.Config.Epochs) * int64(t.Train.Len())
	share := float64(e.Scratch.Samples) / float64(max(e.Spent.Samples, 1))
	e.Scratch.FLOPs, e.Scratch.Seconds = share*e.Spent.FLOPs, share*e.Spent.Seconds
	return e
}

// growthOf returns the growth of classes of which n[k] test samples are there each.
func growthOf(classes, n []int, before, after map[int]float64) growth {
	g := growth{Classes: len(classes)}
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

// write prints the tables for people.
func (e *extension) write(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "\nextends %s, stage %d; test accuracy, before and after:\n", e.Run, e.Stage); err != nil {
		return err
	}
	err := columns(w, func(w io.Writer) {
		fmt.Fprintln(w, "\tCLASSES\tSAMPLES\tBEFORE\tAFTER\tCHANGE")
		for _, row := range []change{{"old", e.Old}, {"new", e.New}, {"all", e.All}} {
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n", row.Class, row.Classes, count(row.Samples), share(row.Before), share(row.After), row.by())
		}
	})
	for _, line := range e.remarks() {
		if err == nil {
			_, err = fmt.Fprintln(w, line)
		}
	}
	if err == nil {
		_, err = fmt.Fprintln(w)
	}
	if err != nil {
		return err
	}
	return columns(w, func(w io.Writer) {
		fmt.Fprintln(w, "\tSAMPLES\tTFLOP\tTIME IN STEPS")
		fmt.Fprintf(w, "this run\t%s\t%.3g\t%s\n", count(e.Spent.Samples), e.Spent.FLOPs/1e12, seconds(e.Spent.Seconds))
		fmt.Fprintf(w, "from scratch\t%s\t%.3g\t%s at this run's rate\n", count(e.Scratch.Samples), e.Scratch.FLOPs/1e12, seconds(e.Scratch.Seconds))
	})
}

// by is what accuracy gained or lost, "" where one of the two is not known.
func (g growth) by() string {
	if g.Before == nil || g.After == nil {
		return ""
	}
	return fmt.Sprintf("%+.4f", *g.After-*g.Before)
}

// unlearnt is the accuracy below which a new class counts as not learnt, mostNamed how many new classes are named.
const (
	unlearnt  = 0.1
	mostNamed = 8
)

// remarks says of which classes most was lost, how each new one was learnt, and what did not come out as wanted.
func (e *extension) remarks() (lines []string) {
	const way = "; a larger --budget, --warm none or more pictures of the new classes may help"
	if worst := e.forgotten(); worst != "" {
		lines = append(lines, "most was lost on: "+worst)
	}
	words, failed := e.learnt()
	if len(words) > 0 {
		lines = append(lines, "new classes, the worst first: "+plural.List(words, mostNamed))
	}
	if len(failed) > 0 {
		lines = append(lines, fmt.Sprintf("warning: hardly learnt, with less than %v of the test samples right: %s%s", unlearnt, plural.List(failed, mostNamed), way))
	}
	if all := e.All; all.Before != nil && all.After != nil && *all.After < *all.Before {
		lines = append(lines, fmt.Sprintf("warning: of all classes less is right than before, %s for %s: more was lost than learnt%s", share(all.After), share(all.Before), way))
	}
	return lines
}

// learnt lists the new classes that were tested with their accuracies, the worst first, and those below unlearnt.
func (e *extension) learnt() (words, failed []string) {
	fresh := slices.DeleteFunc(slices.Clone(e.PerClass[e.Old.Classes:]), func(c change) bool { return c.After == nil })
	slices.SortStableFunc(fresh, func(a, b change) int { return cmp.Compare(*a.After, *b.After) })
	for _, c := range fresh {
		words = append(words, c.Class+" "+share(c.After))
		if *c.After < unlearnt {
			failed = append(failed, c.Class)
		}
	}
	return words, failed
}

// forgotten lists up to three classes that lost most.
func (e *extension) forgotten() string {
	lost := slices.DeleteFunc(slices.Clone(e.PerClass), func(c change) bool { return c.Before == nil || c.After == nil || *c.After >= *c.Before })
	slices.SortStableFunc(lost, func(a, b change) int { return cmp.Compare(*a.After-*a.Before, *b.After-*b.Before) })
	var words []string
	for _, c := range lost[:min(3, len(lost))] {
		words = append(words, fmt.Sprintf("%s %s to %s", c.Class, share(c.Before), share(c.After)))
	}
	return strings.Join(words, ", ")
}
