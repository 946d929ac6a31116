package folder

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/local-to-global/lgl/data/picture"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/shell"
)

// Report is what Check finds. Paths are within the folder, with slashes.
type Report struct {
	Dir       string         `json:"dir"`
	Train     int            `json:"train"` // pictures that can be used
	Test      int            `json:"test"`
	Classes   []ClassSize    `json:"classes"`
	Imbalance float64        `json:"imbalance"` // training pictures of the largest class over those of the smallest; 0: one has none
	Formats   map[string]int `json:"formats"`
	Smallest  [2]int         `json:"smallest"` // width and height of the picture with the fewest pixels
	Median    [2]int         `json:"median"`
	Largest   [2]int         `json:"largest"`
	Unusable  []Unusable     `json:"unusable"`
	// Blank are pictures of one colour all over, as icons are that alpha alone draws.
	Blank []string `json:"blank"`
	// Duplicates are groups of files with the same pixels, in one part and class; Conflicts those of
	// several classes; Leaks those that are in both parts, so that the test set holds what was trained on.
	// A group can be of both. It begins with one file of each class and part.
	Duplicates [][]string   `json:"duplicates"`
	Conflicts  [][]Labelled `json:"conflicts"`
	Leaks      [][]string   `json:"leaks"`
	// AlikeClasses are groups of classes whose names differ by case alone, by blanks, or by how an accent is
	// written (Unicode's normal forms), so that they look the same.
	AlikeClasses [][]string `json:"alike_classes"`
	LeftOut      []LeftOut  `json:"left_out"` // the most frequent ending first
	Notes        []string   `json:"notes"`    // what Open would say, and how many are Blank

	labels   string              // the label file that was asked for
	watch    Watch               // who is told of the search, also of that behind Quarantine
	examined map[string]examined // by path
}

// ClassSize is the number of pictures of a class that can be used.
type ClassSize struct {
	Name  string `json:"name"`
	Train int    `json:"train"`
	Test  int    `json:"test"`
}

// Labelled is a picture with its class, which its path need not show.
type Labelled struct {
	Path  string `json:"path"`
	Class string `json:"class"`
}

// LeftOut are the files in class folders whose names have one ending, and not that of a picture.
type LeftOut struct {
	Ending  string   `json:"ending"` // with the dot, in lower case; "": none
	Files   int      `json:"files"`
	Classes []string `json:"classes"`       // in whose folders they lie
	Way     string   `json:"way,omitempty"` // how they can be used
}

// Unusable is a file that cannot be used.
type Unusable struct {
	Path  string `json:"path"`
	Why   string `json:"why"`
	Moved string `json:"moved,omitempty"` // where Quarantine moved it
	// Stays: there is nothing that Quarantine could move, but a line of a label file to mend.
	Stays bool `json:"stays,omitempty"`
}

// examined is one file, decoded.
type examined struct {
	file
	format string
	w, h   int // before it is turned
	why    error
	sum    [sha256.Size]byte // of size and pixels
	blank  bool              // every pixel has the colour of the one before
}

// Check decodes every picture of a folder, which labels has the classes of as in Open, and changes
// nothing. watch watches it search and decode.
func Check(ctx context.Context, dir, labels string, watch Watch) (Report, error) {
	r := Report{Dir: dir, labels: labels, watch: watch, Unusable: []Unusable{}} // lists, not null, in JSON
	p, err := r.scan(ctx, r.refuse)
	if err != nil {
		return r, err
	}
	all := make([]examined, len(p.train)+len(p.test))
	for i, f := range slices.Concat(p.train, p.test) {
		all[i].file = f
	}
	one := counter(func(done int) { watch("checked", done, len(all)) })
	err = inParallel(ctx, runtime.GOMAXPROCS(0), len(all), func(i int) {
		all[i].examine()
		one()
	})
	if err != nil {
		return r, err
	}
	r.examined = make(map[string]examined, len(all)) // so that neither it nor a list of a million grows step by step
	for _, e := range all {
		if r.examined[e.path] = e; e.why != nil {
			r.refuse(e.path, e.why)
		}
	}
	slices.SortFunc(r.Unusable, func(a, b Unusable) int { return strings.Compare(a.Path, b.Path) })
	r.report(p)
	return r, nil
}

// scan finds the files, and notes what Open would say of them.
func (r *Report) scan(ctx context.Context, refuse func(path string, why error)) (parts, error) {
	r.Notes = []string{}
	return scan(ctx, r.Dir, r.labels, false, func(line string) { r.Notes = append(r.Notes, line) }, refuse, r.watch)
}

// report fills in what there is to say of the parts, whose files were examined.
func (r *Report) report(p parts) {
	all := make([]examined, 0, len(p.train)+len(p.test))
	for _, f := range slices.Concat(p.train, p.test) {
		e := r.examined[f.path]
		e.file = f // behind Quarantine a class may be gone, and those behind it have other numbers
		all = append(all, e)
	}
	r.count(p.classes, all, len(p.train))
	r.findBlank(all)
	r.compare(all, len(p.train))
	r.AlikeClasses = Alike(p.classes)
	r.LeftOut = leftOut(p)
}

// ways are how files can be used whose endings lgl does not take: those of telephones and, raw, of cameras, and JPEGs as
// browsers on Windows call them.
var ways = map[string]string{
	".heic": toJPEG, ".heif": toJPEG, ".cr2": toJPEG, ".cr3": toJPEG, ".nef": toJPEG, ".arw": toJPEG, ".dng": toJPEG,
	".jfif": "name them .jpg", ".jpe": "name them .jpg",
}

const toJPEG = "convert them to JPEG"

// leftOut counts the files without the ending of a picture.
func leftOut(p parts) []LeftOut {
	byEnding := map[string]LeftOut{}
	for _, f := range p.others {
		ending, class := strings.ToLower(filepath.Ext(f.path)), p.classes[f.label]
		o := byEnding[ending]
		o.Ending, o.Files = ending, o.Files+1
		if !slices.Contains(o.Classes, class) {
			o.Classes = append(o.Classes, class)
		}
		o.Way = ways[ending]
		byEnding[ending] = o
	}
	all := slices.AppendSeq([]LeftOut{}, maps.Values(byEnding))
	slices.SortFunc(all, func(a, b LeftOut) int {
		return cmp.Or(cmp.Compare(b.Files, a.Files), strings.Compare(a.Ending, b.Ending))
	})
	return all
}

// examine decodes a file.
func (e *examined) examine() {
	var p picture.Picture
	if e.format, e.w, e.h, e.why = picture.Peek(e.path); e.why == nil {
		p, e.why = picture.Decode(e.path)
	}
	if e.why == nil {
		h := sha256.New()
		fmt.Fprintf(h, "%d %d\n", p.W, p.H)
		h.Write(p.Pix)
		h.Sum(e.sum[:0])
		e.blank = bytes.Equal(p.Pix[3:], p.Pix[:len(p.Pix)-3])
	}
}

// refuse notes a file that cannot be used; the error names it, which the note need not.
func (r *Report) refuse(path string, why error) {
	u := Unusable{Path: r.within(path), Why: strings.TrimPrefix(why.Error(), path+": ")}
	var p *os.PathError
	if errors.As(why, &p) {
		u.Why = p.Err.Error()
	}
	var m missing
	if errors.As(why, &m) {
		link, err := os.Lstat(path)
		u.Stays = err != nil || link.Mode()&os.ModeSymlink == 0
	}
	r.Unusable = append(r.Unusable, u)
}

// within returns path as seen from the folder.
func (r *Report) within(path string) string {
	rel, err := filepath.Rel(r.Dir, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// count fills in all numbers. The first train of all are the training part.
func (r *Report) count(classes []string, all []examined, train int) {
	r.Train, r.Test, r.Classes, r.Formats, r.Imbalance = 0, 0, nil, map[string]int{}, 0
	for _, name := range classes {
		r.Classes = append(r.Classes, ClassSize{Name: name})
	}
	var sizes [][2]int
	for i, e := range all {
		if e.why != nil {
			continue
		}
		sizes = append(sizes, [2]int{e.w, e.h})
		r.Formats[e.format]++
		if i < train {
			r.Train++
			r.Classes[e.label].Train++
		} else {
			r.Test++
			r.Classes[e.label].Test++
		}
	}
	byTrain := func(a, b ClassSize) int { return cmp.Compare(a.Train, b.Train) }
	if least := slices.MinFunc(r.Classes, byTrain).Train; least > 0 {
		r.Imbalance = float64(slices.MaxFunc(r.Classes, byTrain).Train) / float64(least)
	}
	slices.SortFunc(sizes, func(a, b [2]int) int { return cmp.Compare(a[0]*a[1], b[0]*b[1]) })
	if n := len(sizes); n > 0 {
		r.Smallest, r.Median, r.Largest = sizes[0], sizes[n/2], sizes[n-1]
	}
}

// findBlank lists the pictures that show nothing, and says so.
func (r *Report) findBlank(all []examined) {
	r.Blank = []string{}
	for _, e := range all {
		if e.why == nil && e.blank {
			r.Blank = append(r.Blank, r.within(e.path))
		}
	}
	if n := len(r.Blank); n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s of one colour all over, from which nothing can be learnt: %s. Alpha is dropped: "+
			"icons that it alone draws must be blended with a background first", plural.Count(n, "picture"), plural.List(r.Blank, 3)))
	}
}

// compare finds the files with the same pixels, of the classes that were counted.
func (r *Report) compare(all []examined, train int) {
	r.Duplicates, r.Conflicts, r.Leaks = [][]string{}, [][]Labelled{}, [][]string{}
	groups := map[[sha256.Size]byte][]int{}
	for i, e := range all {
		if e.why == nil {
			groups[e.sum] = append(groups[e.sum], i)
		}
	}
	for i, e := range all {
		g := groups[e.sum]
		if e.why != nil || len(g) < 2 || g[0] != i {
			continue
		}
		var paths []string
		var labelled []Labelled
		leak, conflict := false, false
		for _, j := range varied(g, func(j int) kind { return kind{all[j].label, j < train} }) {
			path := r.within(all[j].path)
			paths = append(paths, path)
			labelled = append(labelled, Labelled{path, r.Classes[all[j].label].Name})
			leak = leak || (j < train) != (i < train)
			conflict = conflict || all[j].label != e.label
		}
		if leak {
			r.Leaks = append(r.Leaks, paths)
		}
		if conflict {
			r.Conflicts = append(r.Conflicts, labelled)
		}
		if !leak && !conflict {
			r.Duplicates = append(r.Duplicates, paths)
		}
	}
}

// kind is the class of a picture, and whether it is to train on.
type kind struct {
	label int32
	train bool
}

// varied puts one of each kind first, so that the beginning of a long group shows what is wrong with it.
func varied(group []int, of func(int) kind) []int {
	var firsts, others []int
	seen := map[kind]bool{}
	for _, i := range group {
		if k := of(i); !seen[k] {
			seen[k] = true
			firsts = append(firsts, i)
		} else {
			others = append(others, i)
		}
	}
	return append(firsts, others...)
}

// folded is what look-alike names have in common: case, blanks and normal form aside.
func folded(name string) string {
	return norm.NFC.String(strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(name), " "))))
}

// Alike groups the classes whose names differ by case, blanks or normal form alone, each in the given order.
func Alike(classes []string) [][]string {
	groups := [][]string{}
	same := map[string][]string{}
	for _, name := range classes {
		same[folded(name)] = append(same[folded(name)], name)
	}
	for _, name := range classes {
		if g := same[folded(name)]; len(g) > 1 && g[0] == name {
			groups = append(groups, g)
		}
	}
	return groups
}

// quarantine is the folder, in the one that was checked, to which files are moved. Open skips it.
const quarantine = ".quarantine"

// CheckQuarantine reports why Quarantine could move nothing in the folder dir, before what it takes is known. It leaves nothing.
func CheckQuarantine(dir string) error { return atomicfile.CheckDir(filepath.Join(dir, quarantine)) }

// Quarantine moves the files that cannot be used to .quarantine in the folder, under the path that
// they had. Nothing is deleted or written over. Where there is nothing to be moved (Stays), or the file lies
// elsewhere, behind a link to a folder, all stays as it is; of the latter the error tells. The rest of the
// report is of the folder as it is then: where it is split, the parts are others.
func (r *Report) Quarantine() (err error) {
	root, err := os.OpenRoot(r.Dir) // out of which no link leads
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	home, err := filepath.EvalSymlinks(r.Dir)
	if err != nil {
		return err
	}
	var first error
	stay := 0
	for i := range r.Unusable {
		u := &r.Unusable[i]
		if u.Stays {
			continue
		}
		err := inside(home, filepath.Join(home, filepath.FromSlash(u.Path)))
		if err == nil {
			u.Moved, err = move(root, u.Path)
		}
		if err != nil {
			first, stay = cmp.Or(first, err), stay+1
		}
	}
	if first != nil {
		first = fmt.Errorf("%s: %w; %s could not be moved away: do it yourself", r.Dir, first, plural.Count(stay, "file"))
	}
	p, again := r.scan(context.Background(), func(string, error) {})
	if again == nil {
		r.report(p)
	}
	return errors.Join(first, again)
}

// inside reports a file that is not in home, but behind a link to a folder elsewhere.
func inside(home, path string) error {
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err == nil && !within(home, folder) {
		err = fmt.Errorf("%s lies in %s, outside of the folder", path, folder)
	}
	return err
}

// move moves a file to a free name in the quarantine, and returns that within the folder, with slashes.
func move(root *os.Root, path string) (string, error) {
	to := quarantine + "/" + path
	if err := root.MkdirAll(filepath.Dir(filepath.FromSlash(to)), 0o755); err != nil {
		return "", err
	}
	free := to
	for n := 2; ; n++ {
		_, err := root.Lstat(filepath.FromSlash(free))
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		if err != nil {
			return "", err
		}
		free = fmt.Sprintf("%s-%d", to, n)
	}
	if err := root.Rename(filepath.FromSlash(path), filepath.FromSlash(free)); err != nil {
		return "", err
	}
	return free, nil
}

// Fault says why no run can be trained on what was found; nil where one can.
func (r *Report) Fault() error {
	bad, absent := 0, 0
	for _, u := range r.Unusable {
		switch {
		case u.Stays:
			absent++
		case u.Moved == "":
			bad++
		}
	}
	if len(r.Classes) == 1 {
		return OneClass(r.Dir, r.Classes[0].Name)
	}
	var faults []string
	if bad > 0 {
		faults = append(faults, fmt.Sprintf("%s of its files cannot be used; lgl data check %s --fix moves them away", plural.Thousands(bad), r.arguments()))
	}
	if absent > 0 {
		faults = append(faults, fmt.Sprintf("its label file has %s without a picture; put the picture there, or take the line out", plural.Count(absent, "line")))
	}
	if empty := r.empty(); len(empty) > 0 {
		faults = append(faults, fmt.Sprintf("%s: no picture to train on that can be used; add some, or take the class away", plural.Names(empty)))
	}
	if r.Test == 0 || len(r.Classes) == 0 {
		faults = append(faults, "the test set has no picture that can be used; add some, two of a class at least")
	}
	if faults == nil {
		return nil
	}
	return errors.New(strings.Join(faults, ". Also: "))
}

// arguments are those of lgl data check that make this report.
func (r *Report) arguments() string {
	if r.labels == "" {
		return shell.Quoted(r.Dir)
	}
	return shell.Quoted(r.Dir) + " --labels " + shell.Quoted(r.labels)
}

// empty are the classes without a picture to train on.
func (r *Report) empty() (names []string) {
	for _, c := range r.Classes {
		if c.Train == 0 {
			names = append(names, c.Name)
		}
	}
	return names
}
