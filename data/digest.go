package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
)

// Digest returns the SHA-256, in hexadecimal, of what a source holds: shape, class names, and
// every sample with its label, in order. Two sources with one digest train alike. Of Pictures it takes
// the names and sizes of the files in place of what they hold, for to read them may take hours; Held
// holds them to that.
func Digest(src Source) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%v %q %d\n", src.Shape(), src.Classes(), src.Len())
	one := valueDigester(src)
	for i := range src.Len() {
		binary.Write(h, binary.LittleEndian, int32(src.Label(i)))
		if err := one(h, i); err != nil {
			return "", fmt.Errorf("sample %d: %w", i, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// valueDigester returns a function that hashes sample i: its bytes, the name and size of its file, or its float32 values.
func valueDigester(src Source) func(h hash.Hash, i int) error {
	if p, ok := src.(Pictures); ok {
		return func(h hash.Hash, i int) error {
			name, bytes := p.Entry(i)
			fmt.Fprintf(h, "%q %d\n", name, bytes)
			return nil
		}
	}
	if p, ok := src.(Pixels); ok {
		return func(h hash.Hash, i int) error { h.Write(p.Pixels(i)); return nil }
	}
	values := make([]float32, Size(src.Shape()))
	bits := make([]byte, 0, 4*len(values))
	return func(h hash.Hash, i int) error {
		if err := src.Sample(i, values); err != nil {
			return err
		}
		bits = bits[:0]
		for _, v := range values {
			bits = binary.LittleEndian.AppendUint32(bits, math.Float32bits(v))
		}
		h.Write(bits)
		return nil
	}
}
