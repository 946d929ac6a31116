package folder

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/shell"
)

// endings are those of the names of pictures, in any case.
var endings = []string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

func hasEnding(name string) bool {
	return slices.Contains(endings, strings.ToLower(filepath.Ext(name)))
}

// noPictures is the error of a folder without pictures.
func noPictures(dir string) error {
	return fmt.Errorf("%s: has no pictures, files whose names end in %s", dir, strings.Join(endings, ", "))
}

// skipped reports a name that programs make and people do not see.
func skipped(name string) bool { return strings.HasPrefix(name, ".") || name == "__MACOSX" }

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// classFolders returns the names of the classes of dir.
func classFolders(dir string) ([]string, error) {
	c, err := look(dir)
	if err == nil && len(c.classes) == 0 {
		err = fmt.Errorf("%s: %w", dir, errNoFolders)
	}
	for _, name := range c.classes {
		if err == nil && !printable(name) {
			err = fmt.Errorf("%s: the folder %q has a name that cannot be printed, and so cannot name a class; rename it", dir, name)
		}
		if path := filepath.Join(dir, name); err == nil && isRun(path) {
			err = fmt.Errorf("%s: is a run of lgl, and would be a class where it lies; move it elsewhere", path)
		}
	}
	return c.classes, err
}

// printable reports whether name can be a class's.
func printable(name string) bool {
	odd := strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
	return name != "" && utf8.ValidString(name) && !odd
}

// scanner walks folders.
type scanner struct {
	ctx    context.Context // ends the search
	dir    string
	say    func(string)
	seen   map[string]string // folders walked so far: real path, and that by which it was found
	others []file            // that are no pictures by their names
	refuse func(path string, why error)
	watch  Watch  // nil: nobody does
	whole  bool   // what has no test part is one
	root   string // the part that is walked, links followed
	began  time.Time
	told   bool   // that it takes a while
	found  func() // counts a picture that was found, by one of several at once
}

// patience is how long folders are walked without a word: of a million pictures on a disk that was not read lately it takes minutes.
const patience = 2 * time.Second

// Watch is told what is done to pictures ("found", "looked for", "checked"), to how many so far and of how many, 0 where that is
// not known. It is called by one at a time.
type Watch func(doing string, done, of int)

// counter returns what is called, by several at once, with each thing that was done; told has their number.
func counter(told func(done int)) (one func()) {
	var m sync.Mutex
	done := 0
	return func() {
		m.Lock()
		defer m.Unlock()
		done++
		told(done)
	}
}

// tell says, once and if it takes long, that so many of all things of dir, class folders or files, were looked at. Of a check,
// which gives what is said with its report, that is none of the findings.
func (s *scanner) tell(dir string, done, all int, thing string) {
	if s.told || s.refuse != nil || time.Since(s.began) < patience {
		return
	}
	s.told = true
	s.say(fmt.Sprintf("%s: looking for pictures, %s of %s so far", dir, plural.Thousands(done), plural.Count(all, thing)))
}

// part returns the pictures of a part whose classes are those of the training part.
func (s *scanner) part(dir string, classes []string, trainDir string) ([]file, error) {
	c, err := look(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range c.classes {
		if !slices.Contains(classes, name) {
			return nil, fmt.Errorf("%s: %s has no class %q%s; add pictures of it there, or move the folder away",
				filepath.Join(dir, name), trainDir, name, lookAlike(name, classes))
		}
	}
	files, err := s.classes(dir, classes)
	if err == nil && len(files) == 0 {
		err = noPictures(dir)
	}
	return files, err
}

// lookAlike names the class that an unknown one looks like, "" if there is none.
func lookAlike(name string, classes []string) string {
	class := alike(name, classes)
	if class == "" {
		return ""
	}
	return fmt.Sprintf(" (it has %q: if that is the same, give both one name)", class)
}

// alike returns the first of names that looks like name, "" if none does.
func alike(name string, names []string) string {
	like := folded(name)
	k := slices.IndexFunc(names, func(other string) bool { return folded(other) == like })
	if k < 0 {
		return ""
	}
	return names[k]
}

// classes returns the pictures of the classes in dir, class by class, each sorted by path.
func (s *scanner) classes(dir string, classes []string) (all []file, err error) {
	if s.root, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	for k, name := range classes {
		if s.ctx.Err() != nil {
			return nil, s.ctx.Err()
		}
		path := filepath.Join(dir, name)
		if !isDir(path) {
			continue // a class may have no test pictures
		}
		files, err := s.walk(path, int32(k))
		if err != nil && s.refuse != nil {
			s.refuse(path, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
		all = append(all, files...)
		s.tell(dir, k+1, len(classes), "class folder")
	}
	return all, nil
}

// walk returns the pictures in dir and below. Links are followed, but for those to a folder that is walked
// anyway, or in which that lies, which lead round in a circle; a folder elsewhere is walked once, a run of lgl not
// at all.
func (s *scanner) walk(dir string, label int32) (files []file, err error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	if link, err := os.Lstat(dir); err == nil && link.Mode()&fs.ModeSymlink != 0 && (within(s.root, real) || within(real, s.root)) {
		return nil, fmt.Errorf("%s: is a link to %s, whose pictures are read as it is; delete the link", dir, real)
	}
	if before, again := s.seen[real]; again {
		return nil, fmt.Errorf("%s: is %s, which was read already; delete one of the links that lead there", dir, before)
	}
	s.seen[real] = dir
	if isRun(dir) {
		s.say(dir + ": is a run of lgl, and left out")
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	looked, err := s.lookedUp(dir, entries)
	if err != nil {
		return nil, err
	}
	for _, e := range looked {
		more, err := s.entry(e, label)
		if err != nil && s.refuse != nil {
			s.refuse(e.path, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	return files, nil
}

// within reports whether path is dir or lies in it.
func within(dir, path string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}

// found is an entry of a folder, looked up: what it is, or what a link leads to.
type found struct {
	path string
	info fs.FileInfo
	err  error
}

// askedAtOnce is how many entries a disk, which may be at the other end of a network, is asked for at once.
const askedAtOnce = 16

// lookedUp looks the entries of a folder up, but for those that people do not see.
func (s *scanner) lookedUp(dir string, entries []fs.DirEntry) ([]found, error) {
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return skipped(e.Name()) })
	all := make([]found, len(entries))
	err := inParallel(s.ctx, askedAtOnce, len(entries), func(i int) {
		e := &all[i]
		e.path = filepath.Join(dir, entries[i].Name())
		if e.info, e.err = entries[i].Info(); e.err == nil && e.info.Mode()&fs.ModeSymlink != 0 {
			e.info, e.err = os.Stat(e.path)
		}
		if e.err == nil && !e.info.IsDir() && hasEnding(e.path) {
			s.found()
		}
	})
	return all, err
}

// entry returns the pictures of one entry of a folder.
func (s *scanner) entry(e found, label int32) ([]file, error) {
	switch {
	case e.err != nil:
		return nil, fmt.Errorf("%w; delete it, or mend the link; lgl data check %s lists all such files, and --fix moves them away", e.err, shell.Quoted(s.dir))
	case e.info.IsDir():
		return s.walk(e.path, label)
	case !hasEnding(e.path):
		s.others = append(s.others, file{path: e.path, label: label})
		return nil, nil
	}
	return []file{{e.path, label, e.info.Size(), e.info.ModTime()}}, nil
}
