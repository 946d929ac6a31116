package checkpoint

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/local-to-global/lgl/internal/steadyfile"
	"github.com/local-to-global/lgl/nn"
)

// LoadWeights reads a file that SaveWeights wrote. It checks the header, offsets and sizes
// strictly; an error names the file and what is wrong with it. Beside the values, reading takes a
// few times the memory of the header.
func LoadWeights(path string) (s nn.State, m Meta, err error) {
	s, m, _, err = LoadWeightsSum(path)
	return s, m, err
}

// LoadWeightsSum is LoadWeights, and returns the SHA-256 of what it read, in hexadecimal.
func LoadWeightsSum(path string) (s nn.State, m Meta, sum string, err error) {
	digest := sha256.New()
	err = load(path, "not a weights file of lgl", func(r io.Reader, size int64) error {
		s, m, err = read(io.TeeReader(r, digest), size)
		return err
	})
	if err != nil {
		return nil, Meta{}, "", err
	}
	return s, m, hex.EncodeToString(digest.Sum(nil)), nil
}

// load has a file read that must not change meanwhile; what is what a damaged one may be instead.
func load(path, what string, read func(r io.Reader, size int64) error) error {
	f, err := steadyfile.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = read(f, f.Size())
	if changed := f.Unchanged(); changed != nil {
		return fmt.Errorf("%s: %w", path, changed)
	}
	switch {
	case errors.Is(err, errTorch):
		return fmt.Errorf("%s: %w; want safetensors", path, err)
	case err != nil:
		return fmt.Errorf("%s: damaged, or %s: %w", path, what, err)
	}
	return nil
}

// read decodes a file of size bytes.
func read(r io.Reader, size int64) (nn.State, Meta, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	entries, info, rest, err := announced(b, size)
	if err != nil {
		return nil, Meta{}, err
	}
	m, err := parseMeta(info)
	if err != nil {
		if info["classes"] != "" {
			err = &OwnError{err}
		}
		return nil, Meta{}, err
	}
	s, err := readEntries(b, entries, rest, false)
	return s, m, err
}

// OwnError is what is wrong with the metadata of a file that names the classes of its head rows, as lgl's do and other tools' do not.
type OwnError struct{ error }

func (e *OwnError) Unwrap() error { return e.error }

// readTensors decodes a file of lgl's of size bytes, whatever its metadata.
func readTensors(r io.Reader, size int64) (nn.State, error) {
	entries, _, rest, err := announced(r, size)
	if err != nil {
		return nil, err
	}
	return readEntries(r, entries, rest, false)
}

// announced reads what the header of a file of size bytes announces, and returns how many bytes are
// behind it.
func announced(r io.Reader, size int64) (entries []entry, info map[string]string, rest int64, err error) {
	text, err := readHeader(r, size)
	if err != nil {
		return nil, nil, 0, err
	}
	if entries, info, err = parseHeader(text); err != nil {
		return nil, nil, 0, fmt.Errorf("its header: %w", err)
	}
	return entries, info, size - 8 - int64(len(text)), nil
}

// readEntries reads the tensors that a header lists, in the size bytes behind it.
func readEntries(r io.Reader, entries []entry, size int64, foreign bool) (nn.State, error) {
	if err := check(entries, uint64(size), foreign); err != nil {
		return nil, err
	}
	s := nn.State{}
	for _, e := range entries {
		var err error
		if e.counter() {
			if _, err := io.CopyN(io.Discard, r, counterBytes); err != nil {
				return nil, fmt.Errorf("tensor %s: %w", e.name, err)
			}
			continue
		}
		if s[e.name], err = e.read(r); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", e.name, err)
		}
	}
	return s, nil
}

// maxHeader limits the bytes of a header.
const maxHeader = 32 << 20

// readHeader reads the length of the header, 8 bytes, and the header.
func readHeader(r io.Reader, size int64) ([]byte, error) {
	var length [8]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, fmt.Errorf("it has %d bytes; want at least the 8 of its header's length", size)
	}
	n := binary.LittleEndian.Uint64(length[:])
	switch {
	case n > maxHeader && torchs(length[:]):
		return nil, errTorch
	case n > maxHeader:
		return nil, fmt.Errorf("its header is said to have %d bytes; want at most %d", n, maxHeader)
	case n > uint64(size)-8:
		return nil, fmt.Errorf("its header is said to have %d bytes; the file has %d after its length", n, size-8)
	}
	text := make([]byte, n)
	_, err := io.ReadFull(r, text)
	return text, err
}

// check holds the entries, which it sorts by offset, to their shapes and to the bytes that hold their
// values: each tensor begins where the one before it ends, and the last one ends the file.
func check(entries []entry, size uint64, foreign bool) error {
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.offsets[0], b.offsets[0]) })
	end := uint64(0)
	for _, e := range entries {
		width, err := e.width(foreign)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", e.name, err)
		}
		n, err := e.values(size / width)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", e.name, err)
		}
		if want := [2]uint64{end, end + width*n}; e.offsets != want {
			return fmt.Errorf("tensor %s: data_offsets %v; want %v: its shape %v, after the tensor before it", e.name, e.offsets, want, e.shape)
		}
		end += width * n
	}
	switch {
	case len(entries) == 0:
		return errors.New("it has no tensors")
	case end != size:
		return fmt.Errorf("its header announces %d bytes of values; the file has %d", end, size)
	}
	return nil
}

// maxDims limits the sizes of a shape; a convolution's weights have 4.
const maxDims = 8

// values returns how many values the shape has, which may be at most most.
func (e entry) values(most uint64) (uint64, error) {
	if len(e.shape) > maxDims {
		return 0, fmt.Errorf("shape of %d sizes; want at most %d", len(e.shape), maxDims)
	}
	n := uint64(1)
	for _, d := range e.shape {
		if d == 0 || n > most/d {
			return 0, fmt.Errorf("shape %v; want sizes of at least 1, together at most the %d values that the file can hold", e.shape, most)
		}
		n *= d
	}
	return n, nil
}

// read reads the values of a tensor that was checked.
func (e entry) read(r io.Reader) (nn.Tensor, error) {
	number := numbers[e.dtype]
	t := nn.Tensor{Shape: make([]int, len(e.shape)), Data: make([]float32, (e.offsets[1]-e.offsets[0])/number.width)}
	for i, d := range e.shape {
		t.Shape[i] = int(d)
	}
	var raw [4096]byte
	width := int(number.width)
	for rest := t.Data; len(rest) > 0; {
		n := min(len(rest), len(raw)/width)
		if _, err := io.ReadFull(r, raw[:width*n]); err != nil {
			return t, err
		}
		for i := range n {
			rest[i] = number.value(raw[width*i:])
		}
		rest = rest[n:]
	}
	return t, nil
}
