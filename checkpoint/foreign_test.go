package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/local-to-global/lgl/internal/mutate"
	"github.com/local-to-global/lgl/nn"
)

// torchLike is a file as safetensors' save_file makes it of a PyTorch module with a batch norm: wide
// types first, the header filled up to a multiple of eight. (The library for Go gives scalars no value.)
func torchLike() []byte {
	header := `{"__metadata__":{"format":"pt"},` +
		`"1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]},` +
		`"0.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},` +
		`"1.running_var":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}`
	raw := file(header+strings.Repeat(" ", -len(header)&7), 0)
	raw = binary.LittleEndian.AppendUint64(raw, 7)
	for _, v := range []float32{1, -2, 3, 4} {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return raw
}

func writeFile(t testing.TB, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLoadTensors reads another tool's file, and what lgl wrote, to the same tensors as LoadWeights.
func TestLoadTensors(t *testing.T) {
	raw := torchLike()
	s, sum, err := LoadTensors(writeFile(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256(raw)); sum != want {
		t.Errorf("SHA-256 %s; want %s", sum, want)
	}
	if !slices.Equal(s.Names(), []string{"0.weight", "1.running_var"}) || !slices.Equal(s["0.weight"].Data, []float32{1, -2}) ||
		!slices.Equal(s["0.weight"].Shape, []int{2, 1}) || !slices.Equal(s["1.running_var"].Data, []float32{3, 4}) {
		t.Errorf("read %v", s)
	}
	own := writeFile(t, weights(good, 4))
	s, _, err = LoadTensors(own)
	if want, _, wantErr := LoadWeights(own); err != nil || wantErr != nil || !slices.Equal(s["a"].Data, want["a"].Data) {
		t.Errorf("%v, %v; LoadWeights reads %v, %v", s, err, want, wantErr)
	}
}

// TestLoadTensorsRefuses checks what is no float32, and that LoadWeights takes no counters.
func TestLoadTensorsRefuses(t *testing.T) {
	counter := `"b.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[4,12]}`
	for want, raw := range map[string][]byte{
		"tensor a: dtype F16; want F32":  file(`{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`, 2),
		"tensor b: dtype I64; want F32":  file(`{`+good+`,"b":{"dtype":"I64","shape":[],"data_offsets":[4,12]}}`, 12),
		"announces 12 bytes of values":   file(`{`+good+`,`+counter+`}`, 13),
		"data_offsets [4 8]; want [4 12": file(`{`+good+`,`+strings.Replace(counter, "12", "8", 1)+`}`, 8),
		"no tensors but counters":        file(`{`+strings.Replace(counter, "[4,12]", "[0,8]", 1)+`}`, 8),
		"dtype I64; want F32":            file(`{`+good+`,`+strings.Replace(counter, "[]", "[1]", 1)+`}`, 12),
		"it has 3 bytes":                 []byte("abc"),
	} {
		if _, _, err := LoadTensors(writeFile(t, raw)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "weights.safetensors: damaged, or no safetensors file") {
			t.Errorf("error %v; want %q", err, want)
		}
	}
	both := weights(good+`,`+counter, 12)
	if _, _, err := LoadWeights(writeFile(t, both)); err == nil || !strings.Contains(err.Error(), "dtype I64; want F32") {
		t.Errorf("LoadWeights: error %v; want one of the counter", err)
	}
}

// checkTensors reads b. What is accepted, the library for the format reads to the same values.
func checkTensors(t *testing.T, b []byte) error {
	var s nn.State
	var err error
	mutate.Within(t, 1<<20+16*uint64(len(b)), func() { s, err = readTensors(bytes.NewReader(b), int64(len(b)), true) })
	if err != nil {
		return err
	}
	theirs, err := safetensors.Deserialize(b)
	if err != nil {
		t.Fatalf("the library refuses what was read: %v", err)
	}
	counters := 0
	for _, v := range theirs.Tensors() {
		if strings.HasSuffix(v.Name, ".num_batches_tracked") && v.TensorView.DType() == safetensors.I64 {
			counters++
			continue
		}
		own, err := view(s[v.Name])
		if err != nil || !slices.Equal(own.Shape(), v.TensorView.Shape()) || !bytes.Equal(own.Data(), v.TensorView.Data()) {
			t.Errorf("tensor %s: %v, %v; the library reads %v", v.Name, own, err, v.TensorView)
		}
	}
	if theirs.Len() != len(s)+counters {
		t.Errorf("%d tensors and %d counters; the library reads %d", len(s), counters, theirs.Len())
	}
	return nil
}

func FuzzLoadTensors(f *testing.F) {
	f.Add(torchLike())
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkTensors(t, b) })
}

// TestForeignMutations damages the file in all ways that package mutate knows.
func TestForeignMutations(t *testing.T) {
	mutate.Each(t, 64<<20, [][]byte{torchLike()}, checkTensors)
}
