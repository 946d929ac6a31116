package checkpoint

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/nn"
)

// LoadTensors reads a safetensors file of any tool, as strictly as LoadWeights, and returns its
// tensors and its SHA-256. Values in float16, bfloat16 and float64 become float32; a file that names
// the classes of its head rows, as lgl's do, must have float32. What PyTorch's batch norms count,
// num_batches_tracked, is passed over.
func LoadTensors(path string) (s nn.State, sum string, err error) {
	digest := sha256.New()
	err = load(path, "no safetensors file of floating-point numbers", func(r io.Reader, size int64) error {
		s, err = readForeign(bufio.NewReaderSize(io.TeeReader(r, digest), 1<<16), size)
		if err == nil && len(s) == 0 {
			err = errors.New("it has no tensors but counters")
		}
		return err
	})
	if errors.Is(err, errTorch) {
		err = failure.Hint(err, `convert a state_dict in Python: safetensors.torch.save_file(torch.load(%q, map_location="cpu"), "weights.safetensors")`, path)
	}
	if err != nil {
		return nil, "", err
	}
	return s, hex.EncodeToString(digest.Sum(nil)), nil
}

// errTorch is of a file that torch.save made: a zip file, or a pickle of older versions.
var errTorch = errors.New("is a file of PyTorch's own format (.pt, .pth)")

// torchs reports a file that begins as those of torch.save do. A header of safetensors may have a length that does, too,
// if it is a short one.
func torchs(begin []byte) bool {
	return bytes.HasPrefix(begin, []byte("PK\x03\x04")) || bytes.HasPrefix(begin, []byte("\x80\x02"))
}

// readForeign decodes a file of size bytes of any tool.
func readForeign(r io.Reader, size int64) (nn.State, error) {
	entries, info, rest, err := announced(r, size)
	if err == nil && info["classes"] != "" {
		err = allF32(entries)
	}
	if err != nil {
		return nil, err
	}
	return readEntries(r, entries, rest, true)
}

// allF32 reports a tensor of numbers that lgl does not write in a file that is said to be lgl's. Taken for another tool's,
// its head rows would go to the classes by their numbers.
func allF32(entries []entry) error {
	for _, e := range entries {
		if e.dtype != "F32" && !e.counter() {
			return fmt.Errorf("tensor %s: dtype %s; want F32, since its metadata name classes, as lgl's do", e.name, e.dtype)
		}
	}
	return nil
}

// counter reports a number of batches that a batch norm has seen.
func (e entry) counter() bool {
	return e.dtype == "I64" && len(e.shape) == 0 && strings.HasSuffix(e.name, ".num_batches_tracked")
}

// counterBytes is the length of a counter's value.
const counterBytes = 8
