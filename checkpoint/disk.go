package checkpoint

import (
	"io"
	"os"

	"github.com/local-to-global/lgl/internal/platform"
)

// disk is what a Store does to files; tests have one that fails.
type disk interface {
	Mkdir(path string) error
	Create(path string) (diskFile, error)
	Rename(from, to string) error
	SyncDir(path string) error // makes what was created, renamed and removed in it last
	RemoveAll(path string) error
}

type diskFile interface {
	io.Writer
	Sync() error
	Close() error
}

// osDisk is the disk.
type osDisk struct{}

func (osDisk) Mkdir(path string) error              { return os.Mkdir(path, 0o755) }
func (osDisk) Create(path string) (diskFile, error) { return os.Create(path) }
func (osDisk) Rename(from, to string) error         { return platform.Rename(from, to) }
func (osDisk) SyncDir(path string) error            { return platform.SyncDir(path) }
func (osDisk) RemoveAll(path string) error          { return os.RemoveAll(path) }
