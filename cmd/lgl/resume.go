package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/paper"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/task"
	"github.com/local-to-global/lgl/train"
)

// resumption is how a run is to go on.
type resumption struct {
	dir               string
	fallback, inexact bool
	every             *every
	machine           config.Config  // engine, precision, xla-plugin and threads, where asked for
	given             *pflag.FlagSet // the flags; of machine those that were given count
	number            int            // of the checkpoint
	skipped           []error        // damaged checkpoints that fallback passes over
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

What --tensorboard and --mlflow gave the log to goes on to get it; the flags add to that.
A run that is done is left as it is.`,
		Example: `  lgl resume runs/fashion-mnist-vgg11-lgl-random-s1
  lgl resume runs/a --fallback
  lgl resume runs/a --engine xla --precision bf16 --inexact`,
		Args: oneArgument,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&r.fallback, "fallback", false, "if the newest checkpoint is damaged, take the one before it")
	f.BoolVar(&r.inexact, "inexact", false, "go on though what computes is not the same, so that the end has other bits")
	r.every = addEvery(cmd)
	a.addOutlets(cmd)
	addEngine(cmd, &r.machine)
	addFlag(cmd, "threads", &r.machine.Threads)
	a.jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r.dir, r.given = args[0], f
		return a.resumeRun(cmd.Context(), &r)
	}
	return cmd
}

// resumeRun goes on with a run and reports the result.
func (a *app) resumeRun(ctx context.Context, r *resumption) (err error) {
	c, err := r.settings()
	if err != nil {
		return err
	}
	if _, err := a.outlets.server(); err != nil {
		return err
	}
	store := checkpoint.NewStore(filepath.Join(r.dir, "checkpoints"))
	if all, err := store.List(); err == nil && len(all) == 0 && r.isDone() { // which needs no lock
		return a.wasDone(r.dir)
	}
	unlock, err := lock(r.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := r.sweep(); err != nil {
		return err
	}
	if r.isDone() && r.matches(store) {
		page := writePage(filepath.Join(r.dir, "report.html"), r.dir) // it may be that of an earlier stop
		return errors.Join(page, store.Clear(), a.wasDone(r.dir))
	}
	b, err := r.base(c)
	if err != nil {
		return err
	}
	t, err := a.sets.Prepare(ctx, c, b)
	var bad *task.DataError
	if errors.As(err, &bad) {
		return failure.Hint(err, "a run goes on with the data that it had: put back in %s what has changed there, and move nothing away; "+
			"a folder that lies elsewhere now can be named in %s", shell.Quoted(c.Data), shell.Quoted(filepath.Join(r.dir, "config.yaml")))
	}
	if err != nil {
		return failure.Hint(err, "the settings are those of %s, and the files that it names must be as they were; a path that is not absolute counts from the current folder",
			shell.Quoted(filepath.Join(r.dir, "config.yaml")))
	}
	result, _, err := a.goOn(ctx, t, r, &narrator{app: a})
	return a.finish(result, err)
}

// resumeLocked is goOn, for a directory that is not locked yet. keep is set where the run must not be
// given up: another process has it, or it has begun to go on.
func (a *app) resumeLocked(ctx context.Context, t task.Task, r *resumption, n *narrator) (result runResult, keep bool, err error) {
	unlock, err := lock(r.dir)
	if err != nil {
		return result, true, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return a.goOn(ctx, t, r, n)
}

// sweep removes what a killed process was writing.
func (r *resumption) sweep() error {
	err := atomicfile.Sweep(r.dir)
	if weights := filepath.Join(r.dir, "weights"); err == nil {
		if err = atomicfile.Sweep(weights); errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	return err
}

// settings are those of the run, but for what computes where the flags say otherwise.
func (r *resumption) settings() (config.Config, error) {
	path := filepath.Join(r.dir, "config.yaml")
	if info, err := os.Stat(r.dir); err != nil {
		return config.Config{}, failure.Usage(absent(r.dir))
	} else if !info.IsDir() {
		return config.Config{}, failure.Usage(fmt.Errorf("%s: not a run directory, but a file", r.dir))
	}
	c, err := config.Load(path, config.Paper())
	switch {
	case errors.Is(err, os.ErrNotExist):
		return c, failure.Hint(failure.Usage(fmt.Errorf("%s: no such file; this is no run directory, or its run was stopped before it began", path)), "remove it if nothing is in it that you need, and begin one: lgl train --out %s", shell.Quoted(r.dir))
	case err != nil:
		return c, err
	}
	absolute(&r.machine)
	overlay(&c, r.machine, r.given)
	if err := c.Check(); err != nil {
		return c, failure.Usage(err)
	}
	return c, nil
}

// isDone reports whether the log ends as that of a run that is done.
func (r *resumption) isDone() bool {
	events, err := logged(r.dir)
	if err != nil || len(events) == 0 {
		return false
	}
	ended, ok := events[len(events)-1].Event.(record.RunEnded)
	return ok && ended.Status == "done"
}

// matches reports whether the log is that of the newest checkpoint, if there is one.
func (r *resumption) matches(store *checkpoint.Store) bool {
	s, _, _, err := store.Newest(true)
	if errors.Is(err, checkpoint.ErrNone) {
		return true
	}
	p, err2 := s.Unpack()
	return err == nil && err2 == nil && record.Verify(filepath.Join(r.dir, "events.jsonl"), p.Log) == nil
}

// wasDone says that a run is done, and reports its result.
func (a *app) wasDone(dir string) error {
	a.say(dir + " is done: nothing is left to resume; where labels were corrected since, train anew: " + task.Anew(dir))
	if !a.json {
		return nil
	}
	run, err := report.Load(dir)
	if err != nil {
		return err
	}
	return a.result(struct {
		Run string `json:"run"`
		*record.RunEnded
	}{dir, run.Ended}, nil)
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

// goOn trains t in r.dir, which is locked, from the newest checkpoint on. keep is false if the run can
// never go on to the end that t asks for; then nothing was changed.
func (a *app) goOn(ctx context.Context, t task.Task, r *resumption, n *narrator) (result runResult, keep bool, err error) {
	x := a.execution(t, r.dir, *r.every, n)
	from, at, err := r.newest(x.store)
	if err != nil {
		return result, true, err
	}
	x.timings = at.Timings
	if err := x.open(); err != nil {
		return result, true, err
	}
	defer func() { err = errors.Join(err, x.close()) }()
	if from == nil {
		result, err = x.beginAgain(ctx)
		return result, true, err
	}
	differences, err := r.compare(at, x)
	if err != nil {
		return result, false, err
	}
	if err := from.Check(at, t.Net, t.Train.Len(), t.Config.Authors()); err != nil {
		return result, false, fmt.Errorf("%s: %w", x.store.Path(r.number), err)
	}
	if err := x.resumeLedger(); err != nil {
		return result, true, err
	}
	if err := x.reopen(at); err != nil {
		return result, true, failure.Hint(err, "the run cannot go on from checkpoint %d without its log as it was then", r.number)
	}
	if err := r.warn(x, differences); err != nil {
		return result, true, errors.Join(err, x.log.Close())
	}
	x.extends = r.extends()
	n.resumed(at, r.number)
	x.scale = at.LRScale
	result, err = x.run(ctx, from)
	return result, true, err
}

// warn puts into the log what a reader of the results should know of the resumption, and into
// config.yaml what computes from now on.
func (r *resumption) warn(x *execution, differences []string) error {
	var texts []string
	for _, damaged := range r.skipped {
		texts = append(texts, "resumed from an older checkpoint: "+damaged.Error())
	}
	for _, d := range differences {
		texts = append(texts, "resumed to other bits: "+d)
	}
	for _, text := range texts {
		if err := record.Tee(x.log, x.tell).Emit(record.Warning{Text: text}); err != nil {
			return err
		}
	}
	if len(differences) == 0 {
		return nil
	}
	return writeConfig(x.dir, x.task.Config)
}

// beginAgain trains from the beginning, in the directory of a run that was stopped before its first
// checkpoint.
func (x *execution) beginAgain(ctx context.Context) (r runResult, err error) {
	x.app.say(x.dir + " was stopped before its first step; it begins again")
	if x.initial, err = x.task.ReadInitial(x.app.say); err != nil {
		return r, err
	}
	if x.thumbs, err = drawThumbnails(ctx, x.task); err == nil {
		err = writeThumbnails(x.dir, x.thumbs)
	}
	if err != nil {
		return r, err
	}
	if err := x.lookBack(ctx); err != nil {
		return r, err
	}
	if x.log, err = record.ReopenLog(filepath.Join(x.dir, "events.jsonl"), record.Beginning()); err != nil {
		return r, err
	}
	if err := errors.Join(x.beginLedger(), x.log.Emit(x.started()), writeConfig(x.dir, x.task.Config)); err != nil {
		return r, errors.Join(err, x.log.Close())
	}
	return x.run(ctx, nil)
}

// newest returns the checkpoint to go on from; nil for a run that was stopped before its first.
func (r *resumption) newest(store *checkpoint.Store) (*checkpoint.Snapshot, checkpoint.Position, error) {
	s, number, skipped, err := store.Newest(r.fallback)
	r.skipped, r.number = skipped, number
	var older *checkpoint.OlderError
	switch {
	case errors.As(err, &older):
		return nil, checkpoint.Position{}, failure.Hint(err, "%s is whole: --fallback goes on from there", older.Whole)
	case errors.Is(err, checkpoint.ErrNone) && r.notBegun():
		return nil, checkpoint.Position{}, nil
	case err != nil:
		return nil, checkpoint.Position{}, failure.Hint(err, "%s begins again", task.Anew(r.dir))
	}
	p, err := s.Unpack()
	if err != nil {
		err = fmt.Errorf("%s: %w", store.Path(number), err)
	}
	return &s, p, err
}

// notBegun reports whether the log holds no stage, and no weights are there.
func (r *resumption) notBegun() bool {
	events, err := logged(r.dir)
	weights, _ := os.ReadDir(filepath.Join(r.dir, "weights")) // none where there is no such folder
	stage := func(e record.Stamped) bool { _, ok := e.Event.(record.StageStarted); return ok }
	return err == nil && len(weights) == 0 && !slices.ContainsFunc(events, stage)
}

// compare refuses to go on where data, settings or what computes are not those of the checkpoint. It
// returns the differences that --inexact lets pass.
func (r *resumption) compare(at checkpoint.Position, x *execution) (passed []string, err error) {
	now, err := x.identity()
	if err != nil {
		return nil, err
	}
	if err := r.sameDigests(at.Identity, now); err != nil {
		return nil, err
	}
	safe := true
	for _, d := range at.Identity.Differences(now, config.Paper().Map()) {
		passed = append(passed, fmt.Sprintf("%s was %s, is %s", d.What, d.Was, d.Is))
		safe = safe && d.Safe
	}
	lines := strings.Join(passed, "\n  ")
	switch {
	case len(passed) == 0 || safe && r.inexact:
		return passed, nil
	case safe:
		return nil, failure.Hint(fmt.Errorf("%s: it would go on to other bits:\n  %s", r.dir, lines), "--inexact goes on all the same")
	}
	lines = strings.Join(append(passed, x.strayed()...), "\n  ")
	way := "give it the data, config.yaml and the files named there back as they were"
	file, err := filepath.Abs(filepath.Join(r.dir, ledgerName))
	if err == nil && x.task.Decoder() != "" && x.task.Base == nil { // of joined folders the list has numbers before the names
		way += fmt.Sprintf("; pictures that have changed: cd %s && sha256sum --quiet -c %s", shell.Quoted(x.task.Set.Where), shell.Quoted(file))
	}
	return nil, failure.Hint(fmt.Errorf("%s: not the run of its checkpoint:\n  %s", r.dir, lines), "%s", way)
}

// sameDigests refuses a checkpoint that knows the data by other digests than those of now: versions of lgl
// before files.sha256 digested the pixels of pictures in folders.
func (r *resumption) sameDigests(was, now checkpoint.Identity) error {
	for _, what := range slices.Sorted(maps.Keys(now.Data)) {
		if _, known := was.Data[what]; !known {
			err := fmt.Errorf("%s: its checkpoint does not have the SHA-256 of the %s: it was made by an earlier version of lgl, which can go on with it, or of data of another kind", r.dir, what)
			return failure.Hint(err, "%s begins again", task.Anew(r.dir))
		}
	}
	return nil
}

// finish reports the result of a training run that ended with err.
func (a *app) finish(r runResult, err error) error {
	var bad *engine.NotFiniteError
	if r.Run != "" && errors.As(err, &bad) {
		return failure.Hint(err, "lgl resume would come to the same step; begin again with a smaller --lr, or with --on-nan rollback: "+
			"lgl train --config %s --lr SMALLER --out NEW", shell.Quoted(filepath.Join(r.Run, "config.yaml")))
	}
	if r.Run != "" && err != nil && paper.Resumable(r.Run) {
		a.say("go on with: lgl resume " + shell.Quoted(r.Run))
	}
	if err != nil && !errors.Is(err, train.ErrInterrupted) {
		return err
	}
	return errors.Join(err, a.result(r, r.write))
}
