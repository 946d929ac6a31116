package onnx

import "github.com/local-to-global/lgl/internal/wire"

// float is TensorProto.FLOAT, float32.
const float = 1

// message is a message of onnx.proto.
type message = wire.Message
