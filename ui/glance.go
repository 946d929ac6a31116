package ui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"github.com/local-to-global/lgl/record"
)

// glance is what the first line and the last lines of a log tell, which is all that a list takes.
type glance struct {
	size    int64
	head    []byte // the log's first bytes, by which one that began anew is known
	begun   Run    // as it began, without id and name; empty if that is not known
	macs    int64  // multiply-adds of a sample's forward pass
	tail    tail
	problem string // "": none was seen
}

// tail is what the last lines tell.
type tail struct {
	updated time.Time
	stage   int // that began last; 0: not known
	epoch   *record.EpochEnded
	epochAt time.Time // when that ended
	ended   *record.RunEnded
}

// How much of a log is read at a glance.
const (
	headSize  = 256
	tailSize  = 8 << 10
	tailLimit = 32 << 20
)

// openLog opens the log of the run in dir, which must be a regular file: neither link, nor pipe.
func openLog(root *os.Root, dir string) (*os.File, fs.FileInfo, error) {
	return openRegular(root, path.Join(dir, logName))
}

// openRegular opens a regular file. root follows links that stay within it, so that is asked first; a
// pipe that comes in between is not waited for.
func openRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	was, err := root.Lstat(name)
	if err == nil && !was.Mode().IsRegular() {
		err = fmt.Errorf("%s: is no regular file", name)
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(was, info) {
		err = fmt.Errorf("%s: was put in place just now", name)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// look brings e up to date with its log, and reports whether what is shown of it changed.
func (e *entry) look(x *index, log fs.FileInfo) bool {
	if !unchanged(e.info, log) {
		e.reread(x.root)
	} else if e.glance.tail.ended != nil {
		return false
	}
	var held time.Time
	if e.glance.tail.ended == nil {
		held = e.lock.held(x.root, e.path)
	}
	was := e.run
	e.run = shown(e.id, x.name(e.path), &e.glance, held)
	return !e.run.same(was)
}

// unchanged reports whether a file is as it was; nil: it was not there.
func unchanged(was, is fs.FileInfo) bool {
	return was != nil && os.SameFile(was, is) && was.Size() == is.Size() && was.ModTime().Equal(is.ModTime())
}

// reread reads what is new in the log.
func (e *entry) reread(root *os.Root) {
	f, info, err := openLog(root, e.path)
	if err != nil {
		e.info, e.glance = nil, glance{problem: err.Error()}
		return
	}
	defer f.Close()
	e.glance.read(f, info.Size())
	e.info = info
}

// read reads what is new at the ends of the log in f.
func (g *glance) read(f io.ReaderAt, size int64) {
	head := make([]byte, min(size, headSize))
	if _, err := f.ReadAt(head, 0); err != nil && err != io.EOF {
		*g = glance{problem: err.Error()}
		return
	}
	if g.head == nil || !bytes.Equal(head, g.head) || size < g.size {
		*g = glance{head: head}
		g.readHead(f, size)
	}
	g.size = size
	if g.problem == "" || g.begun.Started != "" {
		g.problem = g.tail.read(f, size)
	}
}

// readHead reads the first line.
func (g *glance) readHead(f io.ReaderAt, size int64) {
	_, first, err := record.NewReader(io.NewSectionReader(f, 0, size)).Next()
	var torn *record.TornError
	if err == io.EOF || errors.As(err, &torn) {
		g.problem, g.head = "no run_started event in it: the run was stopped before it began", nil
		return
	}
	if err != nil {
		g.problem = err.Error()
		return
	}
	started, ok := first.Event.(record.RunStarted)
	if !ok {
		g.problem = fmt.Sprintf("line 1: is %s; want run_started, with which a log begins", record.Type(first.Event))
		return
	}
	g.begun, g.macs = begun(started, first.Time), started.Model.MACs
	g.tail.updated = first.Time
}

// read reads the last lines, as many as it takes to find an epoch, and returns what is wrong with
// them.
func (t *tail) read(f io.ReaderAt, size int64) (problem string) {
	for n := int64(tailSize); ; n *= 8 {
		n = min(n, size, tailLimit)
		part := make([]byte, n)
		if _, err := f.ReadAt(part, size-n); err != nil && err != io.EOF {
			return err.Error()
		}
		found := tail{updated: t.updated}
		problem = found.from(part, n == size)
		if found.epoch != nil || n == size || n == tailLimit {
			*t = found
			return problem
		}
	}
}

// from reads the lines of part backwards, until it has an epoch, and returns what is wrong with the last one
// that is damaged. A line that is cut off at the end is not written yet; one that is cut off at the beginning
// is passed over, unless the log begins there.
func (t *tail) from(part []byte, whole bool) (problem string) {
	part = part[:bytes.LastIndexByte(part, '\n')+1]
	for last := true; len(part) > 0 && t.epoch == nil; {
		at := bytes.LastIndexByte(part[:len(part)-1], '\n') + 1
		if at == 0 && !whole {
			return problem
		}
		e, err := record.Parse(part[at:])
		part = part[:at]
		if err != nil {
			if problem == "" {
				problem = fmt.Sprintf("a line near its end: %v", err)
			}
			continue
		}
		if last {
			t.updated, last = e.Time, false
		}
		t.take(e)
	}
	return problem
}

// take notes an event, of which later ones came before.
func (t *tail) take(stamped record.Stamped) {
	switch e := stamped.Event.(type) {
	case record.RunEnded:
		t.ended = &e
	case record.StageStarted:
		if t.stage == 0 {
			t.stage = e.Stage
		}
	case record.StageEnded:
		if t.stage == 0 {
			t.stage = e.Stage
		}
	case record.EpochEnded:
		t.epoch, t.epochAt = &e, stamped.Time
		if t.stage == 0 {
			t.stage = e.Stage
		}
	}
}
