// Package mutate tests a reader with damaged files. Only tests import it.
//
//  1. Each takes good files of a format, and damages one of them at random, a few times over: bits
//     flipped, bytes set, parts cut out, doubled, swapped, or taken from another of the files;
//  2. it gives the result to the reader, which must refuse it or read it, without a panic, in
//     seconds, and within a limit of memory;
//  3. it logs how many were refused and how many read, and the most that one took.
//
// The damage is the same every time. There are 500 damaged files, 100 with -short,
// and 10,000 with LGL_TORTURE=1.
package mutate

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/local-to-global/lgl/internal/seed"
)

const (
	short, usual, long = 100, 500, 10_000
	slow               = 10 * time.Second // for one file: the reader hangs
)

// Each calls read with damaged files, which may take at most most bytes of memory to read. read
// returns the reader's error, and fails the test itself where the reader gave something wrong.
func Each(t *testing.T, most uint64, files [][]byte, read func(t *testing.T, b []byte) error) {
	t.Helper()
	n := usual
	switch {
	case os.Getenv("LGL_TORTURE") == "1":
		n = long
	case testing.Short():
		n = short
	}
	refused, taken, took := 0, uint64(0), time.Duration(0)
	for i := range n {
		b := damaged(seed.Stream(1, "mutations", uint64(i)), files)
		size, spent := measure(func() {
			if read(t, b) != nil {
				refused++
			}
		})
		taken, took = max(taken, size), max(took, spent)
		if t.Failed() || size > most || spent > slow {
			t.Fatalf("damaged file %d took %d bytes of %d, and %v: %.2000q", i, size, most, spent, b)
		}
	}
	t.Logf("%d damaged files: %d refused, %d read; at most %.1f MB and %v for one", n, refused, n-refused, float64(taken)/1e6, took.Round(time.Microsecond))
}

// Within fails the test if f takes more than most bytes of memory.
func Within(t *testing.T, most uint64, f func()) {
	t.Helper()
	if taken, _ := measure(f); taken > most {
		t.Errorf("took %d bytes of memory; want at most %d", taken, most)
	}
}

// measure returns the bytes that f allocates, freed or not, and the stack that it adds, which is at
// least what it ever holds; and its time.
func measure(f func()) (bytes uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	f()
	took = time.Since(began)
	runtime.ReadMemStats(&after)
	bytes = after.TotalAlloc - before.TotalAlloc
	if after.StackInuse > before.StackInuse {
		bytes += after.StackInuse - before.StackInuse
	}
	return bytes, took
}

// damaged returns one of the files with one to four faults, or more until it is none of them.
func damaged(r *rand.Rand, files [][]byte) []byte {
	b := slices.Clone(files[r.IntN(len(files))])
	good := func(f []byte) bool { return bytes.Equal(b, f) }
	for n := 1 + r.IntN(4); n > 0 || slices.ContainsFunc(files, good); n-- {
		b = faults[r.IntN(len(faults))](r, b, files[r.IntN(len(files))])
	}
	return b
}

// faults change b, which they may write to; other is a good file.
var faults = []func(r *rand.Rand, b, other []byte) []byte{
	func(r *rand.Rand, b, _ []byte) []byte { // a bit flips
		if len(b) > 0 {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
		return b
	},
	func(r *rand.Rand, b, _ []byte) []byte { // a byte is another one
		if len(b) > 0 {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		return b
	},
	func(r *rand.Rand, b, _ []byte) []byte { // it ends early
		return b[:r.IntN(len(b)+1)]
	},
	func(r *rand.Rand, b, _ []byte) []byte { // a part is missing
		lo, hi := part(r, b)
		return slices.Delete(b, lo, hi)
	},
	func(r *rand.Rand, b, _ []byte) []byte { // a part stands twice
		lo, hi := part(r, b)
		return slices.Insert(b, hi, slices.Clone(b[lo:hi])...)
	},
	func(r *rand.Rand, b, other []byte) []byte { // a part comes from another file
		lo, hi := part(r, other)
		return slices.Insert(b, r.IntN(len(b)+1), other[lo:hi]...)
	},
	func(r *rand.Rand, b, _ []byte) []byte { // a part is erased
		lo, hi := part(r, b)
		for i := range b[lo:hi] {
			b[lo+i] = []byte{0, 0xff, ' ', '9'}[lo%4]
		}
		return b
	},
	func(r *rand.Rand, b, _ []byte) []byte { // a number is another one
		if len(b) < 8 {
			return b
		}
		v := numbers[r.IntN(len(numbers))]
		switch at := r.IntN(len(b) - 7); r.IntN(4) {
		case 0:
			binary.BigEndian.PutUint32(b[at:], uint32(v))
		case 1:
			binary.LittleEndian.PutUint32(b[at:], uint32(v))
		case 2:
			binary.BigEndian.PutUint64(b[at:], v)
		case 3:
			binary.LittleEndian.PutUint64(b[at:], v)
		}
		return b
	},
	func(r *rand.Rand, b, _ []byte) []byte { // something stands between
		return slices.Insert(b, r.IntN(len(b)+1), []byte(words[r.IntN(len(words))])...)
	},
}

// numbers are those at which sizes go wrong, words those at which texts do.
var (
	numbers = []uint64{0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1, 1<<64 - 8, 1 << 31, 3 << 30}
	words   = []string{"{", "}", "[", "]", "\"", "\\", ",", ":", "\n", "\r", "\t", "#", "'", "-", "0", "9999999999999999999", "99999999", "1e999", "-1", "null", "true", "NaN", "\x00", "\xff", "\xef\xbb\xbf", "\u2028", "&a", "*a", "!!", "|", "<<", "\\u0000", "\\ud800", "[[[[[[[[", "{\"a\":"}
)

// part returns the ends of a part of b, which may be empty.
func part(r *rand.Rand, b []byte) (lo, hi int) {
	lo = r.IntN(len(b) + 1)
	hi = lo + r.IntN(min(len(b)-lo, 1<<r.IntN(12))+1)
	return lo, hi
}
