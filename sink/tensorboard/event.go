package tensorboard

import (
	"strings"
	"time"

	"github.com/local-to-global/lgl/internal/wire"
	"github.com/local-to-global/lgl/sink"
)

// The numbers are those of fields and enumerations in tensorboard/compat/proto: event.proto,
// summary.proto, tensor.proto, tensor_shape.proto and types.proto.

// event returns an Event at a time with the fields of what, which are added to it.
func event(at time.Time, step int64, what func(*wire.Message)) (e wire.Message) {
	e.Double(1, seconds(at)) // wall_time
	e.Number(2, step)
	what(&e)
	return e
}

// version is what the first event of a file holds: the version of the format.
func version(e *wire.Message) { e.Text(3, "brain.Event:2") }

// restart tells a reader to forget what it has at this step and after: a SessionLog with START.
func restart(e *wire.Message) {
	var session wire.Message
	session.Number(1, 1)
	e.Sub(7, session)
}

// summary returns what adds a Summary of values to an Event.
func summary(values ...wire.Message) func(*wire.Message) {
	var s wire.Message
	for _, v := range values {
		s.Sub(1, v)
	}
	return func(e *wire.Message) { e.Sub(5, s) }
}

// scalar returns a Summary.Value: a number with a name.
func scalar(p sink.Point) (v wire.Message) {
	v.Text(1, p.Name)
	v.Float(2, float32(p.Value)) // simple_value
	return v
}

// text returns a Summary.Value of the text plugin, which shows it as Markdown: a tensor of one string.
func text(n sink.Note) (v wire.Message) {
	const dtString = 7 // DT_STRING
	var dim, shape, tensor wire.Message
	dim.Number(1, 1)
	shape.Sub(2, dim)
	tensor.Number(1, dtString)
	tensor.Sub(2, shape)
	tensor.Text(8, markdown(n.Text))
	v.Text(1, "Run/"+n.About)
	v.Sub(8, tensor)
	v.Sub(9, metadata("text", nil))
	return v
}

// metadata returns a SummaryMetadata: whose plugin a value is, and what that wants to know of it.
func metadata(plugin string, content wire.Message) (m wire.Message) {
	var data wire.Message
	data.Text(1, plugin)
	if content != nil {
		data.Sub(2, content)
	}
	m.Sub(1, data)
	return m
}

// markdown returns text whose names of classes and whose lines look as they are.
func markdown(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString("  ") // a line break within a paragraph
		case strings.ContainsRune("\\`*_{}[]()<>#+-!|&", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
