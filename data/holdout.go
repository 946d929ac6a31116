package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/local-to-global/lgl/internal/seed"
)

// HoldOut sets a fraction of the samples of src aside, drawn at random in proportion from every
// class; s is the seed of the data order. A fraction of 0 holds out nothing: validation is nil.
func HoldOut(src Source, fraction float64, s uint64) (train, validation Source, err error) {
	if fraction == 0 {
		return src, nil, nil
	}
	n := int(math.Round(fraction * float64(src.Len())))
	held, err := Stratified(src, n, seed.Stream(s, "validation"))
	if err != nil {
		return nil, nil, fmt.Errorf("--val-fraction %v: %w", fraction, err)
	}
	kept := slices.DeleteFunc(All(src), func(i int) bool { _, out := slices.BinarySearch(held, i); return out })
	train, validation = Subset(src, kept), Subset(src, held)
	for _, part := range []Source{train, validation} {
		if err := CheckEveryClass(part); err != nil {
			return nil, nil, fmt.Errorf("--val-fraction %v of %d samples: %d held out, %d kept: in one of the parts %w",
				fraction, src.Len(), len(held), len(kept), err)
		}
	}
	return train, validation, nil
}
