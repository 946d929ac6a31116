package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is `lgl version`.
func (a *app) version() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Say which revision this is",
		Example: "  lgl version\n  lgl version --json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Revision string `json:"revision"`
				Go       string `json:"go"`
			}{build(), runtime.Version()}
			return a.result(v, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "lgl %s (%s)\n", v.Revision, v.Go)
				return err
			})
		},
	}
	a.jsonFlag(cmd)
	return cmd
}

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
