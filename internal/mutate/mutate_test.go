package mutate

import (
	"bytes"
	"errors"
	"testing"

	"github.com/local-to-global/lgl/internal/seed"
)

// The damage is real, differs from file to file, and is the same again.
func TestDamaged(t *testing.T) {
	good := [][]byte{bytes.Repeat([]byte("0123456789"), 20), []byte("another"), nil}
	same, seen := 0, map[string]bool{}
	for i := range uint64(1000) {
		b := damaged(seed.Stream(1, "mutations", i), good)
		if !bytes.Equal(b, damaged(seed.Stream(1, "mutations", i), good)) {
			t.Fatalf("file %d is another the second time", i)
		}
		for _, g := range good {
			if bytes.Equal(b, g) {
				same++
			}
		}
		seen[string(b)] = true
	}
	if same > 0 || len(seen) < 700 || string(good[1]) != "another" {
		t.Errorf("of 1000 files %d are as they were, %d differ; the good one is %q", same, len(seen), good[1])
	}
}

var sink []byte

// What a reader takes is counted, also where it is freed at once.
func TestMeasure(t *testing.T) {
	taken, _ := measure(func() { sink = make([]byte, 1<<20); sink = make([]byte, 1<<20) })
	if taken < 2<<20 || taken > 3<<20 {
		t.Errorf("%d bytes for two of a million", taken)
	}
	Each(t, 1<<20, [][]byte{[]byte("abc")}, func(_ *testing.T, b []byte) error {
		if len(b) > 3 {
			return errors.New("too long")
		}
		return nil
	})
}
