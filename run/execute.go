package run

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/distill"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/task"
	"github.com/local-to-global/lgl/train"
)

// execution is a run in its directory.
type execution struct {
	o    Options
	task task.Task
	dir  string

	initial  task.Initial
	extends  *record.Extends // what the network that goes on knows; nil until it was measured, and without one
	plan     plan.Plan
	engine   Engine
	model    engine.Model
	teacher  *distill.Teacher // with --distill, else nil
	log      *record.Log
	outlets  *outlets
	store    *checkpoint.Store
	identity func() (checkpoint.Identity, error)
	ledger   *ledger // nil: the data are no pictures in folders
	scale    float64 // of the learning rates now
	timings  []byte  // of the run that goes on
	thumbs   image.Image
	last     last
}

// Train trains t in dir, which is made, or is empty; else the error is ErrTaken. It writes the page, also of a run that
// stops. When ctx is done the run stops at the end of the batch, to be resumed, and the error is train.ErrInterrupted; the
// result is good then, too.
func Train(ctx context.Context, t task.Task, dir string, o Options) (r Result, err error) {
	if err := t.Outside(dir); err != nil {
		return r, err
	}
	if err := Vacant(dir); err != nil {
		return r, err
	}
	x := newExecution(t, dir, o)
	if x.initial, err = t.ReadInitial(x.o.Say); err != nil {
		return r, err
	}
	if err := x.open(ctx); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, x.close()) }()
	if err := x.look(ctx); err != nil {
		return r, err
	}
	unlock, err := x.create()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return x.run(ctx, nil)
}

// TrainBeside is Train in dir, or, where that is taken, in dir-2, dir-3 and so on.
func TrainBeside(ctx context.Context, t task.Task, dir string, o Options) (Result, error) {
	for { // another process can take the name in the meantime
		r, err := Train(ctx, t, freePath(dir), o)
		if !errors.Is(err, ErrTaken) {
			return r, err
		}
	}
}

// freePath returns path, with -2, -3 ... where something is there already.
func freePath(path string) string {
	free := path
	for i := 2; ; i++ {
		if _, err := os.Lstat(free); err != nil {
			return free
		}
		free = fmt.Sprintf("%s-%d", path, i)
	}
}

// newExecution prepares to run t in dir.
func newExecution(t task.Task, dir string, o Options) *execution {
	return &execution{o: o.filled(), task: t, dir: dir, scale: 1, store: checkpoint.NewStore(filepath.Join(dir, checkpointsDir))}
}

// open plans the run, and opens the engine and compiles the model that it needs.
func (x *execution) open(ctx context.Context) (err error) {
	t := x.task
	if x.plan, err = t.Plan(); err != nil {
		return err
	}
	if x.engine, err = x.o.Engine(t.Config, t.Net); err != nil {
		return err
	}
	if x.model, err = x.engine.Compile(t.Net, t.Config.Batch, x.options(ctx)); err != nil {
		return errors.Join(err, x.engine.Close())
	}
	if err := x.openTeacher(ctx); err != nil {
		return errors.Join(err, x.close())
	}
	x.identity = sync.OnceValues(x.identify)
	x.o.Begun(x.engine.Line(), x.plan)
	return nil
}

// options are those of the model that is trained.
func (x *execution) options(ctx context.Context) engine.Options {
	o := engine.Options{Log: x.o.Say, Timings: x.timings, Stop: ctx.Err}
	if x.task.Frozen != nil {
		o.Reduce = x.task.Frozen.Reduce
	}
	return o
}

// openTeacher compiles the network a second time, where the stage before is distilled.
func (x *execution) openTeacher(ctx context.Context) error {
	c := x.task.Config
	if !c.Distils() {
		return nil
	}
	m, err := x.engine.Compile(x.task.Net, c.Batch, engine.Options{Evaluation: true, Log: x.o.Say, Timings: x.timings, Stop: ctx.Err})
	if err != nil {
		return failure.Hint(fmt.Errorf("the network that --distill asks: %w", err), "--distill holds the network twice; a smaller --batch needs less memory")
	}
	x.teacher = &distill.Teacher{Model: m, Weight: c.Distill}
	return nil
}

// kept is the identity of the run for a checkpoint that is about to be made, once the files that the run
// has read are in its ledger.
func (x *execution) kept() (checkpoint.Identity, error) {
	if err := x.ledger.keep(); err != nil {
		return checkpoint.Identity{}, err
	}
	return x.identity()
}

// partsOf are the sources of the data of t, by what they are.
func partsOf(t task.Task) map[string]data.Source {
	parts := map[string]data.Source{"training data": t.Train, "test data": t.Set.Test}
	if t.Held != nil {
		parts["held-out data"] = t.Held
	}
	return parts
}

// filesOf digests what was read in the files that the settings of t name beside the data, by setting. Initial weights are
// not among them: a checkpoint has what became of them.
func filesOf(t task.Task) map[string]string {
	all := map[string]string{}
	add := func(key, path string, read any) {
		if path != "" {
			all[key] = fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, read)))
		}
	}
	add("select", t.Config.SelectFile(), t.Order)
	add("hierarchy", t.Config.HierarchyFile(), t.Order)
	add("pace-run", t.Config.PaceRun, t.Baseline)
	return all
}

// identify digests the data, beside what is known of the run. Pictures are known by their names and
// sizes; the ledger has the rest.
func (x *execution) identify() (checkpoint.Identity, error) {
	i := checkpoint.Identity{Config: x.task.Config.Map(), Engine: x.engine.Info, Data: map[string]string{}, Files: filesOf(x.task), Decoder: x.task.Decoder()}
	for what, src := range partsOf(x.task) {
		if _, ok := src.(data.Pictures); ok {
			what = "names and sizes of the " + what
		}
		sum, err := data.Digest(src)
		if err != nil {
			return i, fmt.Errorf("%s: %w", what, err)
		}
		i.Data[what] = sum
	}
	return i, nil
}

// create makes the run directory with the log, which holds the first event, and config.yaml, and
// locks it. The log is what claims the directory: of two processes one makes it. On an error
// nothing stays.
func (x *execution) create() (unlock func() error, err error) {
	_, statErr := os.Stat(x.dir)
	if err := makeDir(x.dir); err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	path := filepath.Join(x.dir, logFile)
	if x.log, err = record.CreateLog(path); errors.Is(err, os.ErrExist) {
		return nil, taken(x.dir)
	} else if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	if unlock, err = Lock(x.dir); err == nil {
		if err = x.begin(); err == nil {
			return unlock, nil
		}
		err = errors.Join(err, unlock())
	}
	err = fmt.Errorf("--out: %w", errors.Join(err, x.log.Close()))
	for _, name := range []string{settingsFile, baseFile, logFile, thumbnailsFile, lockFile} {
		os.Remove(filepath.Join(x.dir, name)) // those that were made
	}
	if statErr != nil {
		os.Remove(x.dir)
	}
	return nil, err
}

// look draws and measures what a run is to have from before its first step.
func (x *execution) look(ctx context.Context) (err error) {
	if x.thumbs, err = drawThumbnails(ctx, x.task); err != nil {
		return err
	}
	return x.lookBack(ctx)
}

// begin gives the log its first event, and writes what else stands in the directory before the first step.
func (x *execution) begin() error {
	if err := errors.Join(x.beginLedger(), x.log.Emit(x.started())); err != nil {
		return err
	}
	if err := copyBase(x.task.Base, x.dir); err != nil {
		return err
	}
	return errors.Join(writeConfig(x.dir, x.task.Config), writeThumbnails(x.dir, x.thumbs))
}

// ErrTaken is the error of a run directory that holds something.
var ErrTaken = errors.New("the directory is not empty; runs are never written over")

func taken(dir string) error {
	err := fmt.Errorf("--out %s: %w", dir, ErrTaken)
	if _, no := os.Stat(filepath.Join(dir, checkpointsDir)); no == nil {
		return failure.Hint(err, "lgl resume %s goes on with the run there; or choose another --out", shell.Quoted(dir))
	}
	return failure.Hint(err, "choose another --out")
}

// Vacant reports a directory in which no run can be trained: it holds something (ErrTaken), or cannot be made or written into.
func Vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return atomicfile.Temporary(e.Name()) }) // another process looks, too
	switch {
	case len(entries) > 0:
		return taken(dir)
	case err == nil || missing(err):
		err = atomicfile.CheckDir(dir)
	}
	if err != nil {
		return failure.Hint(fmt.Errorf("--out: %w", err), "choose another --out")
	}
	return nil
}

// makeDir makes a directory that is there after a crash, as are those that it lies in.
func makeDir(dir string) error {
	parent := filepath.Dir(filepath.Clean(dir))
	if _, err := os.Stat(parent); missing(err) {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return platform.SyncDir(parent)
}

// run trains, from a checkpoint if there is one, and writes the page.
func (x *execution) run(ctx context.Context, from *checkpoint.Snapshot) (Result, error) {
	x.outlets = &outlets{say: x.o.Say, dir: x.dir, warn: x.warn, last: func() time.Time { return x.log.Last() }} // the log is another after reopen
	if err := x.outlets.open(x.o.Outlets); err != nil {
		return Result{}, errors.Join(err, x.log.Close())
	}
	ended, err := x.trainFrom(ctx, from)
	for x.rollsBack(err) {
		again, failed := x.rollBack(err)
		if failed != nil {
			err = errors.Join(err, failed)
			break
		}
		ended, err = x.trainFrom(ctx, again)
	}
	if keepErr := x.ledger.keep(); err == nil {
		err = keepErr
	}
	if closeErr := x.log.Close(); err == nil {
		err = closeErr
	}
	page := filepath.Join(x.dir, pageFile)
	if pageErr := writePage(page, x.dir); err == nil {
		err = pageErr
	} else if pageErr != nil {
		x.o.Say("lgl: and no page of curves: " + pageErr.Error())
	}
	x.outlets.close()
	if err == nil {
		err = x.store.Clear() // nothing is left to go on with
	}
	return x.result(ended, page), err
}

// trainFrom has package train do the run, or the rest of it.
func (x *execution) trainFrom(ctx context.Context, from *checkpoint.Snapshot) (record.RunEnded, error) {
	t := x.task
	c, err := plan.NewCurriculum(t.Config, t.PerClass, t.Order, t.Baseline...)
	if err != nil {
		return record.RunEnded{}, err
	}
	return train.Run(ctx, train.Job{
		Config: t.Config, Plan: x.plan, Curriculum: c, Net: t.Net, Initial: x.initial.State, Model: x.model,
		Train: t.Train, Validation: t.Held, Test: t.Set.Test, Augment: t.Augment, Plain: t.Plain,
		Teacher: x.teacher, Frozen: t.Frozen, Dir: x.dir, Meta: metaOf(t), Sink: record.Tee(x.sink(), alarm{x}), Step: x.o.Step, Forwarded: x.o.Forwarded,
		Resume: from, LRScale: x.scale, Checkpoints: &train.Checkpoints{
			Store: x.store, Mark: x.log.Mark, Identity: x.kept, Steps: x.o.Steps, Every: x.o.Every,
		},
	})
}

// coolest is the least that --on-nan rollback makes of the learning rates: it halves them three times.
const coolest = 1.0 / 8

// rollsBack reports whether err is one that --on-nan rollback goes back for.
func (x *execution) rollsBack(err error) bool {
	var bad *engine.NotFiniteError
	return x.task.Config.OnNaN == "rollback" && errors.As(err, &bad) && x.scale > coolest
}

// rollBack takes the run to its newest checkpoint because of numbers that are not finite.
func (x *execution) rollBack(why error) (*checkpoint.Snapshot, error) {
	s, number, _, err := x.store.Newest(false)
	if err != nil {
		return nil, err
	}
	p, err := s.Unpack()
	if err == nil {
		err = x.reopen(p)
	}
	if err == nil {
		err = x.outlets.back()
	}
	if err != nil {
		return nil, err
	}
	x.scale /= 2
	text := fmt.Sprintf("back to checkpoint %d, with %g of the learning rate: %v", number, x.scale, why)
	return &s, x.sink().Emit(record.Warning{Text: text})
}

// sink takes what happens: the log first.
func (x *execution) sink() record.Sink { return record.Tee(x.log, &x.last, x.o.Sink, x.outlets) }

// warn puts a warning of an outlet into the log.
func (x *execution) warn(text string) error {
	return record.Tee(x.log, x.o.Sink).Emit(record.Warning{Text: text})
}

// reopen takes the log back to where it was at a checkpoint, and what a result tells of the stages with it.
func (x *execution) reopen(p checkpoint.Position) error {
	log, err := record.ReopenLog(filepath.Join(x.dir, logFile), p.Log)
	if err != nil {
		return err
	}
	if x.log != nil {
		err = x.log.Close()
	}
	x.log, x.last = log, last{}
	past, logErr := logged(x.dir)
	for _, e := range past {
		x.last.Emit(e.Event) // which never fails
	}
	return errors.Join(err, logErr)
}

// close frees models and engine.
func (x *execution) close() (err error) {
	if x.teacher != nil {
		err = x.teacher.Model.Close()
	}
	return errors.Join(err, x.model.Close(), x.engine.Close())
}
