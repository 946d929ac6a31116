package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// What is looked at: folders that stand at most so deep, since to open one costs more the deeper it is, and
// at most so many.
const (
	mostDepth   = 16
	mostFolders = 50_000
)

// tree finds the folders with a log. A folder's entries are read again only when it has changed, so that
// one with 100,000 pictures in it costs little.
type tree struct {
	root  *os.Root
	most  int               // folders
	known map[string]folder // by path
	left  string            // what was left out, and why
}

// folder is what was in a folder.
type folder struct {
	changed time.Time // as it was when its entries were read
	read    time.Time
	inner   []string // the folders in it; links are none
}

func newTree(root *os.Root) *tree {
	return &tree{root: root, most: mostFolders, known: map[string]folder{}}
}

// find returns the logs by the paths of their folders.
func (t *tree) find() map[string]fs.FileInfo {
	w := walk{tree: t, logs: map[string]fs.FileInfo{}, seen: map[string]folder{}}
	t.left = ""
	n, depth := 0, 0
	// All folders of a depth come before those within them, so that what is left out is what is deepest.
	for level := []string{"."}; len(level) > 0; depth++ {
		switch n += len(level); {
		case n > t.most:
			t.left = fmt.Sprintf("there are more than %d folders; what is in the deeper ones is not shown", t.most)
			level = level[:max(0, len(level)-(n-t.most))]
		case depth > mostDepth:
			t.left = fmt.Sprintf("what is more than %d folders deep is not shown", mostDepth)
			level = nil
		}
		level = w.visit(level)
	}
	t.known = w.seen
	return w.logs
}

// walk is one way through a tree.
type walk struct {
	*tree
	logs map[string]fs.FileInfo
	seen map[string]folder
}

// visit looks at folders, and returns those in them that are no run's.
func (w *walk) visit(dirs []string) (inner []string) {
	for _, dir := range dirs {
		log, err := w.root.Lstat(path.Join(dir, logName))
		if err == nil && log.Mode().IsRegular() {
			w.logs[dir] = log
			continue
		}
		if err == nil {
			w.left = path.Join(dir, logName) + " is no regular file, so its run is not shown"
		}
		f, err := w.open(dir)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) { // it is gone since its name was read
				w.left = err.Error()
			}
			continue
		}
		w.seen[dir] = f
		for _, name := range f.inner {
			inner = append(inner, path.Join(dir, name))
		}
	}
	return inner
}

// open returns what is in a folder: what is known of it, if it has not changed. What was read within a
// second of a change is read again, since another change may have come with the same time.
func (w *walk) open(dir string) (folder, error) {
	info, err := w.root.Lstat(dir)
	if err != nil {
		return folder{}, err
	}
	if f, ok := w.known[dir]; ok && f.changed.Equal(info.ModTime()) && f.read.Sub(f.changed) > time.Second {
		return f, nil
	}
	f := folder{changed: info.ModTime(), read: time.Now()}
	f.inner, err = w.folders(dir)
	return f, err
}

// folders returns the names of the folders in dir, in order, but of those that begin with a dot. A file system
// of fs would not open a folder whose name is no UTF-8.
func (w *walk) folders(dir string) (names []string, err error) {
	d, err := w.root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, err
}
