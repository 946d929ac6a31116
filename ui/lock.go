package ui

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/local-to-global/lgl/internal/platform"
)

// lockName is the file that lgl locks in a run's directory while it trains, with its process id.
const lockName = ".lock"

// lockState is what was seen of the lock of a run.
type lockState struct {
	free fs.FileInfo // the file as it was when nobody held it; nil: it was held
}

// held reports whether a process holds the lock of the run in dir. To try it takes the lock for a
// moment if it is free, which would turn away a process that comes just then. So it is tried only
// while there is a process of the id that the file names, and not again once it was found free,
// until somebody has written to the file.
func (l *lockState) held(root *os.Root, dir string) bool {
	f, info, err := openRegular(root, path.Join(dir, lockName))
	if err != nil {
		return false
	}
	defer f.Close()
	if l.free != nil && os.SameFile(l.free, info) && l.free.ModTime().Equal(info.ModTime()) {
		return false
	}
	text := make([]byte, 20)
	n, _ := f.ReadAt(text, 0) // less than 20 bytes is no error
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil || pid <= 0 || !platform.Alive(pid) {
		return false
	}
	if platform.TryShare(f) == nil { // closing f lets go of it
		l.free = info
		return false
	}
	l.free = nil
	return true
}
