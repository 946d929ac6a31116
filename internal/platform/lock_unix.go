//go:build unix

package platform

import (
	"errors"
	"os"
	"syscall"
)

// TryLock locks f for this process alone, until f is closed; ErrLocked where another one has it open and locked.
func TryLock(f *os.File) error { return tryLock(f, syscall.LOCK_EX) }

// Lock is TryLock that waits until f can be had.
func Lock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}

// TryShare locks f as others may at the same time that only share it; ErrLocked where one has it for itself.
func TryShare(f *os.File) error { return tryLock(f, syscall.LOCK_SH) }

func tryLock(f *os.File, how int) error {
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

// Alive reports whether there is a process of this number.
func Alive(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
