// Package checkpoint keeps a run's weights in safetensors files, and what a run can go on from in
// folders.
//
//  1. SaveWeights lays out the tensors of an nn.State under PyTorch's names, with a Meta that
//     says what they are (classes by head row, normalisation, configuration);
//  2. it writes the file whole or not at all (temporary file, fsync, rename), and returns its
//     SHA-256;
//  3. LoadWeights reads it back and refuses what is not exactly such a file: parseHeader takes its
//     JSON apart, check holds shapes and offsets to each other and to the size of the file, and
//     only then is memory taken for the values; LoadTensors does so for another tool's file;
//  4. Pack joins a Position (where a run is) and its tensors (weights, momenta, the last losses) to
//     a Snapshot, and Store.Save makes a folder of it that gets its name when it is whole;
//  5. Store.Newest reads the newest back and verifies every byte, and Unpack takes it apart.
//
// The format is https://github.com/huggingface/safetensors: PyTorch, JAX and others open it.
package checkpoint

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/nlpodyssey/safetensors"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/nn"
)

// Format is the version of Meta that this package writes and reads.
const Format = 1

// Meta says what a weights file holds. It is stored in the file's __metadata__, one JSON value
// for each field.
type Meta struct {
	Format  int            `json:"format"`
	Net     string         `json:"net"`             // name of the network, "vgg16"
	Input   []int          `json:"input"`           // shape of a sample
	Image   []int          `json:"image,omitempty"` // shape of an image of the data, if it is padded to Input
	Classes []string       `json:"classes"`         // class name by head row, fixed when the run began
	Trained []int          `json:"trained"`         // head rows trained so far, in the order in which they entered
	Stage   int            `json:"stage"`           // stage that ended with these weights, from 1
	Mean    []float32      `json:"mean"`            // per channel, subtracted from a sample
	Std     []float32      `json:"std"`             // per channel, divides a sample after that
	Config  map[string]any `json:"config"`          // the run's settings
}

// SampleShape is the shape of a sample of the data that the network was trained on, before padding.
func (m Meta) SampleShape() []int {
	if m.Image != nil {
		return m.Image
	}
	return m.Input
}

// CheckClasses reports data whose classes are not those that the head rows stand for, with the names that only one has.
func (m Meta) CheckClasses(classes []string) error {
	if unknown, lacking := plural.Without(classes, m.Classes), plural.Without(m.Classes, classes); len(unknown)+len(lacking) > 0 {
		return fmt.Errorf("the weights know %s of the data's %s, and the data have %s of the weights' %s",
			all(unknown), plural.Count(len(classes), "class"), all(lacking), plural.Count(len(m.Classes), "class"))
	}
	if len(classes) != len(m.Classes) {
		return fmt.Errorf("the data have %d classes, the weights %d", len(classes), len(m.Classes))
	}
	for k, name := range m.Classes {
		if classes[k] != name {
			return fmt.Errorf("class %d of the data is %q; head row %d of the weights is %q", k, classes[k], k, name)
		}
	}
	return nil
}

// all says that all are there but the missing, of which it lists the first.
func all(missing []string) string {
	if len(missing) == 0 {
		return "all"
	}
	quoted := make([]string, len(missing))
	for i, name := range missing {
		quoted[i] = strconv.Quote(name)
	}
	return "all but " + plural.List(quoted, 5)
}

// SaveWeights writes the tensors of s that are not the optimiser's, and m, to path, replacing a
// file that is there, and returns the SHA-256 of the file in hexadecimal.
func SaveWeights(path string, s nn.State, m Meta) (sum string, err error) {
	if sum, err = atomicfile.WriteSum(path, func(w io.Writer) error { return encode(w, s, m) }); err != nil {
		err = fmt.Errorf("write weights: %w", err)
	}
	return sum, err
}

// encode writes the content of a weights file.
func encode(w io.Writer, s nn.State, m Meta) error {
	m.Format = Format
	info, err := m.Fields()
	if err != nil {
		return err
	}
	return encodeTensors(w, s.Weights(), info)
}

// encodeTensors writes a safetensors file of all tensors, those of the optimiser too.
func encodeTensors(w io.Writer, s nn.State, info map[string]string) error {
	views := map[string]safetensors.TensorView{}
	for _, name := range s.Names() {
		v, err := view(s[name])
		if err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
		views[name] = v
	}
	return safetensors.SerializeToWriter(views, info, w)
}

// view gives a tensor the library's form: little-endian bytes.
func view(t nn.Tensor) (safetensors.TensorView, error) {
	raw := make([]byte, 0, 4*len(t.Data))
	for _, v := range t.Data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	shape := make([]uint64, len(t.Shape))
	for i, d := range t.Shape {
		shape[i] = uint64(d)
	}
	return safetensors.NewTensorView(safetensors.F32, shape, raw)
}

// maxMeta limits the bytes of the metadata that SaveWeights writes, so that LoadWeights takes them:
// the names of 100,000 classes are a tenth of it.
const maxMeta = maxHeader / 2

// Fields encodes each field as JSON, under its key: the metadata of a weights file.
func (m Meta) Fields() (map[string]string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	info := map[string]string{}
	for key, value := range fields {
		info[key] = string(value)
	}
	if text, err = json.Marshal(info); err == nil && len(text) > maxMeta {
		err = fmt.Errorf("the metadata have %d bytes; want at most %d: use shorter class names", len(text), maxMeta)
	}
	return info, err
}

// parseMeta is the inverse of Fields.
func parseMeta(info map[string]string) (Meta, error) {
	if info["format"] == "" {
		return Meta{}, errors.New("its metadata have no format")
	}
	if info["format"] != fmt.Sprint(Format) {
		return Meta{}, fmt.Errorf("its metadata have format %s; this lgl reads format %d", info["format"], Format)
	}
	fields := map[string]jsontext.Value{}
	for key, value := range info {
		fields[key] = jsontext.Value(value)
	}
	text, err := strict.Marshal(fields)
	if err != nil {
		return Meta{}, fmt.Errorf("its metadata: %w", err)
	}
	var m Meta
	if err := strict.Unmarshal(text, &m, strict.RejectUnknownMembers(true)); err != nil {
		return Meta{}, fmt.Errorf("its metadata: %w", err)
	}
	if err := m.check(); err != nil {
		return Meta{}, fmt.Errorf("its metadata: %w", err)
	}
	return m, nil
}

// check reports a field with a value that SaveWeights is never given.
func (m Meta) check() error {
	for _, name := range m.Classes {
		if name == "" {
			return errors.New("classes: a name is empty")
		}
	}
	switch {
	case m.Net == "":
		return errors.New("net is missing")
	case !small(m.Input):
		return fmt.Errorf("input %v; want positive sizes, together at most %d", m.Input, maxInput)
	case len(m.Image) > 0 && (!small(m.Image) || len(m.Image) != 3 || len(m.Input) != 3):
		return fmt.Errorf("image %v, of input %v; want [C H W] of positive sizes", m.Image, m.Input)
	case len(m.Classes) < 2 || !distinct(m.Classes):
		return fmt.Errorf("classes %q; want two or more different names", m.Classes)
	case len(m.Trained) == 0 || !distinct(m.Trained) || slices.Min(m.Trained) < 0 || slices.Max(m.Trained) >= len(m.Classes):
		return fmt.Errorf("trained %v; want different head rows of 0..%d", m.Trained, len(m.Classes)-1)
	case m.Stage < 1:
		return fmt.Errorf("stage %d; want 1 or more", m.Stage)
	case slices.ContainsFunc(m.Std, func(v float32) bool { return v <= 0 }):
		return fmt.Errorf("std %v; want positive deviations", m.Std)
	case len(m.Mean) != len(m.Std) || len(m.Mean) != 0 && len(m.Mean) != m.Input[0]:
		return fmt.Errorf("%d means and %d deviations for %d channels", len(m.Mean), len(m.Std), m.Input[0])
	}
	return nil
}

// maxInput limits the values of a sample.
const maxInput = 1 << 28

// small reports whether a shape has positive sizes whose product is at most maxInput.
func small(shape []int) bool {
	size := 1
	for _, d := range shape {
		if d < 1 || d > maxInput/size {
			return false
		}
		size *= d
	}
	return len(shape) > 0
}

// distinct reports whether no value stands twice in s.
func distinct[T cmp.Ordered](s []T) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(s)))) == len(s)
}
