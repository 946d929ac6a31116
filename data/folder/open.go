package folder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/local-to-global/lgl/data/picture"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/shell"
)

// DefaultSize is N where none is asked for: photos of 32 pixels show little, and 64 cost four times
// as much, which a small network on a processor still trains in seconds an epoch.
const DefaultSize = 64

// checkedAhead is for how many files Open reads the headers. Of more it would take minutes, from a
// disk hours.
const checkedAhead = 100_000

// Is reports whether dir may be such a folder: it has folders or pictures in it.
func Is(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return !skipped(e.Name()) && (isDir(filepath.Join(dir, e.Name())) || hasEnding(e.Name()))
	}), err
}

// Open reads the pictures of dir, to be seen as N x N pixels (0: DefaultSize). dir has train/CLASS/*
// and test/CLASS/* or val/CLASS/*; the test set is test, else val. Without these, or without train,
// a fifth of each class is the test set: the files whose names have the smallest SHA-256, so that
// every run has the same ones, and adding a picture moves hardly any other. say is called with lines
// that the user should see. ctx ends the search, of a million pictures minutes where the disk was not read lately.
//
// labels is a label file (readLabels), "": none: of the pictures in a val or test folder without class folders that lies beside
// train/CLASS/*, else of all. Without one, DIR/labels.csv is looked for where there is no train/CLASS/*, and
// DIR/val_labels.csv, DIR/val.txt or DIR/LOC_val_solution.csv where there is.
func Open(ctx context.Context, dir, labels string, size int, say func(string)) (train, test *Source, err error) {
	return open(ctx, dir, labels, size, false, say)
}

// OpenTest is Open for data to test on alone: where dir has no test part, all of it is, and a test part
// needs no other.
func OpenTest(ctx context.Context, dir, labels string, size int, say func(string)) (test *Source, err error) {
	_, test, err = open(ctx, dir, labels, size, true, say)
	return test, err
}

// open is Open, or OpenTest if whole is set.
func open(ctx context.Context, dir, labels string, size int, whole bool, say func(string)) (train, test *Source, err error) {
	dir, size = filepath.Clean(dir), cmp.Or(size, DefaultSize)
	p, err := scan(ctx, dir, labels, whole, say, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	if err := p.check(ctx, dir, say); err != nil {
		return nil, nil, err
	}
	m := newMemory(mostKept)
	return newSource(dir, p.classes, p.train, size, m), newSource(dir, p.classes, p.test, size, m), nil
}

// parts are the classes and files of a folder.
type parts struct {
	classes     []string
	train, test []file
	others      []file // in the class folders, without the ending of a picture
	labels      string // the file with the labels of some of them, "": none
}

// scan finds the files of dir, with the labels of a file, if labels names one, and opens none. refuse, if
// not nil, is told of what cannot be used, which is left out then; else it is an error, and so is a class
// without pictures. watch, if not nil, watches. whole makes a folder without a test part one.
func scan(ctx context.Context, dir, labels string, whole bool, say func(string), refuse func(path string, why error), watch Watch) (p parts, err error) {
	if isRun(dir) {
		return p, fmt.Errorf("%s: is a run of lgl, and no data set; its config.yaml names the data that it was trained on", dir)
	}
	l, err := arrange(dir, labels, whole, say)
	if err != nil {
		return p, err
	}
	s := scanner{ctx: ctx, dir: dir, say: say, seen: map[string]string{}, refuse: refuse, watch: watch, whole: whole, began: time.Now(), found: func() {}}
	if watch != nil {
		s.found = counter(func(done int) { watch("found", done, 0) })
	}
	if l.labels != nil {
		p.labels, err = l.labels.path, s.listed(&p, *l.labels)
		return p, err
	}
	if p.classes, err = classFolders(l.train); err != nil {
		return p, err
	}
	if p.train, err = s.classes(l.train, p.classes); err != nil {
		return p, err
	}
	if err := everyClass(l.train, p); err != nil && refuse == nil {
		return p, err
	}
	switch {
	case l.test == "":
		err = s.split(&p, l.train, dir+" has no test or val folder")
	case l.testLabels != nil:
		p.labels = l.testLabels.path
		n, gone := s.list(l.test, *l.testLabels)
		if gone != nil {
			return p, gone
		}
		p.test, err = s.labelled(n, "", p.classes, l.train)
		s.unlabelled(n)
	default:
		p.test, err = s.part(l.test, p.classes, l.train)
	}
	if p.others = s.others; len(p.others) > 0 {
		say(fmt.Sprintf("%s: left out: %s without the ending of a picture: %s ...", dir, plural.Count(len(p.others), "file"), p.others[0].path))
	}
	return p, err
}

// listed finds the files that a label file has.
func (s *scanner) listed(p *parts, l labels) (err error) {
	part := s.main(l)
	p.classes = l.classes(part)
	n, err := s.list(s.dir, l)
	if err != nil {
		return err
	}
	if p.train, err = s.labelled(n, part, p.classes, l.path); err != nil {
		return err
	}
	s.unlabelled(n)
	test, val := l.has("test"), l.has("val")
	if test && val {
		s.say(l.path + ": what is of split test is the test set; val is left out")
	}
	switch {
	case len(p.classes) == 0:
		return fmt.Errorf("%s: has no picture of split train; change the split of those that are to train on", l.path)
	case part != "train":
		err = s.split(p, s.dir, l.path+" tells no test set apart")
	case test:
		p.test, err = s.labelled(n, "test", p.classes, "split train of "+l.path)
	case val:
		p.test, err = s.labelled(n, "val", p.classes, "split train of "+l.path)
	default:
		err = s.split(p, s.dir, l.path+" tells no test set apart")
	}
	return err
}

// main is the part of the rows of l that has the classes: train, "" for all where they are of none, and of data to test
// on alone, without train, the test set.
func (s *scanner) main(l labels) string {
	switch {
	case !l.split:
		return ""
	case !s.whole || l.has("train"):
		return "train"
	case l.has("test"):
		return "test"
	}
	return "val"
}

// everyClass reports a class without pictures.
func everyClass(dir string, p parts) error {
	n := make([]int, len(p.classes))
	for _, f := range p.train {
		n[f.label]++
	}
	if k := slices.Index(n, 0); k >= 0 {
		return fmt.Errorf("%w; add some, or move the folder away", noPictures(filepath.Join(dir, p.classes[k])))
	}
	return nil
}

// check reads the headers and the ends, and reports files that are no pictures, or not all of one.
func (p parts) check(ctx context.Context, dir string, say func(string)) error {
	all := slices.Concat(p.train, p.test)
	if len(all) > checkedAhead {
		say(fmt.Sprintf("%s: %s, too many to look into before every run; lgl data check %s does that", dir, plural.Count(len(all), "picture"), shell.Quoted(dir)))
		return nil
	}
	bad := make([]error, len(all))
	if err := inParallel(ctx, 2*runtime.GOMAXPROCS(0), len(all), func(i int) { bad[i] = picture.Sound(all[i].path) }); err != nil {
		return err
	}
	bad = slices.DeleteFunc(bad, func(err error) bool { return err == nil })
	if len(bad) == 0 {
		return nil
	}
	return fmt.Errorf("%w; %d of %s cannot be used: lgl data check %s lists them, and --fix moves them away", bad[0], len(bad), plural.Count(len(all), "file"), shell.Quoted(dir))
}

// inParallel calls do for 0..n-1, so many at once, until ctx ends it.
func inParallel(ctx context.Context, workers, n int, do func(i int)) error {
	var g errgroup.Group
	g.SetLimit(workers)
	const chunk = 16
	for from := 0; from < n; from += chunk {
		g.Go(func() error {
			for i := from; i < min(from+chunk, n) && ctx.Err() == nil; i++ {
				do(i)
			}
			return nil
		})
	}
	_ = g.Wait() // of no errors
	return ctx.Err()
}

// errNoFolders is the error of a folder without classes.
var errNoFolders = errors.New("has no folder for each class; want DIR/CLASS/PICTURE, " +
	"or DIR/train/CLASS/PICTURE and DIR/test/CLASS/PICTURE, or pictures and their classes in DIR/labels.csv")

// Files returns the paths, within dir, of the pictures of both parts, sorted, and that of the file that has their labels; "" if that is
// none, or not in dir.
func Files(ctx context.Context, dir, labels string) (names []string, list string, err error) {
	p, err := scan(ctx, dir, labels, false, func(string) {}, nil, nil)
	if err != nil {
		return nil, "", err
	}
	for _, f := range slices.Concat(p.train, p.test) {
		name, err := filepath.Rel(dir, f.path)
		if err != nil {
			return nil, "", err
		}
		names = append(names, filepath.ToSlash(name))
	}
	if name, err := filepath.Rel(absolute(dir), absolute(p.labels)); err == nil && p.labels != "" && filepath.IsLocal(name) {
		list = filepath.ToSlash(name)
	}
	slices.Sort(names)
	return names, list, nil
}

// absolute is path where the working directory counts, as far as that is known.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
