package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// float is TensorProto.FLOAT, float32.
const float = 1

// message is a protobuf message in its wire format. Its methods add a field of a number in
// onnx.proto.
type message []byte

// number adds an int64, or an enumeration.
func (m *message) number(field protowire.Number, v int64) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

// real adds a float.
func (m *message) real(field protowire.Number, v float32) {
	*m = protowire.AppendTag(*m, field, protowire.Fixed32Type)
	*m = protowire.AppendFixed32(*m, math.Float32bits(v))
}

// text adds a string.
func (m *message) text(field protowire.Number, v string) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendString(*m, v)
}

// sub adds a message.
func (m *message) sub(field protowire.Number, v message) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, v)
}
