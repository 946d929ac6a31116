package main

import (
	"runtime"
	"runtime/debug"

	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/record"
)

// revision is set by the linker: -ldflags "-X main.revision=...".
var revision string

// build returns the revision that lgl was built from, "unknown" if nothing tells it.
func build() string {
	if revision != "" {
		return revision
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if r := settings["vcs.revision"]; r != "" {
		if settings["vcs.modified"] == "true" {
			r += "-dirty"
		}
		return r
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return "unknown"
}

// machine describes where lgl runs.
func machine() record.Machine {
	return record.Machine{CPU: platform.Processor(), Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
}
