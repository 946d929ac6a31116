package checkpoint

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/local-to-global/lgl/internal/steadyfile"
	"github.com/local-to-global/lgl/nn"
)

// LoadTensors reads a safetensors file of any tool, as strictly as LoadWeights, and returns its
// tensors and its SHA-256. What PyTorch's batch norms count, num_batches_tracked, is passed over.
func LoadTensors(path string) (s nn.State, sum string, err error) {
	f, err := steadyfile.Open(path)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	digest := sha256.New()
	s, _, err = readTensors(bufio.NewReaderSize(io.TeeReader(f, digest), 1<<16), f.Size(), true)
	if changed := f.Unchanged(); changed != nil {
		return nil, "", fmt.Errorf("%s: %w", path, changed)
	}
	if err == nil && len(s) == 0 {
		err = errors.New("it has no tensors but counters")
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: damaged, or no safetensors file of float32: %w", path, err)
	}
	return s, hex.EncodeToString(digest.Sum(nil)), nil
}

// counter reports a number of batches that a batch norm has seen.
func (e entry) counter() bool {
	return e.dtype == "I64" && len(e.shape) == 0 && strings.HasSuffix(e.name, ".num_batches_tracked")
}

// counterBytes is the length of a counter's value.
const counterBytes = 8
