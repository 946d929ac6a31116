package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/run"
	"github.com/local-to-global/lgl/task"
	"github.com/local-to-global/lgl/train"
)

// resumeFlags are how a run is to go on.
type resumeFlags struct {
	run.Resumption
	every   *every
	machine config.Config  // engine, precision, xla-plugin and threads, where asked for
	given   *pflag.FlagSet // the flags; of machine those that were given count
}

// resume is `lgl resume`.
func (a *app) resume() *cobra.Command {
	r := resumeFlags{machine: config.Default()}
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "Go on with a run that was stopped, to the same end",
		Long: `Go on with a run that was interrupted, killed, or lost its machine, from its newest
checkpoint. On the same machine, with as many threads, the end is that of a run that
was never stopped, to the bit: weights, log (but for the times) and report.

Every byte of a checkpoint is verified. If the newest is damaged, lgl says what is
wrong with it; --fallback takes the one before it. Data and settings must be those of
the run. Another engine, library, number of threads or choice of algorithms computes
other bits; --inexact goes on all the same.

What --tensorboard and --mlflow gave the log to goes on to get it; the flags add to that.
A run that is done is left as it is.`,
		Example: `  lgl resume runs/fashion-mnist-vgg11-lgl-random-s1
  lgl resume runs/a --fallback
  lgl resume runs/a --engine xla --precision bf16 --inexact`,
		Args: oneArgument,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&r.Fallback, "fallback", false, "if the newest checkpoint is damaged, take the one before it")
	f.BoolVar(&r.Inexact, "inexact", false, "go on though what computes is not the same, so that the end has other bits")
	r.every = addEvery(cmd)
	a.addOutlets(cmd)
	addEngine(cmd, &r.machine)
	addFlag(cmd, "threads", &r.machine.Threads)
	a.jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r.Dir, r.given = args[0], f
		return a.resumeRun(cmd.Context(), &r)
	}
	return cmd
}

// resumeRun goes on with a run and reports the result.
func (a *app) resumeRun(ctx context.Context, r *resumeFlags) error {
	c, err := r.settings()
	if err != nil {
		return err
	}
	if _, err := a.outlets.Server(); err != nil {
		return err
	}
	result, done, err := run.Resume(ctx, c, a.sets, r.Resumption, a.options(*r.every, &narrator{app: a}))
	if done {
		return errors.Join(err, a.wasDone(r.Dir))
	}
	return a.finish(result, err)
}

// settings are those of the run, but for what computes where the flags say otherwise.
func (r *resumeFlags) settings() (config.Config, error) {
	c, err := run.Settings(r.Dir)
	if err != nil {
		return c, err
	}
	if err := c.Check(); err != nil {
		return c, fmt.Errorf("%s: %w", filepath.Join(r.Dir, "config.yaml"), err)
	}
	absolute(&r.machine)
	overlay(&c, r.machine, r.given)
	if err := c.Check(); err != nil {
		return c, failure.Usage(err)
	}
	return c, nil
}

// wasDone says that a run is done, and reports its result.
func (a *app) wasDone(dir string) error {
	a.say(dir + " is done: nothing is left to resume; where labels were corrected since, train anew: " + task.Anew(dir))
	if !a.json {
		return nil
	}
	loaded, err := report.Load(dir)
	if err != nil {
		return err
	}
	return a.result(struct {
		Run string `json:"run"`
		*record.RunEnded
	}{dir, loaded.Ended}, nil)
}

// orRollback names the other way out of a step that is not finite to a run that has not taken it.
func orRollback(dir string) string {
	if c, err := run.Settings(dir); err == nil && c.OnNaN == "rollback" {
		return ""
	}
	return ", or with --on-nan rollback"
}

// finish reports the result of a training run that ended with err.
func (a *app) finish(r run.Result, err error) error {
	var bad *engine.NotFiniteError
	if r.Run != "" && errors.As(err, &bad) {
		return failure.Hint(err, "lgl resume would come to the same step; begin again with a smaller --lr%s: %s", orRollback(r.Run), task.Anew(r.Run, "--lr SMALLER"))
	}
	if r.Run != "" && err != nil && !beginsAgain(err) && run.GoesOn(r.Run) {
		a.say("go on with: lgl resume " + shell.Quoted(r.Run))
	}
	if err != nil && !errors.Is(err, train.ErrInterrupted) {
		return err
	}
	return errors.Join(err, a.result(r, func(w io.Writer) error { return writeRun(w, r) }))
}
