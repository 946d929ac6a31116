package main

import (
	"fmt"
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
	if l == nil || err != nil || len(events) == 0 {
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
		var had []string
		for _, f := range listed {
			had = append(had, f.File)
		}
		has := entries(x.task.set.Train, x.task.set.Test)
		add("gone", without(had, has))
		// What was not read yet is not listed, nor what --train-samples leaves out.
		if x.task.config.TrainSamples == 0 && len(had) >= began.Data.Train+began.Data.Validation+began.Data.Test {
			add("new", without(has, had))
		}
	}
	add("pictures to train on", recounted(began.Data, x.task.train))
	return lines
}

// entries are the names of the pictures of sources, as a ledger has them.
func entries(sources ...data.Source) (names []string) {
	for _, src := range sources {
		if p, ok := src.(data.Pictures); ok {
			for i := range p.Len() {
				name, _ := p.Entry(i)
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
