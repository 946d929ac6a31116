// Package onnx writes a network and its weights as an ONNX model, https://onnx.ai, which
// onnxruntime and many other tools compute with.
//
//  1. Write holds the weights to the network, and the file to what ONNX can have;
//  2. nodes makes a node of each layer, as it is in evaluation mode: batch norm with its running
//     statistics, dropout left out;
//  3. the message types of onnx.proto that this takes are written by their field numbers
//     (message), with google.golang.org/protobuf/encoding/protowire;
//  4. the weights follow one by one, as the State has them, so that no copy of them is made.
//
// The model has one input, "input" [N C H W] or [N F], and one output, "logits" [N K], both
// float32; N is left open. What a pixel has to become before it is an input stands in the metadata.
package onnx

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/local-to-global/lgl/nn"
)

// The names of the model's input and output.
const (
	Input  = "input"
	Output = "logits"
)

// Opset is the version of the operators that a model is made of, irVersion that of the file
// format: those of ONNX 1.12, of 2022, which every newer reader takes.
const (
	Opset     = 17
	irVersion = 8
)

// About is what a model says of itself.
type About struct {
	Version  string            // of lgl
	Doc      string            // for people
	Metadata map[string]string // for programs: metadata_props
}

// Write writes the model of a valid network with the weights in s; momentum buffers are passed
// over. It reports weights that do not fit, a layer that ONNX has no operator for, and a file that
// would exceed the 2 GiB of a protobuf message.
func Write(w io.Writer, net nn.Net, s nn.State, about About) error {
	if err := net.Validate(); err != nil {
		return err
	}
	if err := net.Check(s); err != nil {
		return err
	}
	graph, err := graph(net)
	if err != nil {
		return fmt.Errorf("network %s: %w", net.Name, err)
	}
	tensors := initializers(net, s)
	size := int64(len(graph))
	for _, t := range tensors {
		size += int64(len(t.head)) + t.size()
	}
	if size > mostBytes {
		return fmt.Errorf("network %s has %d bytes of weights; an ONNX file holds at most %d", net.Name, size, mostBytes)
	}
	head := protowire.AppendTag(model(about), 7, protowire.BytesType) // ModelProto.graph
	head = protowire.AppendVarint(head, uint64(size))
	if _, err := w.Write(append(head, graph...)); err != nil {
		return err
	}
	for _, t := range tensors {
		if err := t.write(w); err != nil {
			return err
		}
	}
	return nil
}

// mostBytes limits a graph: protobuf's 2 GiB, less room for the metadata.
const mostBytes = math.MaxInt32 - 64<<20

// model returns the fields of a ModelProto but its graph.
func model(about About) (m message) {
	m.Number(1, irVersion)
	m.Text(2, "lgl") // producer_name
	m.Text(3, about.Version)
	m.Text(6, about.Doc)
	var opset message // OperatorSetIdProto, of the default domain ""
	opset.Text(1, "")
	opset.Number(2, Opset)
	m.Sub(8, opset)
	for _, key := range slices.Sorted(maps.Keys(about.Metadata)) {
		var entry message // StringStringEntryProto
		entry.Text(1, key)
		entry.Text(2, about.Metadata[key])
		m.Sub(14, entry)
	}
	return m
}

// graph returns the fields of a GraphProto but its initializers: nodes, name, input, output.
func graph(net nn.Net) (g message, err error) {
	all, err := nodes(net)
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		g.Sub(1, n.message())
	}
	g.Text(2, net.Name)
	g.Sub(11, valueInfo(Input, net.Input...))
	g.Sub(12, valueInfo(Output, net.Classes))
	return g, nil
}

// valueInfo returns a ValueInfoProto: float32, of shape [N, shape...].
func valueInfo(name string, shape ...int) (v message) {
	var dims, n, tensor, kind message // TensorShapeProto, its Dimension, TypeProto.Tensor, TypeProto
	n.Text(2, "N")                    // dim_param
	dims.Sub(1, n)
	for _, d := range shape {
		var dim message
		dim.Number(1, int64(d))
		dims.Sub(1, dim)
	}
	tensor.Number(1, float)
	tensor.Sub(2, dims)
	kind.Sub(1, tensor)
	v.Text(1, name)
	v.Sub(2, kind)
	return v
}

// initializer is a tensor of the graph: a TensorProto, and all of it but the values in head, with
// the tags and lengths before it.
type initializer struct {
	head   []byte
	values []float32
}

// initializers returns the tensors that the network's nodes name.
func initializers(net nn.Net, s nn.State) (all []initializer) {
	for _, p := range net.Params() {
		t := initializer{values: s[p.Name].Data}
		var proto message
		for _, d := range p.Shape {
			proto.Number(1, int64(d))
		}
		proto.Number(2, float)
		proto.Text(8, p.Name)
		proto = protowire.AppendTag(proto, 9, protowire.BytesType) // raw_data
		proto = protowire.AppendVarint(proto, uint64(t.size()))
		t.head = protowire.AppendTag(nil, 5, protowire.BytesType) // GraphProto.initializer
		t.head = protowire.AppendVarint(t.head, uint64(int64(len(proto))+t.size()))
		t.head = append(t.head, proto...)
		all = append(all, t)
	}
	return all
}

// size returns the bytes of the values.
func (t initializer) size() int64 { return 4 * int64(len(t.values)) }

// write writes the tensor, its values little-endian.
func (t initializer) write(w io.Writer) error {
	if _, err := w.Write(t.head); err != nil {
		return err
	}
	raw := make([]byte, 0, 1<<16)
	for part := range slices.Chunk(t.values, 1<<14) {
		raw = raw[:0]
		for _, v := range part {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
	}
	return nil
}
