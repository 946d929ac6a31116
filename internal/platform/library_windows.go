package platform

import (
	"errors"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Library is a shared library that was loaded.
type Library struct {
	path   string
	handle windows.Handle
}

// OpenLibrary loads the library at path; a bare name is searched for beside this program and in the folders of PATH.
// The error is ErrNoLibrary where there is none.
func OpenLibrary(path string) (Library, error) {
	file, err := find(path)
	if err != nil {
		return Library{}, err
	}
	_ = windows.SetDllDirectory("") // what it needs is not to come from the folder that one happens to be in
	handle, err := windows.LoadLibraryEx(file, 0, windows.LOAD_WITH_ALTERED_SEARCH_PATH)
	if errors.Is(err, windows.ERROR_MOD_NOT_FOUND) {
		err = errors.New("a library that it needs is neither beside it nor in a folder of PATH")
	}
	return Library{file, handle}, err
}

// find returns the whole path of a library. The system's own search would take one from the folder that one is in.
func find(path string) (string, error) {
	candidates := []string{path}
	if filepath.Base(path) == path {
		program, _ := os.Executable() // none: "." as of PATH, which is passed over
		candidates = nil
		for _, dir := range append([]string{filepath.Dir(program)}, filepath.SplitList(os.Getenv("PATH"))...) {
			if filepath.IsAbs(dir) {
				candidates = append(candidates, filepath.Join(dir, path))
			}
		}
	}
	for _, c := range candidates {
		if info, err := os.Stat(c); err == nil && info.Mode().IsRegular() {
			return filepath.Abs(c)
		}
	}
	return "", ErrNoLibrary
}

// Symbol returns the address of a function of the library, or of another one of this process: those that it needs.
func (l Library) Symbol(name string) (uintptr, error) {
	symbol, err := windows.GetProcAddress(l.handle, name)
	for _, m := range modules() {
		if err == nil {
			break
		}
		symbol, err = windows.GetProcAddress(m, name)
	}
	return symbol, err
}

// modules returns the libraries of this process.
func modules() []windows.Handle {
	all := make([]windows.Handle, 1024)
	size := uint32(unsafe.Sizeof(all[0]))
	var bytes uint32
	if windows.EnumProcessModules(windows.CurrentProcess(), &all[0], uint32(len(all))*size, &bytes) != nil {
		return nil
	}
	return all[:min(int(bytes/size), len(all))]
}

// Close lets go of the library.
func (l Library) Close() error { return windows.FreeLibrary(l.handle) }

// File returns the file that was loaded, links followed.
func (l Library) File(uintptr) (string, error) { return filepath.EvalSymlinks(l.path) }
