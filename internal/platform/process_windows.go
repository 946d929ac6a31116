package platform

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// AddressInUse is the error of a port at which something else listens.
const AddressInUse = windows.WSAEADDRINUSE

// NotifyStop has the signals by which a process is asked to end sent to c: Ctrl-C and Ctrl-Break, and, as
// SIGTERM, that the window is closed or the user logs off.
func NotifyStop(c chan<- os.Signal) { signal.Notify(c, os.Interrupt, syscall.SIGTERM) }

// FailLargeWrites does nothing: there is no limit of file size.
func FailLargeWrites() {}

// Worked returns the time that processors have worked for this process.
func Worked() time.Duration {
	var began, ended, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &began, &ended, &kernel, &user); err != nil {
		return 0 // which does not happen
	}
	ticks := func(t windows.Filetime) int64 { return int64(t.HighDateTime)<<32 | int64(t.LowDateTime) } // of 100 ns
	return time.Duration(100 * (ticks(kernel) + ticks(user)))
}

// Yield lets other processes go first.
func Yield() {
	_ = windows.SetPriorityClass(windows.CurrentProcess(), windows.BELOW_NORMAL_PRIORITY_CLASS) // for the others' sake
}

// Replace cannot be done here.
func Replace([]string) error { return errors.ErrUnsupported }

// SupportsEscapes reports whether the terminal f obeys escape sequences, which older consoles do only when asked.
func SupportsEscapes(f *os.File) bool {
	h, mode := windows.Handle(f.Fd()), uint32(0)
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// Quote returns the name of a file, which has no quotation mark here, as one word of cmd.exe or PowerShell.
func Quote(name string) string { return `"` + name + `"` }
