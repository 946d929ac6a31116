package ui

import (
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/local-to-global/lgl/internal/platform"
)

// lockName is the file that lgl locks in a run's directory while it trains, with its process id.
const lockName = ".lock"

// lockState is what was seen of the lock of a run.
type lockState struct {
	free fs.FileInfo // the file as it was when nobody held it; nil: it was held
}

// held returns since when a process holds the lock of the run in dir: since it wrote its id to the file. The
// zero time: none does. The id tells nothing, since in a container processes have others than outside. To
// try it takes the lock for a moment if it is free, which would turn away a process that comes just then. So
// it is not tried again once it was found free, until somebody has written to the file.
func (l *lockState) held(root *os.Root, dir string) time.Time {
	f, info, err := openRegular(root, path.Join(dir, lockName))
	if err != nil {
		return time.Time{}
	}
	defer f.Close()
	if l.free != nil && os.SameFile(l.free, info) && l.free.ModTime().Equal(info.ModTime()) {
		return time.Time{}
	}
	if held, _ := platform.Locked(f); !held { // closing f lets go of it
		l.free = info
		return time.Time{}
	}
	l.free = nil
	return info.ModTime()
}
