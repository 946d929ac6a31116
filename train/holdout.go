package train

import (
	"fmt"
	"math"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/seed"
)

// HoldOut sets a fraction of the samples of src aside, drawn at random in proportion from every
// class; s is the seed of the data order. A fraction of 0 holds out nothing: validation is nil.
func HoldOut(src data.Source, fraction float64, s uint64) (train, validation data.Source, err error) {
	if fraction == 0 {
		return src, nil, nil
	}
	n := int(math.Round(fraction * float64(src.Len())))
	held, err := data.Stratified(src, n, seed.Stream(s, "validation"))
	if err != nil {
		return nil, nil, fmt.Errorf("--val-fraction %v: %w", fraction, err)
	}
	kept := slices.DeleteFunc(all(src.Len()), func(i int) bool { _, out := slices.BinarySearch(held, i); return out })
	train, validation = data.Subset(src, kept), data.Subset(src, held)
	for _, part := range []data.Source{train, validation} {
		if _, err := PerClass(data.Labels(part), src.Classes()); err != nil {
			return nil, nil, fmt.Errorf("--val-fraction %v of %d samples: %d held out, %d kept: in one of the parts %w",
				fraction, src.Len(), len(held), len(kept), err)
		}
	}
	return train, validation, nil
}
