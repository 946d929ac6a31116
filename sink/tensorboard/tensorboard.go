// Package tensorboard writes a run's log as an event file of TensorBoard, which many tools read.
//
//  1. Open makes the file in a folder, begun with the events that the run has so far; a file that Open
//     made there before is emptied, so that a run which goes on from a checkpoint has each point once;
//  2. Write appends an event as it happens: scalars by the samples trained on, stages as text, the
//     settings for the hparams page;
//  3. a file is a sequence of records with checksums (frame.go), each a protobuf message (event.go,
//     hparams.go) written by field number.
package tensorboard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/wire"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/sink"
)

// Writer writes the event file of one run.
type Writer struct {
	file   *os.File
	bytes  int64 // in the file, whole records
	reader sink.Reader
}

// Files returns the event files in a folder, oldest first.
func Files(dir string) []string {
	files, _ := filepath.Glob(filepath.Join(escaped(dir), "events.out.tfevents.*")) // the pattern is good
	return files
}

// escaped returns a path as a pattern for itself.
func escaped(dir string) string {
	var b []rune
	for _, r := range dir {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			b = append(b, '\\')
		}
		b = append(b, r)
	}
	return string(b)
}

// Open makes the event file in dir with the events of a run so far, and empties those that are there.
// What TensorBoard has read of these it forgets, as the new one tells it to; one that it reads now must
// not go, or it would wait for that and look at no other, but those that were empty before do.
func Open(dir string, past []record.Stamped) (*Writer, error) {
	w := &Writer{}
	old := Files(dir)
	path := free(dir, old)
	err := atomicfile.Write(path, func(to io.Writer) error {
		n, err := to.Write(w.begin(past))
		w.bytes = int64(n)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, f := range old {
		err = errors.Join(err, empty(f))
	}
	if err == nil {
		w.file, err = os.OpenFile(path, os.O_WRONLY, 0)
	}
	return w, err
}

// empty empties a file, or removes one that is empty.
func empty(path string) error {
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		return os.Remove(path)
	}
	return os.Truncate(path, 0)
}

// free returns a path of a new event file, which sorts behind the old ones, as TensorBoard reads them
// in that order.
func free(dir string, old []string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	for at := time.Now().Unix(); ; at++ {
		path := filepath.Join(dir, fmt.Sprintf("events.out.tfevents.%010d.%s.%d.0", at, host, os.Getpid()))
		if len(old) == 0 || path > old[len(old)-1] {
			return path
		}
	}
}

// begin returns the beginning of a file: its version, a word to forget what there was, and the events.
func (w *Writer) begin(events []record.Stamped) []byte {
	at := time.Now()
	if len(events) > 0 {
		at = events[0].Time
	}
	file := appendRecord(nil, event(at, 0, version))
	file = appendRecord(file, event(at, 0, restart))
	for _, e := range events {
		file = append(file, w.records(e)...)
	}
	return file
}

// records returns what an event of the run is in the file.
func (w *Writer) records(s record.Stamped) []byte {
	points, note := w.reader.Take(s.Event)
	var values []wire.Message
	for _, p := range points {
		values = append(values, scalar(p))
	}
	if note != nil {
		values = append(values, text(*note))
	}
	switch e := s.Event.(type) {
	case record.RunStarted:
		values = append(values, started(e, s.Time))
	case record.RunEnded:
		values = append(values, ended(e, s.Time))
	}
	if values == nil {
		return nil
	}
	return appendRecord(nil, event(s.Time, w.reader.Step, summary(values...)))
}

// Write appends an event. What cannot be written whole is taken back.
func (w *Writer) Write(e record.Stamped) error {
	records := w.records(e)
	if _, err := w.file.WriteAt(records, w.bytes); err != nil {
		return errors.Join(err, w.file.Truncate(w.bytes))
	}
	w.bytes += int64(len(records))
	return nil
}

// Path is that of the file.
func (w *Writer) Path() string { return w.file.Name() }

// Close makes the file last.
func (w *Writer) Close() error { return errors.Join(w.file.Sync(), w.file.Close()) }
