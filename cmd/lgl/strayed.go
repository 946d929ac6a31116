package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
)

// strayed says, of a run whose pictures are not those that it had, which are gone, which are new, and of which classes
// there are more or fewer, by its list of files and its log; nil where that cannot be told.
func (x *execution) strayed() (lines []string) {
	l := x.newLedger()
	events, err := logged(x.dir)
	if l == nil || x.task.base != nil || err != nil || len(events) == 0 { // of joined folders the names have numbers before them
		return nil
	}
	began, ok := events[0].Event.(record.RunStarted)
	if !ok {
		return nil
	}
	add := func(what string, names []string) {
		if len(names) > 0 {
			lines = append(lines, what+": "+plural.List(names, 3))
		}
	}
	if listed, err := catalog.ReadSums(l.path); err == nil {
		add("gone", gone(listed, x.task.set.Where))
		if x.task.config.TrainSamples == 0 { // a part of other data has others of the same
			add("new", l.fresh(listed, began.Data))
		}
	}
	add("pictures to train on", recounted(began.Data, x.task.train))
	return lines
}

// gone are the listed files that are not in the folder, or no files any more.
func gone(listed []catalog.Listed, dir string) (names []string) {
	for _, f := range listed {
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.File))); err != nil || !info.Mode().IsRegular() {
			names = append(names, f.File)
		}
	}
	return names
}

// fresh are the files of the run's data that are not listed; none where the list does not have all that the run began with.
func (l *ledger) fresh(listed []catalog.Listed, began record.Data) (names []string) {
	if len(listed) < began.Train+began.Validation+began.Test {
		return nil
	}
	known := map[string]bool{}
	for _, f := range listed {
		known[f.File] = true
	}
	for _, p := range l.of {
		for i := range p.Len() {
			if name, _ := p.Entry(i); !known[name] {
				names = append(names, name)
			}
		}
	}
	return names
}

// recounted are the classes of which src has more or fewer samples than a run began with.
func recounted(began record.Data, src data.Source) (classes []string) {
	had, has, names := map[string]int{}, map[string]int{}, slices.Clone(began.Classes)
	for k, n := range began.PerClass {
		had[began.Class(k)] = n
	}
	for k, n := range data.PerClass(src) {
		name := src.Classes()[k]
		if _, known := had[name]; !known {
			names = append(names, name)
		}
		has[name] = n
	}
	for _, name := range names {
		if had[name] != has[name] {
			classes = append(classes, fmt.Sprintf("%s of %s (had %s)", count(has[name]), name, count(had[name])))
		}
	}
	return classes
}
