package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// logName is the file that makes a directory a run's.
const logName = "events.jsonl"

// What is looked at: runs that stand at most so deep, among at most so many directories.
const (
	mostDepth   = 4
	mostFolders = 50_000
)

// How often: the next look at the runs comes a second after the last, or so much later that looking takes
// at most 1% of a core; but not later than half a minute.
const (
	shortPause = time.Second
	longPause  = 30 * time.Second
	restFactor = 100
)

// index are the runs below a directory, by id. A request names a run by that alone.
type index struct {
	dir  string // as given
	root *os.Root

	mu   sync.Mutex
	runs map[string]*entry
	next time.Time // when to look again
	note string    // what of the directory is left out
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
	return &index{dir: dir, root: root, runs: map[string]*entry{}}, nil
}

func (x *index) close() error { return x.root.Close() }

// idOf names a run: the beginning of its path's digest.
func idOf(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:8])
}

// refresh looks at the runs, unless that was done just now, and returns those that changed and the
// ids of those that are gone.
func (x *index) refresh() (changed []Run, gone []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if time.Now().Before(x.next) {
		return nil, nil
	}
	began := worked()
	seen := map[string]bool{}
	for p, info := range x.find() {
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
	x.next = time.Now().Add(min(longPause, max(shortPause, restFactor*(worked()-began))))
	return changed, gone
}

// worked returns the time that processors have worked for this process.
func worked() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // which does not happen
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// find returns the directories with a log, and what that is.
func (x *index) find() map[string]fs.FileInfo {
	x.note = ""
	runs := map[string]fs.FileInfo{}
	folders := 0
	var visit func(dir string, depth int)
	visit = func(dir string, depth int) {
		if folders++; folders > mostFolders {
			x.note = fmt.Sprintf("%s has more than %d folders; what is behind these is not shown", x.dir, mostFolders)
			return
		}
		if info, err := x.root.Lstat(path.Join(dir, logName)); err == nil && info.Mode().IsRegular() {
			runs[dir] = info // whose own folders hold none
			return
		}
		if depth == mostDepth {
			return
		}
		entries, err := fs.ReadDir(x.root.FS(), dir)
		if err != nil && dir == "." {
			x.note = fmt.Sprintf("%s cannot be read: %v", x.dir, err)
		}
		for _, e := range entries {
			if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
				visit(path.Join(dir, e.Name()), depth+1)
			}
		}
	}
	visit(".", 0)
	return runs
}

// list returns the runs by name.
func (x *index) list() []Run {
	x.mu.Lock()
	defer x.mu.Unlock()
	runs := make([]Run, 0, len(x.runs))
	for _, e := range x.runs {
		runs = append(runs, e.run)
	}
	slices.SortFunc(runs, func(a, b Run) int { return strings.Compare(a.Name, b.Name) })
	return runs
}

// left says what is not in the list.
func (x *index) left() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.note
}

// pick returns the run with an id, and the path of its directory.
func (x *index) pick(id string) (Run, string, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.runs[id]
	if e == nil {
		return Run{}, "", false
	}
	return e.run, e.path, true
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

// errNotRegular is the error of a log that is a link, a pipe or a device.
var errNotRegular = errors.New("is no regular file")
