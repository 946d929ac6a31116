package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"slices"
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

// Fingerprint returns a SHA-256, in hexadecimal, of which pictures in which classes the parts of a data set hold, by
// the names and sizes of their files; "" for parts that are no Pictures. The order of the classes, and the
// shape that the pictures are brought to, do not count: a folder has one fingerprint, also where Join put its classes
// behind those of a network.
func Fingerprint(parts ...Source) string {
	h := sha256.New()
	for n, src := range parts {
		p, ok := src.(Pictures)
		if !ok {
			return ""
		}
		entry := entries(p)
		for i := range p.Len() {
			name, bytes := entry(i)
			fmt.Fprintf(h, "%d %q %q %d\n", n, p.Classes()[p.Label(i)], name, bytes)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// entries returns Entry of p, without the number of the source where all are of the first one.
func entries(p Pictures) func(i int) (name string, bytes int64) {
	j, ok := p.(joinedPictures)
	if !ok || slices.ContainsFunc(j.at, func(at place) bool { return at.part > 0 }) {
		return p.Entry
	}
	return func(i int) (string, int64) {
		p, own := j.of(i)
		return p.Entry(own)
	}
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
