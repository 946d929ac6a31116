package pjrt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/ebitengine/purego"
)

// open loads the library. Where one that it needs is missing, those that Python packages bring
// (nvidia/*/lib beside the plugin's own package) are loaded first.
func open(path string, patience time.Duration) (*Plugin, error) {
	// Why the loader failed is kept for each thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		preload(path)
		if handle, err = purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL); err != nil {
			return nil, explain(err)
		}
	}
	symbol, err := purego.Dlsym(handle, "GetPjrtApi")
	if err != nil {
		return nil, errors.Join(errors.New("it is no PJRT plugin: it has no GetPjrtApi"), purego.Dlclose(handle))
	}
	address, _, _ := purego.SyscallN(symbol)
	return newPlugin(path, (*table)(pointer(address)), patience)
}

// explain adds the way out where a library that the plugin needs was not found.
func explain(err error) error {
	if !strings.Contains(err.Error(), "cannot open shared object file") {
		return err
	}
	return fmt.Errorf("%w; install the library that it names, or put its folder in LD_LIBRARY_PATH", err)
}

// preload loads the libraries of the nvidia packages for the plugin to find. Those that do not load
// are left to the plugin's own message.
func preload(path string) {
	site := filepath.Dir(filepath.Dir(filepath.Dir(path)))
	for range 2 { // they need each other
		for _, pattern := range []string{"nvidia/*/lib/*.so.*", "nvidia/*/lib/*.so"} {
			libraries, _ := filepath.Glob(filepath.Join(site, pattern)) // the pattern is good
			for _, l := range libraries {
				_, _ = purego.Dlopen(l, purego.RTLD_LAZY|purego.RTLD_GLOBAL)
			}
		}
	}
}

// invoke calls a function of the plugin with one argument; the result is a PJRT_Error, or 0.
func invoke(f, argument uintptr) uintptr {
	r, _, _ := purego.SyscallN(f, argument)
	return r
}
