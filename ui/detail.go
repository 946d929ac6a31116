package ui

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/local-to-global/lgl/record"
)

// detail is a log that was read whole. It is read on where it has grown.
type detail struct {
	mu sync.Mutex

	info    fs.FileInfo // of the log as it was read last; nil: never
	bytes   int64       // of its whole lines
	lines   int
	last    []byte // the end of these, by which a log that was taken back and went on otherwise is known
	problem string // why reading ended before the end

	started   *record.RunStarted
	stages    []stage
	epochs    []moment
	warnings  []string
	ended     *record.RunEnded
	lastEpoch *record.EpochEnded // the last
	train     float64            // seconds in steps, of all epochs
	choosing  float64            // seconds in the choice of samples
	size      int                // of all that, in bytes, about
}

// stage is a stage of a run.
type stage struct {
	started record.StageStarted
	first   int // index in epochs of its first epoch
	ended   *record.StageEnded
}

// confusion is the confusion matrix at the end of the stage; nil where the log has none.
func (s *stage) confusion() [][3]int {
	if s.ended == nil {
		return nil
	}
	return s.ended.Confusion
}

// moment is an epoch, of which curves are drawn.
type moment struct {
	epoch   int32
	seconds float32
	samples int64
	values  [len(metrics)]float32 // NaN: not measured
}

const (
	mostWarnings = 1000
	lastSize     = 4 << 10
	momentSize   = 56
)

// update reads what is new in the log of the run in dir.
func (d *detail) update(root *os.Root, dir string) error {
	f, info, err := openLog(root, dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if unchanged(d.info, info) {
		return nil
	}
	if d.info == nil || !os.SameFile(d.info, info) || d.problem != "" || !d.goesOn(f, info.Size()) {
		d.reset()
	}
	d.info = info
	d.read(io.NewSectionReader(f, d.bytes, info.Size()-d.bytes))
	return nil
}

// goesOn reports whether the log in f begins as it was read.
func (d *detail) goesOn(f io.ReaderAt, size int64) bool {
	if size < d.bytes {
		return false
	}
	now := make([]byte, len(d.last))
	_, err := f.ReadAt(now, d.bytes-int64(len(now)))
	return (err == nil || err == io.EOF) && bytes.Equal(now, d.last)
}

// reset forgets all that was read.
func (d *detail) reset() {
	d.bytes, d.lines, d.last, d.problem = 0, 0, nil, ""
	d.started, d.stages, d.epochs, d.warnings, d.ended, d.lastEpoch = nil, nil, nil, nil, nil, nil
	d.train, d.choosing, d.size = 0, 0, 0
}

// read reads the whole lines of r, up to the first that is wrong.
func (d *detail) read(r io.Reader) {
	in := record.NewReader(r)
	in.Line = d.lines
	for {
		line, e, err := in.Next()
		if _, torn := err.(*record.TornError); torn || err == io.EOF {
			return
		}
		if err == nil {
			if err = d.take(e.Event, len(line)); err != nil {
				err = fmt.Errorf("line %d: %w", in.Line, err)
			}
		}
		if err != nil {
			d.problem = err.Error()
			return
		}
		d.bytes += int64(len(line))
		d.lines++
		d.last = append(d.last[:0], line[max(0, len(line)-lastSize):]...)
	}
}

// take adds an event, a line of so many bytes, which must come in the order in which a run writes them.
func (d *detail) take(e record.Event, bytes int) error {
	if w, ok := e.(record.Warning); ok {
		if len(d.warnings) < mostWarnings {
			d.warnings = append(d.warnings, w.Text)
			d.size += bytes
		}
		return nil
	}
	switch s, first := e.(record.RunStarted); {
	case first && d.started == nil:
		d.started = &s
		d.size += 4 * bytes
		return nil
	case first || d.started == nil:
		return fmt.Errorf("is %s; want run_started once, and first", record.Type(e))
	case d.ended != nil:
		return fmt.Errorf("%s after the run ended", record.Type(e))
	}
	switch e := e.(type) {
	case record.StageStarted:
		d.stages = append(d.stages, stage{started: e, first: len(d.epochs)})
		d.size += 4 * bytes
	case record.EpochEnded:
		return d.takeEpoch(e)
	case record.StageEnded:
		return d.takeStageEnd(e, bytes)
	case record.RunEnded:
		d.ended = &e
	}
	return nil
}

// under returns the stage under way, which must be number n.
func (d *detail) under(n int) (*stage, error) {
	if len(d.stages) == 0 {
		return nil, fmt.Errorf("of stage %d, before any stage started", n)
	}
	s := &d.stages[len(d.stages)-1]
	if s.started.Stage != n || s.ended != nil {
		return nil, fmt.Errorf("of stage %d, which is not the stage under way", n)
	}
	return s, nil
}

// takeEpoch adds an epoch.
func (d *detail) takeEpoch(e record.EpochEnded) error {
	if _, err := d.under(e.Stage); err != nil {
		return err
	}
	if n := len(d.epochs); n > 0 && e.Epoch <= int(d.epochs[n-1].epoch) || e.Epoch < 0 || e.Epoch > 1<<30 {
		return fmt.Errorf("epoch %d: want one later than the epoch before", e.Epoch)
	}
	before := int64(0)
	if n := len(d.epochs); n > 0 {
		before = d.epochs[n-1].samples
	}
	d.epochs = append(d.epochs, momentOf(e, before))
	d.lastEpoch = &e
	d.train += e.TrainSeconds
	d.choosing += e.SelectSeconds
	d.size += momentSize
	return nil
}

// takeStageEnd adds the end of a stage.
func (d *detail) takeStageEnd(e record.StageEnded, bytes int) error {
	s, err := d.under(e.Stage)
	if err != nil {
		return err
	}
	s.ended = &e
	d.size += 4 * bytes
	return nil
}
