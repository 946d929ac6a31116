// Package checkpoint keeps a run's weights in safetensors files.
//
//  1. SaveWeights lays out the tensors of an nn.State under PyTorch's names, with a Meta that
//     says what they are (classes by head row, normalisation, configuration);
//  2. it writes the file whole or not at all (temporary file, fsync, rename), and returns its
//     SHA-256;
//  3. LoadWeights reads it back and refuses what is not exactly such a file.
//
// The format is https://github.com/huggingface/safetensors: PyTorch, JAX and others open it.
package checkpoint

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/nlpodyssey/safetensors"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/nn"
)

// Format is the version of Meta that this package writes and reads.
const Format = 1

// Meta says what a weights file holds. It is stored in the file's __metadata__, one JSON value
// for each field.
type Meta struct {
	Format  int            `json:"format"`
	Net     string         `json:"net"`     // name of the network, "vgg16"
	Input   []int          `json:"input"`   // shape of a sample
	Classes []string       `json:"classes"` // class name by head row, fixed when the run began
	Trained []int          `json:"trained"` // head rows trained so far, in the order in which they entered
	Stage   int            `json:"stage"`   // stage that ended with these weights, from 1
	Mean    []float32      `json:"mean"`    // per channel, subtracted from a sample
	Std     []float32      `json:"std"`     // per channel, divides a sample after that
	Config  map[string]any `json:"config"`  // the run's settings
}

// CheckClasses reports data whose classes are not those that the head rows stand for.
func (m Meta) CheckClasses(classes []string) error {
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

// SaveWeights writes the tensors of s that are not the optimiser's, and m, to path, replacing a
// file that is there, and returns the SHA-256 of the file in hexadecimal.
func SaveWeights(path string, s nn.State, m Meta) (sum string, err error) {
	m.Format = Format
	info, err := m.strings()
	if err != nil {
		return "", err
	}
	views := map[string]safetensors.TensorView{}
	for name, t := range s.Weights() {
		if views[name], err = view(t); err != nil {
			return "", fmt.Errorf("tensor %s: %w", name, err)
		}
	}
	digest := sha256.New()
	err = atomicfile.Write(path, func(w io.Writer) error {
		return safetensors.SerializeToWriter(views, info, io.MultiWriter(w, digest))
	})
	if err != nil {
		return "", fmt.Errorf("write weights: %w", err)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
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

// LoadWeights reads a file that SaveWeights wrote. It checks the header, offsets and sizes
// strictly; an error names the file and what is wrong with it.
func LoadWeights(path string) (nn.State, Meta, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, Meta{}, err
	}
	s, m, err := parse(raw)
	if err != nil {
		return nil, Meta{}, fmt.Errorf("%s: not a weights file of lgl: %w", path, err)
	}
	return s, m, nil
}

// parse decodes a file.
func parse(raw []byte) (nn.State, Meta, error) {
	file, err := safetensors.Deserialize(raw)
	if err != nil {
		return nil, Meta{}, err
	}
	n, head, err := safetensors.ReadMetadata(raw)
	if err != nil {
		return nil, Meta{}, err
	}
	if err := uniqueKeys(raw[8 : 8+n]); err != nil {
		return nil, Meta{}, err
	}
	m, err := parseMeta(head.Metadata())
	if err != nil {
		return nil, Meta{}, err
	}
	s := nn.State{}
	for _, t := range file.Tensors() {
		if t.TensorView.DType() != safetensors.F32 {
			return nil, Meta{}, fmt.Errorf("tensor %s is %v; want F32", t.Name, t.TensorView.DType())
		}
		s[t.Name] = tensor(t.TensorView)
	}
	return s, m, nil
}

// tensor is the inverse of view.
func tensor(v safetensors.TensorView) nn.Tensor {
	t := nn.Tensor{Shape: make([]int, len(v.Shape())), Data: make([]float32, v.DataLen()/4)}
	for i, d := range v.Shape() {
		t.Shape[i] = int(d)
	}
	for i := range t.Data {
		t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(v.Data()[4*i:]))
	}
	return t
}

// strings encodes each field as one metadata entry.
func (m Meta) strings() (map[string]string, error) {
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
	return info, nil
}

// parseMeta is the inverse of strings.
func parseMeta(info map[string]string) (Meta, error) {
	if info["format"] == "" {
		return Meta{}, errors.New("its metadata have no format")
	}
	if info["format"] != fmt.Sprint(Format) {
		return Meta{}, fmt.Errorf("its metadata have format %s; this lgl reads format %d", info["format"], Format)
	}
	fields := map[string]json.RawMessage{}
	for key, value := range info {
		fields[key] = json.RawMessage(value)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return Meta{}, fmt.Errorf("its metadata: %w", err)
	}
	var m Meta
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
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
	case len(m.Input) == 0 || slices.Min(m.Input) < 1:
		return fmt.Errorf("input %v; want positive sizes", m.Input)
	case len(m.Classes) < 2 || !distinct(m.Classes):
		return fmt.Errorf("classes %q; want two or more different names", m.Classes)
	case len(m.Trained) == 0 || !distinct(m.Trained) || slices.Min(m.Trained) < 0 || slices.Max(m.Trained) >= len(m.Classes):
		return fmt.Errorf("trained %v; want different head rows of 0..%d", m.Trained, len(m.Classes)-1)
	case m.Stage < 1:
		return fmt.Errorf("stage %d; want 1 or more", m.Stage)
	case len(m.Mean) != len(m.Std) || len(m.Mean) != 0 && len(m.Mean) != m.Input[0]:
		return fmt.Errorf("%d means and %d deviations for %d channels", len(m.Mean), len(m.Std), m.Input[0])
	}
	return nil
}

// distinct reports whether no value stands twice in s.
func distinct[T cmp.Ordered](s []T) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(s)))) == len(s)
}

// uniqueKeys reports a key that stands twice in one JSON object, which encoding/json accepts.
func uniqueKeys(header []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(header))
	var open []map[string]bool // keys of the objects around; nil for an array
	key := true                // the next string of an object is a key
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{':
				open, key = append(open, map[string]bool{}), true
				continue
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
		case string:
			if in := open[len(open)-1]; in != nil && key {
				if in[t] {
					return fmt.Errorf("key %q stands twice in its header", t)
				}
				in[t], key = true, false
				continue
			}
		}
		key = true
	}
}
