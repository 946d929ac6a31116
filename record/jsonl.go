package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	strict "github.com/go-json-experiment/json"

	"github.com/local-to-global/lgl/internal/steadyfile"
)

// Format is the version of the file format that this package writes and reads.
const Format = 1

// kinds maps the type field of a line to its event.
var kinds = func() map[string]reflect.Type {
	m := map[string]reflect.Type{}
	for _, e := range []Event{RunStarted{}, StageStarted{}, EpochEnded{}, StageEnded{}, Warning{}, RunEnded{}} {
		m[e.eventType()] = reflect.TypeOf(e)
	}
	return m
}()

// header is the part of a line that every event has.
type header struct {
	Type string    `json:"type"`
	Time time.Time `json:"time"`
}

// Writer is a Sink that writes each event as one JSON object and a newline, in one Write.
type Writer struct {
	w    io.Writer
	last time.Time
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Last is the time of the last event that it was to write, which whoever gets the event beside it can give it, too.
func (w *Writer) Last() time.Time { return w.last }

// Emit writes the event with the present time; one that Read would refuse for its length is an error.
func (w *Writer) Emit(e Event) error {
	w.last = time.Now().UTC()
	head, err := json.Marshal(header{e.eventType(), w.last})
	if err != nil {
		return err
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("event %s: %w", e.eventType(), err)
	}
	line := append(head[:len(head)-1], ',')
	line = append(append(line, body[1:]...), '\n')
	if len(line) > maxLine {
		return fmt.Errorf("event %s takes %d bytes; want at most %d, which Read takes", e.eventType(), len(line), maxLine)
	}
	_, err = w.w.Write(line)
	return err
}

// Tee returns a Sink that passes every event to each of sinks in turn, up to the first error.
func Tee(sinks ...Sink) Sink { return tee(sinks) }

type tee []Sink

func (t tee) Emit(e Event) error {
	for _, s := range t {
		if err := s.Emit(e); err != nil {
			return err
		}
	}
	return nil
}

// TornError reports a last line that was not written whole: the run was killed, or is writing it
// now. The events before it are good.
type TornError struct{ Line int }

func (e *TornError) Error() string {
	return fmt.Sprintf("line %d is torn: the run was killed while it wrote, or is still writing", e.Line)
}

// maxLine bounds a line, so that a file without newlines cannot ask for all memory, nor one of
// brackets for more than half a gigabyte; what a stage says of 100,000 classes takes 5 MB.
const maxLine = 8 << 20

// Read returns the events of a log. A *TornError comes with the events before the torn line; any
// other error names the line and what is wrong with it.
func Read(r io.Reader) ([]Stamped, error) {
	var events []Stamped
	in := NewReader(r)
	for {
		_, e, err := in.Next()
		switch {
		case err == io.EOF:
			return events, nil
		case err != nil:
			return events, err
		}
		events = append(events, e)
	}
}

// Reader reads a log event by event.
type Reader struct {
	Line int // lines read; to be set where the log was begun to be read before
	in   *bufio.Reader
}

// NewReader returns a Reader of the lines of r.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReader(r)} }

// Next returns the next line, with its newline, and its event. After the last one the error is
// io.EOF, or a *TornError; any other names the line and what is wrong with it.
func (r *Reader) Next() (line []byte, e Stamped, err error) {
	r.Line++
	line, err = readLine(r.in)
	switch {
	case err == io.EOF && len(line) == 0:
		return nil, e, io.EOF
	case err == io.EOF:
		return nil, e, &TornError{r.Line}
	}
	if err == nil {
		e, err = Parse(line)
	}
	if err != nil {
		return nil, e, fmt.Errorf("line %d: %w", r.Line, err)
	}
	return line, e, nil
}

// readLine returns the next line; with io.EOF what stands after the last newline.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("is longer than %d bytes: this is no event log", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// Parse decodes one line. Fields that this version does not know are passed over, so that a later
// version may add some. A field that stands twice, and bytes that are no UTF-8, are refused, and a
// field in other letters (Type) is another field, which encoding/json would take for it.
func Parse(line []byte) (Stamped, error) {
	var h header
	if err := strict.Unmarshal(line, &h); err != nil {
		return Stamped{}, fmt.Errorf("is not a JSON object: %w", err)
	}
	kind, ok := kinds[h.Type]
	if !ok {
		return Stamped{}, fmt.Errorf("type %q is not an event of format %d", h.Type, Format)
	}
	e := reflect.New(kind)
	if err := strict.Unmarshal(line, e.Interface(), Exact); err != nil {
		return Stamped{}, fmt.Errorf("%s: %w", h.Type, err)
	}
	event := e.Elem().Interface().(Event)
	if s, ok := event.(RunStarted); ok && s.Format != Format {
		return Stamped{}, fmt.Errorf("format %d; this lgl reads format %d", s.Format, Format)
	}
	return Stamped{h.Time, event}, nil
}

// ReadFile is Read on the file at path, to which a run may still write; errors name it.
func ReadFile(path string) ([]Stamped, error) {
	f, err := steadyfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	events, err := Read(f)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return events, err
}
