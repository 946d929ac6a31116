package run

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/task"
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
	if had, all := hadFiles(x.dir, began.Data); had != nil {
		has := entries(x.task.Set.Train, x.task.Set.Test)
		add("gone", task.Without(had, has))
		if all && x.task.Config.TrainSamples == 0 { // which leaves some out
			add("new", task.Without(has, had))
		}
	}
	add("pictures to train on", recounted(began.Data, x.task.Train))
	return lines
}

// hadFiles are the names of the pictures that the run in dir has read, by its list of files; all is false where it was
// stopped before it had read every one.
func hadFiles(dir string, began record.Data) (names []string, all bool) {
	listed, err := catalog.ReadSums(filepath.Join(dir, ledgerName))
	if err != nil {
		return nil, false
	}
	for _, f := range listed {
		names = append(names, f.File)
	}
	return names, len(names) >= began.Train+began.Validation+began.Test
}

// WarnChanged says that the pictures of the run's folder are no longer those that it had: where lgl tells a test set apart,
// what the run was trained on may be in it now. Of joined folders that is not told.
func (s Saved) WarnChanged(sets *task.Sets, say func(line string)) {
	had, all := hadFiles(s.Run.Dir, s.Run.Started.Data)
	if had == nil || s.Config.Extends() || s.Config.TrainSamples > 0 {
		return
	}
	set, err := sets.Open(s.Config) // which was read already
	if err != nil {
		return
	}
	has := entries(set.Train, set.Test)
	gone, fresh := task.Without(had, has), task.Without(has, had)
	if !all {
		fresh = nil // those that were not read are not listed
	}
	if len(gone)+len(fresh) == 0 {
		return
	}
	line := fmt.Sprintf("warning: %s is not what it was when the run was trained (pictures gone: %s, new: %s)", s.Config.Data, plural.Thousands(len(gone)), plural.Thousands(len(fresh)))
	if seen, known := trainedOn(had, s.Run.Started.Data, entries(set.Test)); known && all {
		line += fmt.Sprintf("; of its test pictures now the run was trained on %s", plural.Thousands(seen))
	}
	say(line)
}

// trainedOn returns how many of the names, of a test set, a run was trained on that had others; false where its test set was not
// a fifth of each class folder, which can be told apart again.
func trainedOn(had []string, began record.Data, test []string) (n int, known bool) {
	for _, name := range had {
		if class, _, _ := strings.Cut(name, "/"); !slices.Contains(began.Classes, class) {
			return 0, false
		}
	}
	was := folder.Fifth(had)
	if len(was) != began.Test {
		return 0, false
	}
	return len(test) - len(task.Without(test, task.Without(had, was))), true
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
			classes = append(classes, fmt.Sprintf("%s of %s (had %s)", plural.Thousands(has[name]), name, plural.Thousands(had[name])))
		}
	}
	return classes
}
