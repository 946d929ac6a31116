package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/task"
)

// Resumption is how a run is to go on.
type Resumption struct {
	Dir      string
	Fallback bool // if the newest checkpoint is damaged, take the one before it
	Inexact  bool // go on though what computes is not the same, so that the end has other bits
}

// Resume goes on with a run, whose settings are c now, those of Settings but for what computes, to the same end. done is set
// where nothing was left to do; there is no result then. Else it is good also when the error is train.ErrInterrupted.
func Resume(ctx context.Context, c config.Config, sets *task.Sets, r Resumption, o Options) (result Result, done bool, err error) {
	store := checkpoint.NewStore(filepath.Join(r.Dir, checkpointsDir))
	if all, err := store.List(); err == nil && len(all) == 0 && isDone(r.Dir) { // which needs no lock
		return result, true, nil
	}
	unlock, err := Lock(r.Dir)
	if err != nil {
		return result, false, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := sweep(r.Dir); err != nil {
		return result, false, err
	}
	if isDone(r.Dir) && matches(r.Dir, store) {
		page := writePage(filepath.Join(r.Dir, pageFile), r.Dir) // it may be that of an earlier stop
		return result, true, errors.Join(page, store.Clear())
	}
	t, err := prepare(ctx, c, sets, r.Dir)
	if err != nil {
		return result, false, err
	}
	result, err = goOn(ctx, t, r, o)
	return result, false, err
}

// prepare makes a task of c, the settings of the run in dir.
func prepare(ctx context.Context, c config.Config, sets *task.Sets, dir string) (task.Task, error) {
	b, err := ownBase(dir, c)
	if err != nil {
		return task.Task{}, err
	}
	t, err := sets.Prepare(ctx, c, b)
	var bad *task.DataError
	switch settings := shell.Quoted(filepath.Join(dir, settingsFile)); {
	case errors.As(err, &bad):
		return t, failure.Hint(err, "a run goes on with the data that it had: put back in %s what has changed there, and move nothing away; "+
			"a folder that lies elsewhere now can be named in %s", shell.Quoted(c.Data), settings)
	case err != nil:
		return t, failure.Hint(err, "the settings are those of %s, and the files that it names must be as they were; a path that is not absolute counts from the current folder", settings)
	}
	return t, nil
}

// TrainOrContinue trains t in dir, or, where that is Resumable, goes on with the run there, from an older checkpoint if the newest is
// damaged. A run that can never go on to the end that t asks for is removed, and trained anew.
func TrainOrContinue(ctx context.Context, t task.Task, dir string, o Options) (Result, error) {
	if !Resumable(dir) {
		return Train(ctx, t, dir, o)
	}
	r, err := resumeTask(ctx, t, Resumption{Dir: dir, Fallback: true}, o)
	var unfit *unfitError
	if !errors.As(err, &unfit) {
		return r, err
	}
	o.filled().Say(fmt.Sprintf("%s is trained anew: %v", filepath.Base(dir), err))
	if err := Remove(dir); err != nil {
		return r, err
	}
	return Train(ctx, t, dir, o)
}

// unfitError is why a run can never go on to the end that is asked for; nothing was changed. After any other error it must not be
// given up; that it would go on to other bits is one, since Resumption.Inexact, or the engine that it had, takes it to its end.
type unfitError struct{ error }

func (e *unfitError) Unwrap() error { return e.error }

// resumeTask is Resume for a task that is there already, t, and a run that is not done.
func resumeTask(ctx context.Context, t task.Task, r Resumption, o Options) (result Result, err error) {
	unlock, err := Lock(r.Dir)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := sweep(r.Dir); err != nil {
		return result, err
	}
	return goOn(ctx, t, r, o)
}

// sweep removes what a killed process was writing.
func sweep(dir string) error {
	err := atomicfile.Sweep(dir)
	if weights := filepath.Join(dir, weightsDir); err == nil {
		if err = atomicfile.Sweep(weights); errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	return err
}

// Settings reads the settings of the run in dir, which it does not check.
func Settings(dir string) (config.Config, error) {
	c, err := config.Load(filepath.Join(dir, settingsFile), config.Paper())
	if missing(err) {
		err = NoRun(dir, err)
	}
	return c, err
}

// isDone reports whether the log of the run in dir ends as that of one that is done.
func isDone(dir string) bool {
	events, err := logged(dir)
	if err != nil || len(events) == 0 {
		return false
	}
	ended, ok := events[len(events)-1].Event.(record.RunEnded)
	return ok && ended.Status == "done"
}

// matches reports whether the log of the run in dir is that of the newest checkpoint, if there is one.
func matches(dir string, store *checkpoint.Store) bool {
	s, _, _, err := store.Newest(true)
	if errors.Is(err, checkpoint.ErrNone) {
		return true
	}
	p, err2 := s.Unpack()
	return err == nil && err2 == nil && record.Verify(filepath.Join(dir, logFile), p.Log) == nil
}

// goOn trains t in r.Dir, which is locked, from the newest checkpoint on.
func goOn(ctx context.Context, t task.Task, r Resumption, o Options) (result Result, err error) {
	x := newExecution(t, r.Dir, o)
	from, err := x.newest(r.Fallback)
	if err != nil {
		return result, err
	}
	x.timings = from.at.Timings
	if err := x.open(ctx); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, x.close()) }()
	if from.snapshot == nil {
		return x.beginAgain(ctx)
	}
	differences, err := x.hold(from, r.Inexact)
	if err != nil {
		return result, err
	}
	if err := x.reopen(from.at); err != nil {
		return result, failure.Hint(err, "the run cannot go on from checkpoint %d without its log as it was then", from.number)
	}
	began := beginning(r.Dir)
	if began != nil {
		x.extends = began.Extends
	}
	if err := x.warnResumed(from.skipped, differences, began); err != nil {
		return result, errors.Join(err, x.log.Close())
	}
	x.o.Resumed(from.at, from.number)
	x.scale = from.at.LRScale
	return x.run(ctx, from.snapshot)
}

// hold refuses to go on where the run is not that of the checkpoint, and returns the differences that inexact lets pass.
func (x *execution) hold(from resumed, inexact bool) (differences []string, err error) {
	now, err := x.identity()
	if err != nil {
		return nil, err
	}
	if differences, err = x.compare(from.at, now, inexact); err != nil {
		return nil, err
	}
	if err := from.snapshot.Check(from.at, x.task.Net, x.task.Train.Len(), x.task.Config.Authors()); err != nil {
		return nil, &unfitError{fmt.Errorf("%s: %w", x.store.Path(from.number), err)}
	}
	return differences, x.resumeLedger()
}

// warnResumed puts into the log what a reader of the results should know of the resumption, damaged checkpoints that were
// skipped, what is not the same and which lgl began the run, and into config.yaml what computes from now on.
func (x *execution) warnResumed(skipped []error, differences []string, began *record.RunStarted) error {
	var texts []string
	for _, damaged := range skipped {
		texts = append(texts, "resumed from an older checkpoint: "+damaged.Error())
	}
	for _, d := range differences {
		texts = append(texts, "resumed to other bits: "+d)
	}
	if began != nil && began.Revision != x.o.Revision {
		texts = append(texts, fmt.Sprintf("resumed by lgl %s; lgl %s began the run: where the two compute differently, the bits are others", x.o.Revision, began.Revision))
	}
	for _, text := range texts {
		if err := record.Tee(x.log, x.o.Sink).Emit(record.Warning{Text: text}); err != nil {
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
func (x *execution) beginAgain(ctx context.Context) (r Result, err error) {
	x.o.Say(x.dir + " was stopped before its first step; it begins again")
	if x.initial, err = x.task.ReadInitial(x.o.Say); err != nil {
		return r, err
	}
	if err := x.look(ctx); err != nil {
		return r, err
	}
	if x.log, err = record.ReopenLog(filepath.Join(x.dir, logFile), record.Beginning()); err != nil {
		return r, err
	}
	if err := x.begin(); err != nil {
		return r, errors.Join(err, x.log.Close())
	}
	return x.run(ctx, nil)
}

// resumed is where a run goes on.
type resumed struct {
	snapshot *checkpoint.Snapshot // nil: the run was stopped before its first checkpoint
	at       checkpoint.Position
	number   int     // of the checkpoint
	skipped  []error // damaged checkpoints that fallback passes over
}

// newest returns the checkpoint to go on from.
func (x *execution) newest(fallback bool) (r resumed, err error) {
	s, number, skipped, err := x.store.Newest(fallback)
	r.number, r.skipped = number, skipped
	var older *checkpoint.OlderError
	switch {
	case errors.As(err, &older):
		return r, failure.Hint(err, "%s is whole: --fallback goes on from there", older.Whole)
	case errors.Is(err, checkpoint.ErrNone) && notBegun(x.dir):
		return r, nil
	case err != nil:
		return r, failure.Hint(err, "%s begins again", task.Anew(x.dir))
	}
	r.snapshot = &s
	if r.at, err = s.Unpack(); err != nil {
		err = fmt.Errorf("%s: %w", x.store.Path(number), err)
	}
	return r, err
}

// notBegun reports whether the log of the run in dir holds no stage, and no weights are there.
func notBegun(dir string) bool {
	events, err := logged(dir)
	weights, _ := os.ReadDir(filepath.Join(dir, weightsDir)) // none where there is no such folder
	stage := func(e record.Stamped) bool { _, ok := e.Event.(record.StageStarted); return ok }
	return err == nil && len(weights) == 0 && !slices.ContainsFunc(events, stage)
}

// compare refuses to go on where data, settings or what computes, now, are not those of the checkpoint. It
// returns the differences that inexact lets pass.
func (x *execution) compare(at checkpoint.Position, now checkpoint.Identity, inexact bool) (passed []string, err error) {
	if err := sameDigests(x.dir, at.Identity, now); err != nil {
		return nil, &unfitError{err}
	}
	safe, way := true, ""
	for _, d := range at.Identity.Differences(now, config.Paper().Map()) {
		passed = append(passed, fmt.Sprintf("%s was %s, is %s", d.What, d.Was, d.Is))
		if safe = safe && d.Safe; d.What == "threads" && at.Identity.Engine.Threads <= runtime.NumCPU() {
			way = fmt.Sprintf("--threads %s takes as many as before; ", d.Was)
		}
	}
	lines := strings.Join(passed, "\n  ")
	switch {
	case len(passed) == 0 || safe && inexact:
		return passed, nil
	case safe:
		return nil, failure.Hint(fmt.Errorf("%s: it would go on to other bits:\n  %s", x.dir, lines), "%slgl resume --inexact %s goes on all the same", way, shell.Quoted(x.dir))
	}
	lines = strings.Join(append(passed, x.strayed()...), "\n  ")
	way = "give it the data, config.yaml and the files named there back as they were"
	file, err := filepath.Abs(filepath.Join(x.dir, ledgerName))
	if err == nil && x.task.Decoder() != "" && x.task.Base == nil { // of joined folders the list has numbers before the names
		way += fmt.Sprintf("; pictures that have changed: cd %s && sha256sum --quiet -c %s", shell.Quoted(x.task.Set.Where), shell.Quoted(file))
	}
	return nil, &unfitError{failure.Hint(fmt.Errorf("%s: not the run of its checkpoint:\n  %s", x.dir, lines), "%s", way)}
}

// sameDigests refuses a checkpoint of the run in dir that knows the data by other digests than those of now: versions of lgl
// before files.sha256 digested the pixels of pictures in folders.
func sameDigests(dir string, was, now checkpoint.Identity) error {
	for _, what := range slices.Sorted(maps.Keys(now.Data)) {
		if _, known := was.Data[what]; !known {
			err := fmt.Errorf("%s: its checkpoint does not have the SHA-256 of the %s: it was made by an earlier version of lgl, which can go on with it, or of data of another kind", dir, what)
			return failure.Hint(err, "%s begins again", task.Anew(dir))
		}
	}
	return nil
}
