//go:build unix

package platform

import (
	"os"
	"syscall"
)

// TryLock locks f for this process alone, until f is closed; an error where another one has it open and locked.
func TryLock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// Lock is TryLock that waits until f can be had.
func Lock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}

// TryShare locks f as others may at the same time that only share it; an error where one has it for itself.
func TryShare(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) }

// Alive reports whether there is a process of this number.
func Alive(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
