package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/record"
)

// logName is the file that makes a directory a run's.
const logName = record.FileName

// How often: the next look at the runs comes a second after the last, or so much later that looking takes
// at most 1% of a core; but not later than a minute.
const (
	shortPause = time.Second
	longPause  = time.Minute
	restFactor = 100
)

// index are the runs below a directory, by id. A request names a run by that alone.
type index struct {
	dir  string // as given
	root *os.Root
	was  fs.FileInfo // of dir when it was opened

	runs map[string]*entry // of who looks
	tree *tree             // the same

	mu    sync.Mutex // held to read and to set what follows, never while logs are looked at
	shown map[string]found
	note  string    // what is not shown
	next  time.Time // when to look again
}

// found is a run that is shown.
type found struct {
	Run
	path string // as entry has it
}

// entry is a run.
type entry struct {
	id, path string // path: of its directory, below the index's, with slashes
	info     fs.FileInfo
	glance   glance
	lock     lockState
	run      Run // what is shown
}

// openIndex returns the index of dir. Links in it are not followed, and none leads out of it.
func openIndex(dir string) (*index, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file; want a directory with runs", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &index{dir: dir, root: root, was: info, runs: map[string]*entry{}, tree: newTree(root), shown: map[string]found{}}, nil
}

func (x *index) close() error { return x.root.Close() }

// idOf names a run: the beginning of its path's digest.
func idOf(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:8])
}

// refresh looks at the runs, unless that was done just now, and returns those that changed and the
// ids of those that are gone. One at a time may call it; what is shown can be read meanwhile.
func (x *index) refresh() (changed []Run, gone []string) {
	if !x.due() {
		return nil, nil
	}
	began := platform.Worked()
	changed, gone = x.lookAll()
	x.show(changed, gone, restFactor*(platform.Worked()-began))
	return changed, gone
}

// due reports whether it is time to look again.
func (x *index) due() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return !time.Now().Before(x.next)
}

// lookAll looks at all runs, and returns those that changed and the ids of those that are gone.
func (x *index) lookAll() (changed []Run, gone []string) {
	seen := map[string]bool{}
	for p, info := range x.tree.find() {
		id := idOf(p)
		seen[id] = true
		e := x.runs[id]
		if e == nil {
			e = &entry{id: id, path: p}
			x.runs[id] = e
		}
		if e.look(x, info) {
			changed = append(changed, e.run)
		}
	}
	for id := range x.runs {
		if !seen[id] {
			delete(x.runs, id)
			gone = append(gone, id)
		}
	}
	return changed, gone
}

// show shows what a look found, and rests so long, or as long as one does.
func (x *index) show(changed []Run, gone []string, rest time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range changed {
		x.shown[r.ID] = found{r, x.runs[r.ID].path}
	}
	for _, id := range gone {
		delete(x.shown, id)
	}
	x.note = x.tree.left
	x.next = time.Now().Add(min(longPause, max(shortPause, rest)))
}

// list returns the runs by name.
func (x *index) list() []Run {
	x.mu.Lock()
	defer x.mu.Unlock()
	runs := make([]Run, 0, len(x.shown))
	for _, f := range x.shown {
		runs = append(runs, f.Run)
	}
	slices.SortFunc(runs, func(a, b Run) int { return strings.Compare(a.Name, b.Name) })
	return runs
}

// listing is the list as a page has it.
type listing struct {
	Dir  string `json:"dir"`
	Note string `json:"note"` // what is left out
	Runs []Run  `json:"runs"`
}

// listing returns it.
func (x *index) listing() listing { return listing{x.dir, x.left(), x.list()} }

// left says what is not in the list.
func (x *index) left() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	if is, err := os.Stat(x.dir); err != nil || !os.SameFile(is, x.was) {
		return x.dir + " was removed, or another put in its place, since lgl ui began; start it again"
	}
	if x.note == "" {
		return ""
	}
	return x.dir + ": " + x.note
}

// pick returns the run with an id, and the path of its directory.
func (x *index) pick(id string) (Run, string, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f, ok := x.shown[id]
	return f.Run, f.path, ok
}

// name is what a run is called: its path, or what the directory is called where that is the run.
func (x *index) name(p string) string {
	if p != "." {
		return strings.ToValidUTF8(p, "\uFFFD")
	}
	abs, err := filepath.Abs(x.dir)
	if err != nil {
		return p
	}
	return strings.ToValidUTF8(filepath.Base(abs), "\uFFFD")
}
