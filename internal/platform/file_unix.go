//go:build unix

package platform

import (
	"errors"
	"os"
)

// Rename is os.Rename.
func Rename(from, to string) error { return os.Rename(from, to) }

// SyncDir makes what was created, renamed and removed in dir survive a crash.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
