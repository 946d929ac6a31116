package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/ui"
)

// ui is `lgl ui`.
func (a *app) ui() *cobra.Command {
	addr := ""
	cmd := &cobra.Command{
		Use:   "ui [DIR]",
		Short: "Watch runs on a page in the browser, while they train",
		Long: `Serve a page with the runs below DIR (runs, if none is given) to a browser on this
machine, until Ctrl-C: a list to search, curves with the seeds of a setting as mean
and band, stages and the classes that enter with them, H(T|X) and accuracy by class,
confusions, costs, time left, and the settings in which runs differ. It follows runs
that train, and needs no network.

Every folder with an events.jsonl, up to sixteen levels below DIR, is a run. Links are
not followed, and folders whose names begin with a dot, and those within a run's, are
passed over. lgl ui only reads: it can be started and ended at any time.

The page has no password, so it is served at a loopback address only, and answers only
what comes from itself. To see the runs of another machine, start lgl ui there and
forward the port, as in the last example.`,
		Example: `  lgl ui
  lgl ui demo
  lgl ui results --addr 127.0.0.1:9000
  ssh -t -L 8017:127.0.0.1:8017 HOST lgl ui --addr 127.0.0.1:8017`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%s takes one directory; found %d arguments", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "runs"
			if len(args) == 1 {
				dir = args[0]
			}
			return a.serve(cmd, dir, addr)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "", "serve at this loopback `address` (default "+ui.DefaultAddr+", or the next port that is free)")
	a.jsonFlag(cmd)
	return cmd
}

// serve serves the page of dir until the context of cmd ends.
func (a *app) serve(cmd *cobra.Command, dir, addr string) error {
	s, err := ui.New(dir)
	if errors.Is(err, os.ErrNotExist) {
		return failure.Hint(err, "lgl train makes a run in runs; lgl ui DIR shows those below DIR")
	}
	if err != nil {
		return err
	}
	defer s.Close()
	listen := ui.ListenNear
	if addr != "" {
		listen = func() (l net.Listener, err error) {
			if l, err = ui.Listen(addr); err != nil {
				err = fmt.Errorf("--addr %w", err)
			}
			return l, err
		}
	}
	l, err := listen()
	switch {
	case errors.Is(err, ui.ErrInUse):
		return failure.Hint(err, "another lgl ui may be open there; %s", freePort(addr))
	case errors.Is(err, ui.ErrAddr):
		return failure.Hint(failure.Usage(err), "from another machine, forward the port, as in the last example of lgl ui --help")
	case err != nil:
		return err
	}
	platform.Yield()
	if err := a.invite(s, l, dir); err != nil {
		return errors.Join(err, l.Close())
	}
	return s.Serve(cmd.Context(), l)
}

// freePort says how to get a free port where addr, as --addr has it, gave none.
func freePort(addr string) string {
	if addr == "" {
		return "--addr 127.0.0.1:0 takes any port that is free"
	}
	return "lgl ui without --addr takes the next port that is free"
}

// invite says where the page is.
func (a *app) invite(s *ui.Server, l net.Listener, dir string) error {
	url := "http://" + l.Addr().String() + "/"
	return a.result(struct {
		URL string `json:"url"`
		Dir string `json:"dir"`
	}{url, dir}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s  shows %s below %s; Ctrl-C ends it\n", url, runs(s.Runs()), dir)
		return err
	})
}

// runs counts runs in words.
func runs(n int) string {
	switch n {
	case 0:
		return "the runs to come"
	case 1:
		return "the run"
	}
	return fmt.Sprintf("the %s runs", count(n))
}
