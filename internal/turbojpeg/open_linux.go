package turbojpeg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ebitengine/purego"
)

// open loads one candidate, binds its functions, and returns the file that the loader took.
func open(path string) (file string, err error) {
	// Why the loader failed is kept for each thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		if strings.Contains(err.Error(), "No such file") {
			return "", errNotFound
		}
		return "", err
	}
	if err = bind(handle); err == nil {
		file, err = fileOf(handle, path)
	}
	if err != nil {
		return "", errors.Join(err, purego.Dlclose(handle))
	}
	return file, nil
}

// bind fills c from the library.
func bind(handle uintptr) error {
	for name, f := range functions() {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return fmt.Errorf("is no libturbojpeg 2.0 or newer: it has no %s", name)
		}
		purego.RegisterFunc(f, symbol)
	}
	return nil
}

// fileOf returns the file that the library was loaded from: the mapping of this process in which its
// functions lie. A line of the list is "from-to flags offset device inode path".
func fileOf(handle uintptr, path string) (string, error) {
	symbol, err := purego.Dlsym(handle, "tjDecompress2")
	if err != nil {
		return "", err
	}
	if filepath.IsAbs(path) {
		return filepath.EvalSymlinks(path)
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
	return "", fmt.Errorf("%s: its file is not in /proc/self/maps", path)
}
