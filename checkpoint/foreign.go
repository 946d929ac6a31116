package checkpoint

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/local-to-global/lgl/nn"
)

// LoadTensors reads a safetensors file of any tool, as strictly as LoadWeights, and returns its
// tensors and its SHA-256. What PyTorch's batch norms count, num_batches_tracked, is passed over.
func LoadTensors(path string) (s nn.State, sum string, err error) {
	digest := sha256.New()
	err = load(path, "no safetensors file of float32", func(r io.Reader, size int64) error {
		s, err = readTensors(bufio.NewReaderSize(io.TeeReader(r, digest), 1<<16), size, true)
		if err == nil && len(s) == 0 {
			err = errors.New("it has no tensors but counters")
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return s, hex.EncodeToString(digest.Sum(nil)), nil
}

// counter reports a number of batches that a batch norm has seen.
func (e entry) counter() bool {
	return e.dtype == "I64" && len(e.shape) == 0 && strings.HasSuffix(e.name, ".num_batches_tracked")
}

// counterBytes is the length of a counter's value.
const counterBytes = 8
