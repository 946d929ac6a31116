package run

import (
	"context"
	"encoding/hex"
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
	began := beginning(x.dir)
	if x.newLedger() == nil || began == nil {
		return nil
	}
	add := func(what string, names []string) {
		if len(names) > 0 {
			lines = append(lines, what+": "+plural.List(names, 3))
		}
	}
	if had, all := hadFiles(x.dir, began.Data); had != nil {
		was, has := fileNames(had), entries(x.task.Set.Train, x.task.Set.Test)
		add("gone", plural.Without(was, has))
		if all && x.task.Config.TrainSamples == 0 { // which leaves some out
			add("new", plural.Without(has, was))
		}
	}
	add("pictures to train on", recounted(began.Data, x.task.Train))
	return lines
}

// hadFiles are the pictures that the run in dir has read, by its list of files; all is false where it was
// stopped before it had read every one.
func hadFiles(dir string, began record.Data) (had []catalog.Listed, all bool) {
	had, _, err := catalog.ReadSums(filepath.Join(dir, ledgerName))
	if err != nil {
		return nil, false
	}
	return had, len(had) >= began.Train+began.Validation+began.Test
}

// fileNames are the names of files of a list.
func fileNames(listed []catalog.Listed) (names []string) {
	for _, f := range listed {
		names = append(names, f.File)
	}
	return names
}

// WarnSeen says, when the test set src of the data of that name ("": the run's) was read, how many of its pictures the run was
// trained on, by the SHA-256s of the files: of other data wherever there are any, a folder that was moved or copied; of the run's
// own where they are no longer what they were, for where lgl tells a test set apart it is another now. Of joined folders of the
// run's own that is not told.
func (s Saved) WarnSeen(ctx context.Context, sets *task.Sets, name string, src data.Source, say func(line string)) {
	began := s.Run.Started.Data
	had, all := hadFiles(s.Run.Dir, began)
	sums, known := trainedOn(had, began)
	switch n := count(src, sums); {
	case name == "" || task.IsOwn(s.Config, name):
		if change := s.changed(ctx, sets, fileNames(had), all); change != "" && known && all && n > 0 {
			say(fmt.Sprintf("%s; of its test pictures now the run was trained on %s", change, plural.Thousands(n)))
		} else if change != "" {
			say(change)
		}
	case n > 0 && known:
		say(fmt.Sprintf("warning: of the test pictures of %s the run was trained on %s", name, plural.Thousands(n)))
	case n > 0:
		say(fmt.Sprintf("warning: of the test pictures of %s the run had %s, to train or to be tested on", name, plural.Thousands(n)))
	}
}

// changed says how the run's folder differs from what it was, when the run read the files of those names, or all; "" if it does
// not, or that cannot be told.
func (s Saved) changed(ctx context.Context, sets *task.Sets, had []string, all bool) string {
	if had == nil || s.Config.Extends() || s.Config.TrainSamples > 0 {
		return ""
	}
	set, err := sets.Open(ctx, s.Config) // which was read already
	if err != nil {
		return ""
	}
	has := entries(set.Train, set.Test)
	gone, fresh := plural.Without(had, has), plural.Without(has, had)
	if !all {
		fresh = nil // those that were not read are not listed
	}
	if len(gone)+len(fresh) == 0 {
		return ""
	}
	text := fmt.Sprintf("warning: %s is not what it was when the run was trained (pictures gone: %s, new: %s", s.Config.Data, plural.Thousands(len(gone)), plural.Thousands(len(fresh)))
	if len(gone) > 0 && len(fresh) > 0 {
		text += "; one that was moved to another class is both"
	}
	return text + ")"
}

// trainedOn returns the SHA-256s of those of the files that a run had which it was trained on; known is false where their
// paths do not tell which were its test set, and all are returned.
func trainedOn(had []catalog.Listed, began record.Data) (sums map[string]bool, known bool) {
	train := fileNames(had)
	if test := testedOn(train, began); len(test) == began.Test {
		train, known = plural.Without(train, test), true
	}
	is := map[string]bool{}
	for _, name := range train {
		is[name] = true
	}
	sums = map[string]bool{}
	for _, f := range had {
		if is[f.File] {
			sums[f.SHA256] = true
		}
	}
	return sums, known
}

// testedOn are those of the names, in a data set, that a run was tested on if they are what is not in train, or a fifth of each
// class folder.
func testedOn(names []string, began record.Data) []string {
	inTrain := func(name string) bool { return strings.HasPrefix(name, "train/") }
	classes := map[string]bool{}
	for _, class := range began.Classes {
		classes[class] = true
	}
	inClass := func(name string) bool {
		class, _, _ := strings.Cut(name, "/")
		return classes[class]
	}
	switch {
	case !slices.ContainsFunc(names, func(name string) bool { return !inClass(name) }):
		return folder.Fifth(names)
	case slices.ContainsFunc(names, inTrain):
		return slices.DeleteFunc(slices.Clone(names), inTrain)
	}
	return nil
}

// count returns how many pictures of src were read and have one of the SHA-256s.
func count(src data.Source, sums map[string]bool) (n int) {
	p, ok := src.(data.Pictures)
	if !ok {
		return 0
	}
	for i := range p.Len() {
		if sum, read := p.Sum(i); read && sums[hex.EncodeToString(sum[:])] {
			n++
		}
	}
	return n
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
