package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

func example(t *testing.T) (nn.State, Meta) {
	net, err := zoo.Build("smallcnn", zoo.Options{Input: []int{1, 8, 8}, Classes: 3, Width: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Init(nn.Default, seed.Stream(1, "init"))
	if err != nil {
		t.Fatal(err)
	}
	return s, Meta{
		Format: Format, Net: "smallcnn", Input: []int{1, 8, 8}, Classes: []string{"a", "b \"quoted\"", "日本"}, Trained: []int{2, 0},
		Stage: 2, Mean: []float32{0.25}, Std: []float32{0.5}, Config: map[string]any{"epochs": 3.0},
	}
}

func save(t *testing.T) (path string, s nn.State, m Meta) {
	s, m = example(t)
	path = filepath.Join(t.TempDir(), "stage-2.safetensors")
	sum, err := SaveWeights(path, s, m)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256(raw); sum != hex.EncodeToString(want[:]) {
		t.Errorf("SaveWeights says SHA-256 %s; the file has %x", sum, want)
	}
	return path, s, m
}

func TestRoundTrip(t *testing.T) {
	path, s, m := save(t)
	gotS, gotM, err := LoadWeights(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(gotS, s) || !reflect.DeepEqual(gotM, m) {
		t.Errorf("read %v %+v; wrote %v %+v", gotS.Names(), gotM, s.Names(), m)
	}
}

func TestMomentumIsLeftOut(t *testing.T) {
	s, m := example(t)
	s[nn.MomentumPrefix+"classifier.bias"] = s["classifier.bias"]
	path := filepath.Join(t.TempDir(), "w")
	if _, err := SaveWeights(path, s, m); err != nil {
		t.Fatal(err)
	}
	got, _, err := LoadWeights(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := got[nn.MomentumPrefix+"classifier.bias"]; ok {
		t.Error("momentum was saved with the weights")
	}
}

// The header starts on the format's terms: length, JSON, padding to 8 bytes.
func TestFormat(t *testing.T) {
	path, _, _ := save(t)
	raw, _ := os.ReadFile(path)
	n := binary.LittleEndian.Uint64(raw)
	if n%8 != 0 || raw[8] != '{' || !bytes.Contains(raw[8:8+n], []byte(`"__metadata__"`)) {
		t.Errorf("header of %d bytes: %.80s", n, raw[8:])
	}
}

// parse reads a file that is in memory.
func parse(raw []byte) (nn.State, Meta, error) { return read(bytes.NewReader(raw), int64(len(raw))) }

// A file cut anywhere, or with a byte more, is refused; no byte of the header, whatever it is
// changed to, makes it panic.
func TestDamage(t *testing.T) {
	path, _, _ := save(t)
	raw, _ := os.ReadFile(path)
	for cut := range raw {
		if _, _, err := parse(raw[:cut]); err == nil {
			t.Fatalf("cut at %d of %d bytes: accepted", cut, len(raw))
		}
	}
	if _, _, err := parse(append(raw[:len(raw):len(raw)], 0)); err == nil {
		t.Error("a trailing byte was accepted")
	}
	header := 8 + int(binary.LittleEndian.Uint64(raw))
	for i := range header {
		for bit := range 8 {
			bad := bytes.Clone(raw)
			bad[i] ^= 1 << bit
			_, _, _ = parse(bad)
		}
	}
}

// metaJSON returns good metadata of a file, with one entry replaced or added.
func metaJSON(entry string) string {
	entries := map[string]string{
		"format": `"1"`, "net": `"\"mlp\""`, "input": `"[2]"`, "classes": `"[\"a\",\"b\"]"`, "trained": `"[1]"`, "stage": `"1"`,
	}
	if key, value, ok := strings.Cut(entry, ":"); ok {
		entries[strings.Trim(key, `"`)] = value
	}
	var fields []string
	for key, value := range entries {
		fields = append(fields, fmt.Sprintf("%q:%s", key, value))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func TestRefuses(t *testing.T) {
	meta := `"__metadata__":` + metaJSON("")
	for header, want := range map[string]string{
		`{` + meta + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`: "duplicate",
		`{` + meta + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`:                                                      "offset",
		`{` + meta + `,"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}`:                                  "",
		`{` + meta + `,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`:                                                      "",
		`{` + meta + `,"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}`:                                                      "F32",
		`{` + meta + `,"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}`:                                                      "",
		`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:                                                                   "format",
		`{"__metadata__":{"format":"2"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:                                     "reads format 1",
		`{"__metadata__":` + metaJSON(`"trained":"[2]"`) + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:                "trained [2]",
		`{"__metadata__":` + metaJSON(`"trained":"[0,0]"`) + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:              "trained [0 0]",
		`{"__metadata__":` + metaJSON(`"trained":"[]"`) + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:                 "trained []",
		`{"__metadata__":` + metaJSON(`"classes":"[\"a\",\"a\"]"`) + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:      "different names",
		`{"__metadata__":` + metaJSON(`"input":"[0]"`) + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:                  "input [0]",
		`{"__metadata__":` + metaJSON(`"stage":"0"`) + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:                    "stage 0",
		`{"__metadata__":` + metaJSON(`"mean":"[1]"`) + `,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:                   "1 means and 0 deviations",
		`{"__metadata__":{"format":"1","colour":"1"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:                        "colour",
		`{"__metadata__":{"format":"1","classes":"[1"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`:                      "metadata",
	} {
		raw := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		raw = append(append(raw, header...), 0, 0, 0, 0)
		if _, _, err := parse(raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want an error with %q", header, err, want)
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty.safetensors")
	if _, _, err := LoadWeights(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadWeights(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("empty file: %v", err)
	}
}

func TestCheckClasses(t *testing.T) {
	m := Meta{Classes: []string{"cat", "dog"}}
	for want, classes := range map[string][]string{
		`the weights know all but "eel" of the data's 3 classes, and the data have all of the weights' 2 classes`:       {"cat", "dog", "eel"},
		`the weights know all but "eel" of the data's 2 classes, and the data have all but "dog" of the weights' 2`:     {"cat", "eel"},
		`all but "a", "b", "c", "d", "e" and 2 more of the data's 7 classes, and the data have all but "cat", "dog" of`: {"a", "b", "c", "d", "e", "f", "g"},
		`class 0 of the data is "dog"`:           {"dog", "cat"},
		`the data have 3 classes, the weights 2`: {"cat", "dog", "dog"},
	} {
		if err := m.CheckClasses(classes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", classes, err)
		}
	}
	if err := m.CheckClasses([]string{"cat", "dog"}); err != nil {
		t.Error(err)
	}
}

// A stage that its stop rule has ended may be left to close; there is no epoch of it to go on with.
func TestEndedStage(t *testing.T) {
	s := Stage{Stage: curriculum.Stage{Classes: []int{0}, Stop: curriculum.StopRule{Samples: 10}}, Epochs: 1, Stop: curriculum.StopState{Epochs: 1, Samples: 10}}
	if err := s.check(1, 10); err != nil {
		t.Error(err)
	}
	within, before := s, s
	within.Within, before.Select = &Within{Steps: 1, Samples: 1}, true
	for _, s := range []Stage{within, before} {
		if err := s.check(1, 10); err == nil || !strings.Contains(err.Error(), "which ends it") {
			t.Errorf("%+v: error %v", s, err)
		}
	}
}

// A run of any budget that can be trained can go on, however few its samples are.
func TestLongStage(t *testing.T) {
	for samples, want := range map[int64]string{1e15: "", most + 1: "want at most"} {
		s := Stage{Stage: curriculum.Stage{Classes: []int{0}, Stop: curriculum.StopRule{Samples: samples}}}
		if err := s.check(1, 10); (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d samples: %v; want %q", samples, err, want)
		}
	}
}
