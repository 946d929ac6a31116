// Package pjrt binds the part of the PJRT C API (pjrt_c_api.h of OpenXLA, written against version 0.83)
// that training a network needs, on a plugin that is loaded at run time and called without cgo. It
// knows devices, programs and buffers, and no machine learning.
//
//  1. Find lists where plugins usually lie; Open loads one and says which version it speaks;
//  2. Plugin.NewClient takes the plugin's first device;
//  3. Client.Compile makes an Executable of a StableHLO module;
//  4. Client.Put copies values to the device, as a Buffer;
//  5. Executable.Run enqueues the program: it returns at once, and its outputs are buffers of
//     values to come; inputs that the program aliases to outputs are used up;
//  6. Buffer.Fetch copies values back, until the Event that it returns is done.
//
// Objects must be closed, but for the plugin, which stays loaded. Calls may come from any thread;
// those on one Executable must not run at once. What waits for the device does so for a time that Open is
// told, then it fails with ErrSilent, as do all calls behind it.
package pjrt

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// The version of the API that this package was written against. Plugins of the same major version
// and a later minor one take its calls too.
const (
	apiMajor = 0
	apiMinor = 40 // of the oldest calls and fields that are used
)

// Plugin is a loaded PJRT plugin.
type Plugin struct {
	path     string
	api      *table
	patience time.Duration
	silent   atomic.Pointer[error] // that it did not come back in time
	held     struct {              // what such a plugin may still read or write
		sync.Mutex
		memory []any
	}
}

// table is PJRT_Api: its size, extensions, version and functions.
type table struct {
	size, extension               uintptr
	versionSize, versionExtension uintptr
	major, minor                  int32
	functions                     [nFunctions]uintptr
}

// Open loads the plugin at path and initialises it. patience is how long the plugin may take for one call, and six
// times that to compile. The error names the path and what is wrong.
func Open(path string, patience time.Duration) (*Plugin, error) {
	path, err := filepath.Abs(path) // the loader would look for a bare name elsewhere
	if err != nil {
		return nil, fmt.Errorf("PJRT plugin: %w", err)
	}
	p, err := open(path, patience)
	if err != nil {
		return nil, fmt.Errorf("PJRT plugin %s: %w", path, err)
	}
	return p, nil
}

// newPlugin checks what a library's GetPjrtApi returned, and initialises the plugin.
func newPlugin(path string, api *table, patience time.Duration) (*Plugin, error) {
	if api == nil {
		return nil, errors.New("GetPjrtApi returned nothing")
	}
	if api.major != apiMajor || api.minor < apiMinor {
		return nil, fmt.Errorf("it speaks PJRT %d.%d; want %d.%d or a later %d.x", api.major, api.minor, apiMajor, apiMinor, apiMajor)
	}
	if last := unsafe.Offsetof(api.functions) + unsafe.Sizeof(api.functions[0])*uintptr(nNeeded); api.size < last {
		return nil, fmt.Errorf("its table of functions has %d bytes; want at least %d", api.size, last)
	}
	p := &Plugin{path: path, api: api, patience: patience}
	_, err := p.await(pluginInitialize, nil)
	return p, err
}

// Path is the file that the plugin was loaded from.
func (p *Plugin) Path() string { return p.path }

// Version is the version of the PJRT API that the plugin speaks.
func (p *Plugin) Version() (major, minor int) { return int(p.api.major), int(p.api.minor) }
