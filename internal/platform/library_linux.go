package platform

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ebitengine/purego"
)

// Library is a shared library that was loaded.
type Library struct {
	path   string
	handle uintptr
}

// OpenLibrary loads the library at path; a bare name is searched for where the system's loader does. The error is
// ErrNoLibrary where there is none.
func OpenLibrary(path string) (Library, error) {
	// Why the loader failed is kept for each thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil && strings.Contains(err.Error(), "No such file") {
		return Library{}, missing(path, err)
	}
	return Library{path, handle}, err
}

// missing is the error of a library that was not found. The loader's message begins with its name: that of the one
// at path, or of one that this one needs.
func missing(path string, err error) error {
	if strings.HasPrefix(err.Error(), path+":") {
		return ErrNoLibrary
	}
	return fmt.Errorf("%w; install the library that it names, or put its folder in LD_LIBRARY_PATH", err)
}

// Symbol returns the address of a function of the library, or of those that it needs.
func (l Library) Symbol(name string) (uintptr, error) { return purego.Dlsym(l.handle, name) }

// Close lets go of the library.
func (l Library) Close() error { return purego.Dlclose(l.handle) }

// File returns the file in which the function at symbol lies, links followed: that of the mapping of this process
// that has it. A line of their list is "from-to flags offset device inode path".
func (l Library) File(symbol uintptr) (string, error) {
	if filepath.IsAbs(l.path) {
		return filepath.EvalSymlinks(l.path)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(maps)) {
		var from, to uintptr
		at := strings.Index(line, "/")
		if _, err := fmt.Sscanf(line, "%x-%x ", &from, &to); err == nil && at > 0 && from <= symbol && symbol < to {
			return strings.TrimSuffix(line[at:], "\n"), nil
		}
	}
	return "", fmt.Errorf("%s: its file is not in /proc/self/maps", l.path)
}
