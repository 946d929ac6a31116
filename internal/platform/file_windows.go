package platform

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// patience is how long Rename waits for a program that has one of the files open: mostly a scanner of viruses, or
// a reader that is done soon.
const patience = 2 * time.Second

// Rename is os.Rename, and tries again for a while where a program has one of the files open.
func Rename(from, to string) error {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err := os.Rename(from, to)
		held := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !held || time.Since(began) > patience {
			return err
		}
	}
}

// SyncDir does nothing: folders cannot be synced here, and NTFS keeps a journal of them.
func SyncDir(string) error { return nil }
