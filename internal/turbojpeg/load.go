package turbojpeg

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/steadyfile"
)

// PathVariable is the environment variable that names the library's file, instead of the search.
const PathVariable = "LGL_TURBOJPEG"

// names are tried in this order: the loader's own search first, then the usual places. wayOut ends the message
// about a library that is not there.
var names, wayOut = sought(runtime.GOOS)

// sought returns the names and the way out of a system.
func sought(system string) (names []string, wayOut string) {
	if system == "windows" {
		return []string{"turbojpeg.dll", "libturbojpeg.dll", `C:\libjpeg-turbo64\bin\turbojpeg.dll`},
			"to decode JPEG three times as fast, install it (libjpeg-turbo.org), or set " + PathVariable + " to the path of its turbojpeg.dll"
	}
	return []string{
		"libturbojpeg.so.0",
		"/usr/lib/x86_64-linux-gnu/libturbojpeg.so.0",
		"/usr/lib/aarch64-linux-gnu/libturbojpeg.so.0",
		"/usr/lib64/libturbojpeg.so.0",
		"/usr/lib/libturbojpeg.so.0",
		"/usr/local/lib/libturbojpeg.so.0",
		"/opt/libjpeg-turbo/lib64/libturbojpeg.so.0",
	}, "to decode JPEG three times as fast, install it (Debian: apt install libturbojpeg0), or set " + PathVariable + " to the path of its libturbojpeg.so.0"
}

// Info says which library was loaded.
type Info struct {
	Path   string // its file, links followed
	SHA256 string // of that file, in hexadecimal: the API knows no version
}

// Name names the library for a log: what decodes to the same bits has the same name.
func (i Info) Name() string {
	return fmt.Sprintf("libjpeg-turbo (%s %.16s)", filepath.Base(i.Path), i.SHA256)
}

// Load finds and loads the library, once for the process. The error says what was tried, what was
// found and the way out, in one line.
var Load = sync.OnceValues(func() (Info, error) {
	if path := os.Getenv(PathVariable); path != "" {
		return search([]string{path})
	}
	return search(names)
})

// search loads the first candidate that has what is called of it.
func search(candidates []string) (Info, error) {
	return platform.FirstLibrary("libjpeg-turbo", candidates, wayOut, func(path string) (Info, error) {
		file, err := open(path)
		if err != nil {
			return Info{}, err
		}
		sum, err := steadyfile.SHA256(file)
		return Info{file, sum}, err
	})
}
