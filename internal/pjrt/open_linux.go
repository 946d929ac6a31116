package pjrt

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/ebitengine/purego"

	"github.com/local-to-global/lgl/internal/platform"
)

// open loads the library. Where one that it needs is missing, those that Python packages bring
// (nvidia/*/lib beside the plugin's own package) are loaded first.
func open(path string, patience time.Duration) (*Plugin, error) {
	library, err := platform.OpenLibrary(path)
	if err != nil && !errors.Is(err, platform.ErrNoLibrary) {
		preload(path)
		library, err = platform.OpenLibrary(path)
	}
	if err != nil {
		return nil, err
	}
	symbol, err := library.Symbol("GetPjrtApi")
	if err != nil {
		return nil, errors.Join(errors.New("it is no PJRT plugin: it has no GetPjrtApi"), library.Close())
	}
	address, _, _ := purego.SyscallN(symbol)
	return newPlugin(path, (*table)(pointer(address)), patience)
}

// preload loads the libraries of the nvidia packages for the plugin to find. Those that do not load
// are left to the plugin's own message.
func preload(path string) {
	site := filepath.Dir(filepath.Dir(filepath.Dir(path)))
	for range 2 { // they need each other
		for _, pattern := range []string{"nvidia/*/lib/*.so.*", "nvidia/*/lib/*.so"} {
			for _, l := range below(site, pattern) {
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
