package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/local-to-global/lgl/internal/mutate"
	"github.com/local-to-global/lgl/nn"
)

// weights returns a file with the header, which is completed by good metadata, and n bytes of values.
func weights(entries string, n int) []byte {
	return file(`{"__metadata__":`+metaJSON("")+`,`+entries+`}`, n)
}

func file(header string, n int) []byte {
	raw := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(raw, header...), make([]byte, n)...)
}

const good = `"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`

// Each of these is no safetensors file, or none of lgl's. Those that the library for the format
// accepts, which lgl writes with, are marked.
func TestStrict(t *testing.T) {
	for name, c := range map[string]struct {
		raw      []byte
		want     string
		accepted bool // by the library
	}{
		"good":                  {weights(good, 4), "", true},
		"NaN is data":           {slices.Concat(weights(good, 0), []byte{1, 0, 0xc0, 0x7f}), "", true},
		"scalar":                {weights(`"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}`, 4), "", true},
		"padding":               {file(`{"__metadata__":`+metaJSON("")+`,`+good+`}   `, 4), "", true},
		"length of 7 bytes":     {weights(good, 4)[:7], "it has 7 bytes; want at least the 8", false},
		"no header":             {file("", 0), "want a JSON object", false},
		"header of 2^63":        {slices.Concat(binary.LittleEndian.AppendUint64(nil, 1<<63), make([]byte, 100)), "is said to have 9223372036854775808 bytes; want at most 33554432", false},
		"header of 2^64-8":      {slices.Concat(binary.LittleEndian.AppendUint64(nil, math.MaxUint64-7), make([]byte, 100)), "is said to have 18446744073709551608 bytes", false},
		"header past the end":   {slices.Concat(binary.LittleEndian.AppendUint64(nil, 101), make([]byte, 100)), "is said to have 101 bytes; the file has 100", false},
		"space before":          {file(` {"__metadata__":`+metaJSON("")+`,`+good+`}`, 4), "want a JSON object", true},
		"two objects":           {file(`{"__metadata__":`+metaJSON("")+`,`+good+`}{}`, 4), "more follows", false},
		"text after":            {file(`{"__metadata__":`+metaJSON("")+`,`+good+`}x`, 4), "more follows", false},
		"no end":                {file(`{"__metadata__":`+metaJSON("")+`,`+good, 4), "unexpected EOF", false},
		"array":                 {file(`[1]`, 0), "want a JSON object", false},
		"tensor twice":          {weights(good+`,`+good, 4), `duplicate object member name "a"`, true},
		"tensor twice, other":   {weights(good+`,"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}`, 8), "duplicate", false},
		"metadata twice":        {file(`{"__metadata__":{"x":"y"},"__metadata__":`+metaJSON("")+`,`+good+`}`, 4), "duplicate", true},
		"key of metadata twice": {file(`{"__metadata__":`+strings.Replace(metaJSON(""), "{", `{"net":"\"vgg11\"",`, 1)+`,`+good+`}`, 4), "duplicate", true},
		"escaped key twice":     {weights(good+`,"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`, 4), "duplicate", true},
		"dtype twice":           {weights(`"a":{"dtype":"I32","dtype":"F32","shape":[1],"data_offsets":[0,4]}`, 4), "duplicate", true},
		"shape twice":           {weights(`"a":{"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,4]}`, 4), "duplicate", true},
		"Shape for shape":       {weights(`"a":{"dtype":"F32","Shape":[1],"data_offsets":[0,4]}`, 4), `unknown object member name "Shape"`, false},
		"Shape and shape":       {weights(`"a":{"dtype":"F32","shape":[1],"Shape":[2],"data_offsets":[0,4]}`, 4), `unknown object member name "Shape"`, false},
		"Net and net":           {file(`{"__metadata__":`+strings.Replace(metaJSON(""), "{", `{"Net":"\"vgg11\"",`, 1)+`,`+good+`}`, 4), `unknown object member name "Net"`, true},
		"Net for net":           {file(`{"__metadata__":`+strings.Replace(metaJSON(""), `"net"`, `"Net"`, 1)+`,`+good+`}`, 4), `unknown object member name "Net"`, true},
		"one key more":          {weights(`"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}`, 4), `unknown object member name "x"`, false},
		"one key less":          {weights(`"a":{"dtype":"F32","shape":[1]}`, 4), "one of them is missing", false},
		"no tensor":             {weights(`"a":null`, 0), "one of them is missing", false},
		"no shape":              {weights(`"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}`, 4), "one of them is missing", false},
		"metadata that is null": {file(`{"__metadata__":null,`+good+`}`, 4), "no format", true},
		"metadata of numbers":   {file(`{"__metadata__":{"format":1},`+good+`}`, 4), "__metadata__", false},
		"unknown dtype":         {weights(`"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}`, 4), "dtype F31; want F32", false},
		"other dtype":           {weights(`"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}`, 8), "dtype F64; want F32", true},
		"dtype f32":             {weights(`"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}`, 4), "dtype f32; want F32", false},
		"overlap":               {weights(good+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`, 4), "tensor b: data_offsets [0 4]; want [4 8]", false},
		"overlap by half":       {weights(`"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}`, 12), "tensor b: data_offsets [4 12]; want [8 16]", false},
		"hole":                  {weights(good+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}`, 12), "tensor b: data_offsets [8 12]; want [4 8]", false},
		"hole at the start":     {weights(`"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}`, 8), "tensor a: data_offsets [4 8]; want [0 4]", false},
		"end before start":      {weights(`"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}`, 4), "data_offsets [4 0]; want [0 4]", false},
		"trailing byte":         {weights(good, 5), "announces 4 bytes of values; the file has 5", false},
		"missing byte":          {weights(`"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`, 7), "shape [2]; want sizes of at least 1, together at most the 1 values", false},
		"no values":             {weights(`"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`, 0), "at most the 0 values", false},
		"empty tensor":          {weights(good+`,"b":{"dtype":"F32","shape":[2,0],"data_offsets":[4,4]}`, 4), "tensor b: shape [2 0]; want sizes of at least 1", true},
		"size of 2^64-1, empty": {weights(good+`,"b":{"dtype":"F32","shape":[18446744073709551615,0],"data_offsets":[4,4]}`, 4), "want sizes of at least 1", true},
		"product of 2^64":       {weights(`"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}`, 0), "want sizes of at least 1", false},
		"bytes of 2^64":         {weights(`"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}`, 0), "want sizes of at least 1", false},
		"product of 2^64+1":     {weights(`"a":{"dtype":"F32","shape":[274177,67280421310721],"data_offsets":[0,4]}`, 4), "want sizes of at least 1", false},
		"negative size":         {weights(`"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}`, 4), "unmarshal JSON number -1", false},
		"size of 1.0":           {weights(`"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}`, 4), "unmarshal JSON number 1.0", false},
		"size of 1e0":           {weights(`"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}`, 4), "unmarshal JSON number 1e0", false},
		"size of 2^64":          {weights(`"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}`, 4), "unmarshal JSON number", false},
		"size as text":          {weights(`"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}`, 4), "unmarshal JSON string", false},
		"three offsets":         {weights(`"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}`, 4), "unmarshal JSON array", false},
		"one offset":            {weights(`"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}`, 4), "unmarshal JSON array", false},
		"nine sizes":            {weights(`"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}`, 4), "shape of 9 sizes; want at most 8", true},
		"deep":                  {weights(`"a":`+strings.Repeat("[", 1<<20), 0), "unmarshal JSON array", false},
		"deep, unknown key":     {weights(`"a":{"x":`+strings.Repeat(`{"x":`, 1<<20), 0), "unknown object member name", false},
		"no UTF-8":              {weights("\"a\xff\":"+good[4:], 4), "invalid UTF-8", true},
		"half a surrogate":      {weights(`"\ud800":`+good[4:], 4), "invalid surrogate", true},
		"no UTF-8 in metadata":  {file(`{"__metadata__":{"x":"`+"\xff"+`"},`+good+`}`, 4), "invalid UTF-8", true},
		"control character":     {weights("\"a\n\":"+good[4:], 4), "invalid character", false},
		"no tensors":            {file(`{"__metadata__":`+metaJSON("")+`}`, 0), "it has no tensors", true},
		"input of 2^64":         {file(`{"__metadata__":`+metaJSON(`"input":"[4294967296,4294967296]"`)+`,`+good+`}`, 4), "together at most", true},
		"deviation of 0":        {file(`{"__metadata__":`+strings.Replace(metaJSON(`"std":"[0,1]"`), "{", `{"mean":"[0,0]",`, 1)+`,`+good+`}`, 4), "want positive deviations", true},
		"class twice in JSON":   {file(`{"__metadata__":`+metaJSON(`"config":"{\"a\":1,\"a\":2}"`)+`,`+good+`}`, 4), "duplicate", true},
	} {
		var err error
		mutate.Within(t, 1<<20+16*uint64(len(c.raw)), func() { _, _, err = parse(c.raw) })
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) || err != nil && len(err.Error()) > 500 {
			t.Errorf("%s: %.500v; want %q", name, err, c.want)
		}
		if _, err := safetensors.Deserialize(c.raw); (err == nil) != c.accepted {
			t.Errorf("%s: the library says %.500v", name, err)
		}
	}
}

// checkWeights reads b. What is accepted, the library for the format reads to the same tensors, and
// written and read again it is the same, to the byte.
func checkWeights(t *testing.T, b []byte) (err error) {
	var s nn.State
	var m Meta
	mutate.Within(t, 1<<20+16*uint64(len(b)), func() { s, m, err = parse(b) })
	if err != nil {
		return err
	}
	theirs, err := safetensors.Deserialize(b)
	if err != nil {
		t.Fatalf("the library refuses what was read: %v", err)
	}
	if theirs.Len() != len(s) {
		t.Errorf("%d tensors; the library reads %d", len(s), theirs.Len())
	}
	for _, v := range theirs.Tensors() {
		own, err := view(s[v.Name])
		if err != nil || !slices.Equal(own.Shape(), v.TensorView.Shape()) || !bytes.Equal(own.Data(), v.TensorView.Data()) {
			t.Errorf("tensor %s: %v, %v; the library reads %v", v.Name, own, err, v.TensorView)
		}
	}
	if len(s.Weights()) < len(s) {
		return nil // momentum is not written again
	}
	var once, twice bytes.Buffer
	if err := encode(&once, s, m); err != nil {
		t.Fatal(err)
	}
	again, meta, err := parse(once.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := encode(&twice, again, meta); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) || len(again) != len(s) || !reflect.DeepEqual(meta.Classes, m.Classes) {
		t.Errorf("written again it is another: %q, then %q, %v", once.Bytes(), twice.Bytes(), err)
	}
	return nil
}

// seeds are small files.
func seeds(t testing.TB) [][]byte {
	path := filepath.Join(t.TempDir(), "w")
	s := nn.State{"a.weight": {Shape: []int{2, 2}, Data: []float32{1, 2, 3, 4}}, "a.bias": {Shape: []int{2}, Data: []float32{5, float32(math.NaN())}}}
	m := Meta{Net: "mlp", Input: []int{2}, Classes: []string{"cat", "dog"}, Trained: []int{1, 0}, Stage: 1, Mean: []float32{0, 0}, Std: []float32{1, 1}, Config: map[string]any{"epochs": 3}}
	if _, err := SaveWeights(path, s, m); err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{saved, weights(good, 4), weights(good+`,"b":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}`, 12)}
}

func FuzzLoadWeights(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkWeights(t, b) })
}

// TestMutations damages the file, and the header alone, with its length set right.
func TestMutations(t *testing.T) {
	files := seeds(t)
	mutate.Each(t, 64<<20, files, checkWeights)
	var headers [][]byte
	for _, b := range files {
		headers = append(headers, b[8:8+binary.LittleEndian.Uint64(b)])
	}
	mutate.Each(t, 64<<20, headers, func(t *testing.T, b []byte) error { return checkWeights(t, file(string(b), 24)) })
}

// TestNoFile: what is no file is refused.
func TestNoFile(t *testing.T) {
	if _, _, err := LoadWeights("/dev/zero"); err == nil || !strings.Contains(err.Error(), "/dev/zero: is a device; want a regular file") {
		t.Errorf("error %v", err)
	}
}

// TestManyClasses: metadata of 100,000 classes can be read again; more than may be read is not
// written.
func TestManyClasses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w")
	s := nn.State{"a": {Shape: []int{1}, Data: []float32{1}}}
	m := Meta{Net: "mlp", Input: []int{2}, Trained: []int{0}, Stage: 1}
	for k := range 100_000 {
		m.Classes = append(m.Classes, fmt.Sprintf("class number %d", k))
	}
	if _, err := SaveWeights(path, s, m); err != nil {
		t.Fatal(err)
	}
	if _, got, err := LoadWeights(path); err != nil || !slices.Equal(got.Classes, m.Classes) {
		t.Errorf("%d classes, %v", len(got.Classes), err)
	}
	m.Classes[7] = strings.Repeat("x", maxMeta)
	if _, err := SaveWeights(path, s, m); err == nil || !strings.Contains(err.Error(), "use shorter class names") {
		t.Errorf("a long name: %v", err)
	}
}

// TestCutWhileRead: a file that was whole when it was opened, and then is cut at any byte.
func TestCutWhileRead(t *testing.T) {
	whole := seeds(t)[0]
	for cut := range whole {
		if _, _, err := read(bytes.NewReader(whole[:cut]), int64(len(whole))); err == nil {
			t.Errorf("cut at %d of %d: accepted", cut, len(whole))
		}
	}
}
