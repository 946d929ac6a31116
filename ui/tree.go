package ui

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// What is looked at: runs that stand at most so deep, among at most so many folders.
const (
	mostDepth   = 4
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
	w.visit(".", 0)
	t.known = w.seen
	return w.logs
}

// walk is one way through a tree.
type walk struct {
	*tree
	logs map[string]fs.FileInfo
	seen map[string]folder
	n    int // folders
}

// visit looks at a folder, and into those in it, unless it is a run's.
func (w *walk) visit(dir string, depth int) {
	if w.n++; w.n > w.most {
		w.left = fmt.Sprintf("there are more than %d folders; what is behind these is not shown", w.most)
		return
	}
	if info, err := w.root.Lstat(path.Join(dir, logName)); err == nil && info.Mode().IsRegular() {
		w.logs[dir] = info
		return
	}
	if depth == mostDepth {
		return
	}
	f, err := w.open(dir)
	if err != nil {
		w.left = err.Error()
		return
	}
	w.seen[dir] = f
	for _, name := range f.inner {
		w.visit(path.Join(dir, name), depth+1)
	}
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
	entries, err := fs.ReadDir(w.root.FS(), dir)
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			f.inner = append(f.inner, e.Name())
		}
	}
	return f, err
}
