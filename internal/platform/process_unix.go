//go:build unix

package platform

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// AddressInUse is the error of a port at which something else listens.
const AddressInUse = syscall.EADDRINUSE

// NotifyStop has the signals by which a process is asked to end sent to c.
func NotifyStop(c chan<- os.Signal) {
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored
		signal.Notify(c, syscall.SIGHUP)
	}
}

// FailLargeWrites makes a write beyond a limit of file size an error like any other.
func FailLargeWrites() { signal.Ignore(syscall.SIGXFSZ) }

// Worked returns the time that processors have worked for this process.
func Worked() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // which does not happen
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// politeness is the nice value of a process that yields: it gets a tenth of a core where none is idle.
const politeness = 10

// Yield lets other processes go first. The kernel has the priority by thread; threads to come take it over
// from these.
func Yield() {
	threads, _ := os.ReadDir("/proc/self/task") // on Linux alone
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, politeness) // it is only for the others' sake
		}
	}
}

// Replace puts the same program, with other arguments, in the place of this process. It returns only an error.
func Replace(args []string) error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(path, append([]string{os.Args[0]}, args...), os.Environ())
}

// SupportsEscapes reports whether the terminal f obeys escape sequences.
func SupportsEscapes(*os.File) bool { return os.Getenv("TERM") != "dumb" }

// Quote returns text as one word of a POSIX shell.
func Quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
