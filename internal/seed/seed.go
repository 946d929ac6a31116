// Package seed derives every random stream of a run from one number.
//
// A stream is named, and may be indexed (by stage, epoch, sample): the same seed, name and
// indices give the same numbers, whatever else was drawn before. So no generator state has to
// be saved, and a run that resumes draws what it would have drawn.
package seed

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream returns the generator of the stream name[index...] under seed s.
func Stream(s uint64, name string, index ...uint64) *rand.Rand {
	return rand.New(rand.NewChaCha8(digest(s, name, index)))
}

// Derive returns a seed for the stream name[index...] under seed s, for code that takes a number
// (a transform of one sample, an engine's dropout).
func Derive(s uint64, name string, index ...uint64) uint64 {
	d := digest(s, name, index)
	return binary.LittleEndian.Uint64(d[:])
}

// digest is SHA-256 over s, the name with its length, and the indices.
func digest(s uint64, name string, index []uint64) [32]byte {
	b := binary.LittleEndian.AppendUint64(nil, s)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(name)))
	b = append(b, name...)
	for _, i := range index {
		b = binary.LittleEndian.AppendUint64(b, i)
	}
	return sha256.Sum256(b)
}
