package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/train"
)

// resumption is how a run is to go on.
type resumption struct {
	dir               string
	fallback, inexact bool
	every             *every
	machine           config.Config // engine, precision, xla-plugin and threads, where asked for
	asked             func(flag string) bool
	skipped           []error // damaged checkpoints that fallback passes over
}

// resume is `lgl resume`.
func (a *app) resume() *cobra.Command {
	r := resumption{machine: config.Default()}
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

A run that is done is left as it is.`,
		Example: `  lgl resume runs/fashion-mnist-vgg11-lgl-random-s1
  lgl resume runs/a --fallback
  lgl resume runs/a --engine xla --precision bf16 --inexact`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s takes the directory of one run; found %d arguments", cmd.CommandPath(), len(args))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&r.fallback, "fallback", false, "if the newest checkpoint is damaged, take the one before it")
	f.BoolVar(&r.inexact, "inexact", false, "go on though what computes is not the same, so that the end has other bits")
	r.every = addEvery(cmd)
	addEngine(cmd, &r.machine)
	addFlag(cmd, "threads", &r.machine.Threads)
	a.jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r.dir, r.asked = args[0], f.Changed
		return a.resumeRun(cmd.Context(), &r)
	}
	return cmd
}

// resumeRun goes on with a run and reports the result.
func (a *app) resumeRun(ctx context.Context, r *resumption) error {
	c, err := r.settings()
	if err != nil {
		return err
	}
	unlock, err := lock(r.dir)
	if err != nil {
		return err
	}
	defer unlock()
	if done, err := a.isDone(r.dir); done || err != nil {
		return err
	}
	t, err := a.prepare(ctx, c)
	if err != nil {
		return err
	}
	result, _, err := a.goOn(ctx, t, r, &narrator{app: a})
	return a.finish(result, err)
}

// resumeLocked is goOn, for a directory that is not locked yet.
func (a *app) resumeLocked(ctx context.Context, t task, r *resumption, n *narrator) (result runResult, begun bool, err error) {
	unlock, err := lock(r.dir)
	if err != nil {
		return result, true, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return a.goOn(ctx, t, r, n)
}

// settings are those of the run, but for what computes where the flags say otherwise.
func (r *resumption) settings() (config.Config, error) {
	path := filepath.Join(r.dir, "config.yaml")
	c, err := config.Load(path, config.Paper())
	switch {
	case errors.Is(err, os.ErrNotExist):
		return c, hint(&usageError{fmt.Errorf("%s: no such file; this is no run directory, or its run never began", path)}, "lgl train --out %s begins one", r.dir)
	case err != nil:
		return c, err
	}
	for flag, set := range map[string]func(){
		"engine":     func() { c.Engine = r.machine.Engine },
		"precision":  func() { c.Precision = r.machine.Precision },
		"xla-plugin": func() { c.XLAPlugin = r.machine.XLAPlugin },
		"threads":    func() { c.Threads = r.machine.Threads },
	} {
		if r.asked(flag) {
			set()
		}
	}
	if err := c.Check(); err != nil {
		return c, &usageError{err}
	}
	return c, nil
}

// isDone reports, and says, that the run in dir is done, and tidies up if it was killed before it
// could. A damaged log is an error here; a torn end is not.
func (a *app) isDone(dir string) (bool, error) {
	events, err := logged(dir)
	if err != nil || len(events) == 0 {
		return false, err
	}
	ended, ok := events[len(events)-1].Event.(record.RunEnded)
	if !ok || ended.Status != "done" {
		return false, nil
	}
	a.say(dir + " is done: nothing is left to resume")
	page := filepath.Join(dir, "report.html")
	if _, missing := os.Stat(page); missing != nil {
		err = writePage(page, dir)
	}
	return true, errors.Join(err, checkpoint.NewStore(filepath.Join(dir, "checkpoints")).Clear())
}

// logged returns the events of a run, without a torn one at the end.
func logged(dir string) ([]record.Stamped, error) {
	events, err := record.ReadFile(filepath.Join(dir, "events.jsonl"))
	var torn *record.TornError
	if errors.As(err, &torn) {
		err = nil
	}
	return events, err
}

// goOn trains t in r.dir, which is locked, from the newest checkpoint on. begun is false if it was
// refused, and nothing was changed.
func (a *app) goOn(ctx context.Context, t task, r *resumption, n *narrator) (result runResult, begun bool, err error) {
	x := a.execution(t, r.dir, *r.every, n)
	from, number, err := r.newest(x.store)
	if err != nil {
		return result, false, err
	}
	if err := x.open(); err != nil {
		return result, false, err
	}
	defer func() { err = errors.Join(err, x.close()) }()
	if from == nil {
		result, err = x.beginAgain(ctx)
		return result, true, err
	}
	if err := r.compare(*from, x); err != nil {
		return result, false, err
	}
	if err := x.reopen(*from); err != nil {
		return result, false, hint(err, "the run cannot go on from checkpoint %d without its log as it was then", number)
	}
	for _, damaged := range r.skipped {
		if err := record.Tee(x.log, n).Emit(record.Warning{Text: "resumed from an older checkpoint: " + damaged.Error()}); err != nil {
			return result, true, err
		}
	}
	n.resumed(*from, number)
	result, err = x.run(ctx, from)
	return result, true, err
}

// beginAgain trains from the beginning, in the directory of a run that was stopped before its first
// checkpoint.
func (x *execution) beginAgain(ctx context.Context) (r runResult, err error) {
	x.app.say(x.dir + " was stopped before its first step; it begins again")
	if x.task.initial, err = x.task.readInitial(x.app.say); err != nil {
		return r, err
	}
	if x.log, err = record.ReopenLog(filepath.Join(x.dir, "events.jsonl"), record.Beginning()); err != nil {
		return r, err
	}
	if err := x.log.Emit(x.task.started(x.dir, x.plan, x.engine.info)); err != nil {
		return r, errors.Join(err, x.log.Close())
	}
	return x.run(ctx, nil)
}

// newest returns the checkpoint to go on from; nil for a run that was stopped before its first.
func (r *resumption) newest(store *checkpoint.Store) (*checkpoint.Snapshot, int, error) {
	s, number, skipped, err := store.Newest(r.fallback)
	r.skipped = skipped
	var older *checkpoint.OlderError
	switch {
	case errors.As(err, &older):
		return nil, 0, hint(err, "%s is whole: --fallback goes on from there", older.Whole)
	case errors.Is(err, checkpoint.ErrNone) && r.notBegun():
		return nil, 0, nil
	case err != nil:
		return nil, 0, hint(err, "lgl train --config %s --out NEW begins again", quoted(filepath.Join(r.dir, "config.yaml")))
	}
	return &s, number, nil
}

// notBegun reports whether the log holds no stage.
func (r *resumption) notBegun() bool {
	events, err := logged(r.dir)
	return err == nil && !slices.ContainsFunc(events, func(e record.Stamped) bool { _, stage := e.Event.(record.StageStarted); return stage })
}

// compare refuses to go on where data, settings or what computes are not those of the checkpoint.
func (r *resumption) compare(from checkpoint.Snapshot, x *execution) error {
	p, err := from.Unpack()
	if err != nil {
		return err
	}
	now, err := x.identity()
	if err != nil {
		return err
	}
	var lines []string
	safe := true
	for _, d := range p.Identity.Differences(now) {
		lines = append(lines, fmt.Sprintf("%s was %s, is %s", d.What, d.Was, d.Is))
		safe = safe && d.Safe
	}
	switch {
	case len(lines) == 0:
		return nil
	case !safe:
		return hint(fmt.Errorf("%s: not the run of its checkpoint:\n  %s", r.dir, strings.Join(lines, "\n  ")), "give it the data and config.yaml back that it had")
	case !r.inexact:
		return hint(fmt.Errorf("%s: it would go on to other bits:\n  %s", r.dir, strings.Join(lines, "\n  ")), "--inexact goes on all the same")
	}
	for _, line := range lines {
		x.app.say("inexact: " + line)
	}
	return nil
}

// finish reports the result of a training run that ended with err.
func (a *app) finish(r runResult, err error) error {
	if errors.Is(err, train.ErrInterrupted) {
		a.say("go on with: lgl resume " + quoted(r.Run))
	} else if err != nil {
		return err
	}
	return errors.Join(err, a.result(r, r.write))
}

// quoted returns a path as a shell takes it.
func quoted(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+=,:@") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
