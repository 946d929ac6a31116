package data

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Labels returns the label of every sample.
func Labels(src Source) []int {
	labels := make([]int, src.Len())
	for i := range labels {
		labels[i] = src.Label(i)
	}
	return labels
}

// All returns the indices of all samples of src, 0..N-1.
func All(src Source) []int {
	indices := make([]int, src.Len())
	for i := range indices {
		indices[i] = i
	}
	return indices
}

// PerClass returns the number of samples of each class, [K].
func PerClass(src Source) []int {
	n := make([]int, len(src.Classes()))
	for i := range src.Len() {
		n[src.Label(i)]++
	}
	return n
}

// CheckLabels reports a label that is no index into the classes.
func CheckLabels(src Source) error {
	k := len(src.Classes())
	for i := range src.Len() {
		if label := src.Label(i); label < 0 || label >= k {
			return fmt.Errorf("sample %d: label %d; want 0..%d", i, label, k-1)
		}
	}
	return nil
}

// CheckEveryClass reports a class without samples, which could neither be trained nor scored, and a
// label of no class.
func CheckEveryClass(src Source) error {
	if err := CheckLabels(src); err != nil {
		return err
	}
	if k := slices.Index(PerClass(src), 0); k >= 0 {
		return fmt.Errorf("class %q has no training samples; leave it out of the data or add some", src.Classes()[k])
	}
	return nil
}

// Shuffle puts the indices in a random order, in place.
func Shuffle(indices []int, r *rand.Rand) {
	r.Shuffle(len(indices), func(i, j int) { indices[i], indices[j] = indices[j], indices[i] })
}

// Subset returns the source of the given samples of src, in that order; index i of the subset is
// indices[i] of src. It keeps the classes of src, also those that have no sample left, and panics
// on an index that src does not have.
func Subset(src Source, indices []int) Source {
	for _, i := range indices {
		if i < 0 || i >= src.Len() {
			panic(fmt.Sprintf("data.Subset: index %d; the source has %d samples", i, src.Len()))
		}
	}
	s := subset{src, slices.Clone(indices)}
	switch p := src.(type) {
	case Pixels:
		return pixelSubset{s, p}
	case Pictures:
		return pictureSubset{s, p}
	}
	return s
}

type subset struct {
	Source
	index []int
}

func (s subset) Len() int                          { return len(s.index) }
func (s subset) Label(i int) int                   { return s.Source.Label(s.index[i]) }
func (s subset) Sample(i int, dst []float32) error { return s.Source.Sample(s.index[i], dst) }

// pixelSubset is a subset of a source that holds bytes.
type pixelSubset struct {
	subset
	pixels Pixels
}

func (s pixelSubset) Pixels(i int) []byte { return s.pixels.Pixels(s.index[i]) }

// Spread returns n indices that lie evenly in 0..of-1; where n is more than of, some are there more than once.
func Spread(n, of int) []int {
	some := make([]int, n)
	for i := range some {
		some[i] = i * of / n
	}
	return some
}

// Stratified draws the indices of n samples of src at random, each class in proportion to its
// share, and returns them sorted. Class k of n_k samples gives n n_k / N of them, rounded down;
// what is left goes to the classes with the largest remainders, one each, ties to the first.
func Stratified(src Source, n int, r *rand.Rand) ([]int, error) {
	if n < 1 || n > src.Len() {
		return nil, fmt.Errorf("a subset of %d samples; want 1..%d", n, src.Len())
	}
	if err := CheckLabels(src); err != nil {
		return nil, err
	}
	members := make([][]int, len(src.Classes()))
	for i := range src.Len() {
		members[src.Label(i)] = append(members[src.Label(i)], i)
	}
	var chosen []int
	for k, quota := range quotas(members, n, src.Len()) {
		Shuffle(members[k], r)
		chosen = append(chosen, members[k][:quota]...)
	}
	slices.Sort(chosen)
	return chosen, nil
}

// quotas splits n over the classes by the largest-remainder method (Hamilton's).
func quotas(members [][]int, n, total int) []int {
	quota := make([]int, len(members))
	remainder := make([]int, len(members))
	order := make([]int, len(members))
	left := n
	for k, m := range members {
		quota[k], remainder[k] = n*len(m)/total, n*len(m)%total
		left -= quota[k]
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(remainder[b], remainder[a]) })
	for _, k := range order[:left] {
		quota[k]++
	}
	return quota
}
