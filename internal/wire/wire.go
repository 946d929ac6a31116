// Package wire writes protobuf messages by field number, as their .proto files give it.
package wire

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field is the number of a field.
type Field = protowire.Number

// Message is a message in its wire format. Its methods add a field.
type Message []byte

// Number adds an int64, or an enumeration.
func (m *Message) Number(field Field, v int64) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

// Bool adds a bool.
func (m *Message) Bool(field Field, v bool) { m.Number(field, int64(protowire.EncodeBool(v))) }

// Float adds a float.
func (m *Message) Float(field Field, v float32) {
	*m = protowire.AppendTag(*m, field, protowire.Fixed32Type)
	*m = protowire.AppendFixed32(*m, math.Float32bits(v))
}

// Double adds a double.
func (m *Message) Double(field Field, v float64) {
	*m = protowire.AppendTag(*m, field, protowire.Fixed64Type)
	*m = protowire.AppendFixed64(*m, math.Float64bits(v))
}

// Text adds a string.
func (m *Message) Text(field Field, v string) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendString(*m, v)
}

// Sub adds a message.
func (m *Message) Sub(field Field, v Message) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, v)
}
