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

	"github.com/local-to-global/lgl/internal/failure"
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

// halfPrecision is a file as save_file makes it of a module in half precision, with values of the other types beside it.
func halfPrecision() []byte {
	header := `{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},` +
		`"b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]},` +
		`"c":{"dtype":"F16","shape":[2,1],"data_offsets":[12,16]}}`
	raw := file(header+strings.Repeat(" ", -len(header)&7), 0)
	raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(0.1))
	for _, bits := range []uint16{0x3fc0, 0xc000, 0x3e00, 0xc000} { // 1.5 and -2, twice
		raw = binary.LittleEndian.AppendUint16(raw, bits)
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

// Other tools' half precision is read to the same numbers, and float64 to the nearest ones.
func TestLoadTensorsOfOtherTypes(t *testing.T) {
	s, _, err := LoadTensors(writeFile(t, halfPrecision()))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float32{"a": {0.1}, "b": {1.5, -2}, "c": {1.5, -2}} {
		if !slices.Equal(s[name].Data, want) {
			t.Errorf("%s is %v; want %v", name, s[name].Data, want)
		}
	}
	long := file(`{"a":{"dtype":"F16","shape":[5000],"data_offsets":[0,10000]}}`, 10000) // more than is read at once
	long[len(long)-1] = 0x3c
	if s, _, err := LoadTensors(writeFile(t, long)); err != nil || len(s["a"].Data) != 5000 || s["a"].Data[4999] != 1 {
		t.Errorf("%d values, %v; want 5000, the last of them 1", len(s["a"].Data), err)
	}
}

// Every float16 is the number of its sign, exponent and fraction.
func TestHalf(t *testing.T) {
	for bits := range 1 << 16 {
		exponent, fraction := bits>>10&31, float64(bits&1023)
		want := math.Ldexp(1+fraction/1024, exponent-15)
		switch {
		case exponent == 0:
			want = math.Ldexp(fraction, -24)
		case exponent == 31 && fraction == 0:
			want = math.Inf(1)
		case exponent == 31:
			want = math.NaN()
		}
		if bits >= 1<<15 {
			want = -want
		}
		got := float64(half(uint16(bits)))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || !math.IsNaN(want) && math.Signbit(got) != (bits >= 1<<15) {
			t.Errorf("%#04x is %v; want %v", bits, got, want)
		}
	}
}

// TestLoadTensorsRefuses checks what is no number that is read, and that LoadWeights takes no counters.
func TestLoadTensorsRefuses(t *testing.T) {
	counter := `"b.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[4,12]}`
	for want, raw := range map[string][]byte{
		"dtype F8_E4M3; want F32, F16, BF16 or F64": file(`{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}`, 1),
		"at most the 1 values":                      file(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 3),
		"data_offsets [0 4]; want [0 2]":            file(`{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,4]}}`, 4),
		"dtype F16; want F32, since its":            weights(`"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}`, 2),
		"tensor b: dtype I64; want F32":             file(`{`+good+`,"b":{"dtype":"I64","shape":[],"data_offsets":[4,12]}}`, 12),
		"announces 12 bytes of values":              file(`{`+good+`,`+counter+`}`, 13),
		"data_offsets [4 8]; want [4 12":            file(`{`+good+`,`+strings.Replace(counter, "12", "8", 1)+`}`, 8),
		"no tensors but counters":                   file(`{`+strings.Replace(counter, "[4,12]", "[0,8]", 1)+`}`, 8),
		"dtype I64; want F32":                       file(`{`+good+`,`+strings.Replace(counter, "[]", "[1]", 1)+`}`, 12),
		"it has 3 bytes":                            []byte("abc"),
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

// What torch.save wrote is called that, with how to convert it; a header whose length begins as a pickle is read.
func TestLoadTensorsOfTorch(t *testing.T) {
	for _, begin := range []string{"PK\x03\x04\x00\x00\x08\x08\x00\x00archive/data.pkl", "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."} {
		path := writeFile(t, []byte(begin))
		_, _, err := LoadTensors(path)
		if err == nil || err.Error() != path+": is a file of PyTorch's own format (.pt, .pth); want safetensors" {
			t.Errorf("%q: error %v", begin, err)
		}
		if hint := failure.HintOf(err); !strings.Contains(hint, fmt.Sprintf("save_file(torch.load(%q, ", path)) {
			t.Errorf("%q: hint %q", begin, hint)
		}
	}
	header := fmt.Sprintf("%-640s", `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`)
	if _, _, err := LoadTensors(writeFile(t, file(header, 4))); err != nil {
		t.Errorf("a header of %#x bytes: %v", len(header), err)
	}
}

// checkTensors reads b. What is accepted, the library for the format reads to the same shapes, and to the same values in float32.
func checkTensors(t *testing.T, b []byte) error {
	var s nn.State
	var err error
	mutate.Within(t, 1<<20+16*uint64(len(b)), func() { s, err = readForeign(bytes.NewReader(b), int64(len(b))) })
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
		if err != nil || !slices.Equal(own.Shape(), v.TensorView.Shape()) || v.TensorView.DType() == safetensors.F32 && !bytes.Equal(own.Data(), v.TensorView.Data()) {
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
	f.Add(halfPrecision())
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkTensors(t, b) })
}

// TestForeignMutations damages the file in all ways that package mutate knows.
func TestForeignMutations(t *testing.T) {
	mutate.Each(t, 64<<20, [][]byte{torchLike(), halfPrecision()}, checkTensors)
}
