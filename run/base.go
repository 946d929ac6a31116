package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/task"
)

// baseFile is the copy, in the directory of an extended run, of the weights that it began with, so that
// it can be resumed whatever becomes of the run that these are from.
const baseFile = "base.safetensors"

// LoadBase reads the last weights of a run that is done, and reports one that cannot be extended.
func LoadBase(dir string) (*task.Base, error) {
	s, err := LoadSaved(dir, 0)
	if err != nil {
		return nil, err
	}
	if status := s.Run.Status(); status != "done" {
		return nil, failure.Hint(fmt.Errorf("%s: the run is not done: it is %s; only a run that came to its end can be extended", dir, status), "lgl resume %s goes on with it", shell.Quoted(dir))
	}
	if err := s.extendable(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return &task.Base{
		Dir: full, Label: s.Run.Started.Label, Config: s.Config, State: s.State, Meta: s.Meta, Path: weightsPath(dir, s.Meta.Stage), SHA256: s.SHA256,
	}, nil
}

// extendable reports weights that do not know all classes of their head.
func (s Saved) extendable() error {
	switch n, k := len(s.Meta.Trained), len(s.Meta.Classes); {
	case s.Config.OnlyClasses != "" || n < k:
		return fmt.Errorf("the run trained %d of the %d classes that its head has rows for; only a run that knows all its classes can be extended: train one without --only-classes", n, k)
	case s.Config.Authors():
		return errors.New("the run replays the published script (--compat authors), whose head is never trained; train one without")
	}
	return nil
}

// BaseOf returns the network that a run of c goes on with, as LoadBase does; nil if c extends none.
func BaseOf(c config.Config) (*task.Base, error) {
	if !c.Extends() {
		return nil, nil
	}
	return LoadBase(c.Extend)
}

// ownBase returns the network that the run in dir, of c, went on with, from its copy, which is held to
// the run's log; nil if it extends none.
func ownBase(dir string, c config.Config) (*task.Base, error) {
	path := filepath.Join(dir, baseFile)
	if _, err := os.Lstat(path); !c.Extends() || errors.Is(err, os.ErrNotExist) {
		b, err := BaseOf(c)
		if e := extends(dir); err == nil && b != nil && e != nil && e.SHA256 != b.SHA256 {
			err = fmt.Errorf("%s: its weights are not those that the run went on with: SHA-256 %.12s; want %.12s", b.Dir, b.SHA256, e.SHA256)
		}
		return b, err
	}
	state, meta, sum, err := checkpoint.LoadWeightsSum(path)
	if err != nil {
		return nil, err
	}
	b := &task.Base{Dir: c.Extend, Config: c, State: state, Meta: meta, Path: path, SHA256: sum}
	if e := extends(dir); e != nil {
		b.Label = e.Label
		if e.SHA256 != sum {
			return nil, damaged(path, sum, e.SHA256)
		}
	}
	return b, nil
}

// extends is what the log says of the network that the run in dir went on with; nil if it says nothing.
func extends(dir string) *record.Extends {
	if began := beginning(dir); began != nil {
		return began.Extends
	}
	return nil
}

// copyBase writes the weights of b, if there is one, to the directory of the run that goes on with them.
func copyBase(b *task.Base, dir string) error {
	path := filepath.Join(dir, baseFile)
	if b == nil || b.Path == path {
		return nil
	}
	from, err := os.Open(b.Path)
	if err != nil {
		return err
	}
	defer from.Close()
	sum, err := atomicfile.WriteSum(path, func(w io.Writer) error {
		_, err := io.Copy(w, from)
		return err
	})
	if err == nil && sum != b.SHA256 {
		err = fmt.Errorf("%s: changed while it was read", b.Path)
	}
	return err
}

// lookBack measures what the base knows, before the run changes it: its accuracy on the test samples of
// its classes, with arg-max over these alone.
func (x *execution) lookBack(ctx context.Context) error {
	t := x.task
	if t.Base == nil {
		return nil
	}
	if err := x.model.Load(x.initial.State); err != nil {
		return err
	}
	p, err := evaluate.New(x.model, t.Set.Test, t.Plain, t.Config.Batch, 0)
	if err != nil {
		return fmt.Errorf("test data: %w", err)
	}
	if x.o.Forwarded != nil {
		p.Batch = func(done, all int) { x.o.Forwarded("test", done, all) }
	}
	known := task.FirstClasses(t.Config.KnownClasses)
	a, v, err := p.Accuracy(ctx, known, true)
	if err != nil {
		return fmt.Errorf("test data: %w", err)
	}
	x.extends = &record.Extends{
		Run: t.Base.Run(), Label: t.Base.Label, Stage: t.Base.Meta.Stage, SHA256: t.Base.SHA256, Known: len(known), Top1ByClass: v.Recalls(known),
	}
	if len(x.extends.Top1ByClass) > 0 {
		x.extends.Top1 = &a.Top1Active
	}
	return nil
}
