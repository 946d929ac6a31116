// Package dnnl binds the part of oneDNN 2.x (libdnnl) that training a network needs, found at run
// time and called without cgo. It knows handles, descriptors and status codes, and no machine
// learning.
//
//  1. Load finds the library, refuses a version it does not speak, and says what it found;
//  2. NewEngine and Engine.NewStream make the CPU engine and its stream;
//  3. a Desc says how a tensor lies in memory; with the format Any a primitive chooses;
//  4. the Engine's methods (ConvForward, PoolForward, Reorder ...) make a PrimitiveDesc, which answers
//     which layouts it chose, and becomes a Primitive;
//  5. a Memory ties a Desc to an address, and Primitive.Execute runs on such memories.
//
// A primitive must be made, executed and destroyed on one OS thread (runtime.LockOSThread): the
// library keeps state per thread. Addresses given to NewMemory must not be Go memory if the
// Memory outlives the call that made it.
package dnnl

import (
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/local-to-global/lgl/internal/platform"
)

// PathVariable is the environment variable that names the library's file, instead of the search.
const PathVariable = "LGL_DNNL"

// names are tried in this order: the loader's own search first, then the usual places. wayOut ends every message
// about a library that is not there.
var names, wayOut = sought(runtime.GOOS)

// sought returns the names and the way out of a system.
func sought(system string) (names []string, wayOut string) {
	if system == "windows" {
		return []string{"dnnl.dll"},
			"put the dnnl.dll of version 2 into a folder of PATH, or set " + PathVariable + " to its path"
	}
	return []string{
		"libdnnl.so.2",
		"/usr/lib/x86_64-linux-gnu/libdnnl.so.2",
		"/usr/lib/aarch64-linux-gnu/libdnnl.so.2",
		"/usr/lib64/libdnnl.so.2",
		"/usr/lib/libdnnl.so.2",
		"/usr/local/lib/libdnnl.so.2",
		"libdnnl.so", // what a 3.x library answers to, to say so
		"libdnnl.so.3",
	}, "install version 2 (Debian 12: apt install libdnnl2), or set " + PathVariable + " to the path of its libdnnl.so.2"
}

// Version is the library's version.
type Version struct{ Major, Minor, Patch int }

func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// check refuses versions whose calls or constants differ: 3.x renumbered its enumerations, and
// batch normalisation has no separate scale and shift before 2.3.
func (v Version) check() error {
	if v.Major == 2 && v.Minor >= 3 {
		return nil
	}
	return fmt.Errorf("oneDNN %v is not supported, 2.3 to 2.7 are", v)
}

// Info says which library was loaded.
type Info struct {
	Path    string // as given to the loader
	Version Version
	ISA     string // the instruction set that the library uses here: "AVX-512 with bfloat16"
	BF16    bool   // it has products of bfloat16
}

var (
	mu     sync.Mutex
	loaded *Info
)

// Load finds and loads the library, once for the process. The error says what was tried, what was
// found and the way out, in one line.
func Load() (Info, error) {
	mu.Lock()
	defer mu.Unlock()
	if loaded != nil {
		return *loaded, nil
	}
	candidates := names
	if path := os.Getenv(PathVariable); path != "" {
		candidates = []string{path}
	}
	info, err := search(candidates)
	if err != nil {
		return Info{}, err
	}
	loaded = &info
	return info, nil
}

// search loads the first candidate that is a supported oneDNN.
func search(candidates []string) (Info, error) {
	quietOpenMP()
	return platform.FirstLibrary("oneDNN", candidates, wayOut, open)
}

// quietOpenMP lets idle OpenMP threads look for work some microseconds long and then sleep, unless the user decided.
// Threads that look on, as by default, take the cores from the goroutines that prepare the next batch, and of two runs
// at once each takes four times as long. Threads that sleep at once take an eighth more of a small network's step for
// falling asleep and waking. libgomp reads this when it is loaded.
func quietOpenMP() {
	if os.Getenv("OMP_WAIT_POLICY") == "" && os.Getenv("GOMP_SPINCOUNT") == "" {
		os.Setenv("OMP_WAIT_POLICY", "passive")
		os.Setenv("GOMP_SPINCOUNT", "1000")
	}
}
