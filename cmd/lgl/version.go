package main

import (
	"fmt"
	"io"
	"runtime"

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
