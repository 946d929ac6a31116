package folder

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/shell"
)

// layout is where the parts of a folder are, and where their labels come from.
type layout struct {
	train, test string  // folders; test "": there is none
	labels      *labels // of all pictures, which lie in train; nil: class folders
	testLabels  *labels // of those in test; nil: class folders
}

// content is what a folder has itself, not below.
type content struct {
	classes  []string // folders, sorted by bytes
	pictures int
	first    string   // of these
	lost     []string // links that lead nowhere, where a class may have been
}

// flat reports pictures that no folder has the class of.
func (c content) flat() bool { return len(c.classes) == 0 && c.pictures > 0 }

// look reads a folder; one that is not there has nothing, but a link to nowhere is an error.
func look(dir string) (c content, err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && exists(dir):
		return c, fmt.Errorf("%w; mend the link, or delete it", err)
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return c, nil
	case err != nil:
		return c, err
	}
	for _, e := range entries { // sorted
		path := filepath.Join(dir, e.Name())
		switch {
		case skipped(e.Name()):
		case !e.Type().IsRegular() && isDir(path):
			c.classes = append(c.classes, e.Name())
		case hasEnding(path):
			if c.pictures++; c.pictures == 1 {
				c.first = path
			}
		case e.Type()&fs.ModeSymlink != 0 && !reached(path):
			c.lost = append(c.lost, e.Name())
		}
	}
	return c, nil
}

// arrange finds the parts of dir. given is a label file that was asked for, "": none. alone is for a test part without a
// train part, which train is then.
func arrange(dir, given string, alone bool, say func(string)) (l layout, err error) {
	own, err := look(dir)
	if err != nil {
		return l, err
	}
	tellLost(dir, own, say)
	parts := map[string]content{}
	for _, part := range partsOf {
		path := filepath.Join(dir, part)
		if parts[part], err = look(path); err != nil {
			return l, err
		}
		tellLost(path, parts[part], say)
	}
	switch {
	case len(parts["train"].classes) == 0:
		return trainless(dir, given, alone, own, parts, say)
	case given != "" && !parts["val"].flat() && !parts["test"].flat():
		return labelled(dir, given, say)
	}
	l.train = filepath.Join(dir, "train")
	loose(l.train, parts["train"], say)
	l.unread(dir, given, say)
	if err := l.testPart(dir, given, parts, say); err != nil || l.test != "" {
		return l, err
	}
	return l, untested(dir, own.classes, parts)
}

// unread says that the folder's own file of labels is not read, where train has folders of classes, unless it is asked for.
func (l *layout) unread(dir, given string, say func(string)) {
	if own := filepath.Join(dir, labelsName); given == "" && exists(own) {
		say(fmt.Sprintf("%s: left out: the classes are the folders in %s, unless --labels %s says otherwise", own, l.train, shell.Quoted(own)))
	}
}

// trainless is arrange for a folder whose train folder has no class folders: of a label file, of a test part if that may
// be alone, or of class folders, without parts. own is what it has itself.
func trainless(dir, given string, alone bool, own content, parts map[string]content, say func(string)) (layout, error) {
	if given == "" && exists(filepath.Join(dir, labelsName)) {
		given = filepath.Join(dir, labelsName)
	}
	switch {
	case given != "":
		return labelled(dir, given, say)
	case alone && len(parts["test"].classes) > 0:
		if len(parts["val"].classes) > 0 {
			say(dir + ": test/ is the test set; val/ is left out")
		}
		return layout{train: filepath.Join(dir, "test")}, nil
	case alone && len(parts["val"].classes) > 0:
		return layout{train: filepath.Join(dir, "val")}, nil
	case len(parts["val"].classes)+len(parts["test"].classes) > 0:
		return layout{}, fmt.Errorf("%s: has test or validation pictures, and no train folder with a folder for each class in it", dir)
	}
	loose(dir, own, say)
	tellLevel(dir, own.classes, alone, say)
	return layout{train: dir}, noParts(dir, own.classes)
}

// tellLevel says that dir may be a level too high, its classes data sets of their own, or too low, a part of one, which may be
// wanted to test on alone.
func tellLevel(dir string, classes []string, alone bool, say func(string)) {
	for _, name := range classes {
		inner := filepath.Join(dir, name)
		if isDir(filepath.Join(inner, "train")) && (isDir(filepath.Join(inner, "test")) || isDir(filepath.Join(inner, "val"))) {
			say(fmt.Sprintf("%s: its class %s has train and test folders: if it is the data set, --data %s", dir, name, shell.Quoted(inner)))
			return
		}
	}
	if part := beside(dir); part != "" && !alone {
		say(fmt.Sprintf("%s: looks like a part of a data set, and is taken for all of it: %s lies beside it; for both, --data %s", dir, part, shell.Quoted(filepath.Dir(part))))
	}
}

// beside is the other part of the data set that dir is a part of by its name, "" where none is there.
func beside(dir string) string {
	dir = absolute(dir)
	others := testNames
	if base := filepath.Base(dir); names(testNames, base) {
		others = trainNames
	} else if !names(trainNames, base) {
		return ""
	}
	for _, name := range others {
		if path := filepath.Join(filepath.Dir(dir), name); isDir(path) {
			return path
		}
	}
	return ""
}

// labelled is the layout of a folder all of whose pictures have their labels from a file, wherever they lie.
func labelled(dir, given string, say func(string)) (layout, error) {
	found, err := readLabels(given)
	say(fmt.Sprintf("%s: the pictures have their labels from %s", dir, given))
	return layout{train: dir, labels: &found}, err
}

// wrapped returns the folder below dir that looks like the data set where dir has one class, a folder of that name:
// as an archive is unpacked, DIR/flowers/train/rose/1.jpg. It has a train folder, class folders and no pictures beside
// them, or a file of labels. It is "" if there is none.
func wrapped(dir, class string) string {
	if parts, err := look(filepath.Join(dir, "train")); err == nil && len(parts.classes) > 0 {
		dir = filepath.Join(dir, "train")
	}
	const deep = 8 // links can lead round in a circle
	for range deep {
		dir = filepath.Join(dir, class)
		own, err := look(dir)
		folders := own.pictures == 0 && len(own.classes) > 1
		switch {
		case err != nil || len(own.classes) == 0 && own.pictures == 0:
			return ""
		case folders || slices.Contains(own.classes, "train") || exists(filepath.Join(dir, labelsName)):
			return dir
		case len(own.classes) != 1 || own.pictures > 0:
			return ""
		}
		class = own.classes[0]
	}
	return ""
}

// OneClass is the error of data with one class; of a folder around a data set it names that.
func OneClass(dir, class string) error {
	err := fmt.Errorf("there is 1 class, %q; a classifier needs at least 2", class)
	if inner := wrapped(dir, class); inner != "" {
		return unwrap(err, inner)
	}
	return err
}

// NotWrapped reports a folder around the data set, which looks like one class.
func NotWrapped(dir, class string) error {
	inner := wrapped(dir, class)
	if inner == "" {
		return nil
	}
	return unwrap(fmt.Errorf("%s: its one class, %q, has folders of pictures, and none of its own", dir, class), inner)
}

// unwrap adds to an error of data with one class the folder in it, inner, that looks like the data set.
func unwrap(err error, inner string) error {
	return failure.Hint(err, "%s looks like the data set: --data %s", inner, shell.Quoted(inner))
}

// Names that other programs and people give to the parts, in any case.
var (
	trainNames = []string{"train", "training"}
	valNames   = []string{"val", "valid", "validation"}
	testNames  = append([]string{"test", "testing"}, valNames...)
)

func names(one []string, name string) bool { return slices.Contains(one, strings.ToLower(name)) }

// noParts refuses classes of which one is named as a training part is, and one as a test part: a network that tells
// them apart is not what was asked for.
func noParts(dir string, classes []string) error {
	train := slices.IndexFunc(classes, func(name string) bool { return names(trainNames, name) })
	test := slices.IndexFunc(classes, func(name string) bool { return names(testNames, name) })
	if train < 0 || test < 0 {
		return nil
	}
	return fmt.Errorf("%s: its folders %s and %s look like parts, not classes; name them train and test, with a folder for each class in each, or add a %s",
		dir, classes[train], classes[test], labelsName)
}

// untested refuses a folder that has a training part and a test part that cannot be used, for its name or for want of labels:
// a fifth of the training part would be taken in its place. Pictures in test alone have no labels where they are a
// contest's, so they may stay. folders are those of dir, parts what arrange has read of them.
func untested(dir string, folders []string, parts map[string]content) (err error) {
	for _, name := range folders {
		if !names(testNames, name) {
			continue
		}
		path := filepath.Join(dir, name)
		c, part := parts[name]
		if !part {
			if c, err = look(path); err != nil {
				return err
			}
		}
		switch {
		case len(c.classes) == 0 && (c.pictures == 0 || !names(valNames, name)):
		case part:
			return fmt.Errorf("%s: has no label file, so nothing can be tested on it; add %s, or move the folder away, and a fifth of train is the test set", path, strings.Join(namesOf(name), " or "))
		default:
			return fmt.Errorf("%s: looks like a test set; name the folder val or test, or move it away, and a fifth of train is the test set", path)
		}
	}
	return nil
}

// testPart finds the test part of a folder that has a training part: test, else val, in class folders or
// with a label file.
func (l *layout) testPart(dir, given string, parts map[string]content, say func(string)) (err error) {
	for _, part := range []string{"val", "test"} {
		path, c := filepath.Join(dir, part), parts[part]
		var found *labels
		if len(c.classes) > 0 {
			loose(path, c, say)
		} else if c.flat() {
			if found, err = partLabels(path, cmp.Or(given, labelsOf(dir, part)), c.pictures, say); err != nil {
				return err
			}
			given = ""
		}
		if len(c.classes) == 0 && found == nil {
			continue
		}
		if l.test != "" {
			say(dir + ": test/ is the test set; val/ is left out")
		}
		l.test, l.testLabels = path, found
	}
	return nil
}

// partLabels reads the label file of a part whose pictures lie in no class folder; nil if there is none,
// file "".
func partLabels(path, file string, pictures int, say func(string)) (*labels, error) {
	if file == "" {
		say(fmt.Sprintf("%s: left out: %s in no class folder; neither %s nor --labels says of which class",
			path, plural.Count(pictures, "picture"), strings.Join(namesOf(filepath.Base(path)), ", ")))
		return nil, nil
	}
	found, err := readLabels(file)
	if err != nil {
		return nil, err
	}
	say(fmt.Sprintf("%s: the pictures have their labels from %s", path, file))
	return &found, nil
}

// namesOf are the label files that are looked for beside a part without class folders.
func namesOf(part string) []string {
	names := []string{part + "_labels.csv", part + ".txt"}
	if part == "val" {
		names = append(names, "LOC_val_solution.csv")
	}
	return names
}

// labelsOf returns the label file of a part of dir, "" if it has none.
func labelsOf(dir, part string) string {
	for _, name := range namesOf(part) {
		if path := filepath.Join(dir, name); exists(path) {
			return path
		}
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// reached reports whether something is at path, all links followed.
func reached(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// isRun reports a run directory of lgl, by its log.
func isRun(dir string) bool { return exists(filepath.Join(dir, "events.jsonl")) }

// loose says that pictures lie beside the class folders.
func loose(dir string, c content, say func(string)) {
	if c.pictures > 0 && len(c.classes) > 0 {
		say(fmt.Sprintf("%s: left out: %s in no class folder: %s ...", dir, plural.Count(c.pictures, "picture"), c.first))
	}
}

// tellLost says which links in dir lead nowhere.
func tellLost(dir string, c content, say func(string)) {
	if n := len(c.lost); n > 0 {
		say(fmt.Sprintf("%s: left out: %s to nowhere: %s", dir, plural.Count(n, "link"), plural.Names(c.lost)))
	}
}
