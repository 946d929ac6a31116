package curriculum

import (
	"fmt"
	"slices"
)

// Partition says how K classes are split into m groups.
type Partition string

const (
	// Even takes ceil(classes left / stages left) each time: K = 10, m = 4 gives 3, 3, 2, 2,
	// the split of the published numbers.
	Even Partition = "even"
	// Ceil takes ceil(K/m) each time and what is left last, the paper's words: 3, 3, 3, 1. For
	// some K and m that needs fewer than m groups (K = 10, m = 6: 2, 2, 2, 2, 2); then there
	// are fewer stages.
	Ceil Partition = "ceil"
)

// groupSizes returns the number of classes that enter at each stage of LGL with k classes and m
// stages.
func groupSizes(k, m int, p Partition) ([]int, error) {
	switch {
	case k < 2:
		return nil, fmt.Errorf("the data have %d class; a classifier needs at least 2", k)
	case m < 1 || m > k:
		return nil, fmt.Errorf("--stages %d: want 1 to %d, the number of classes", m, k)
	case p != Even && p != Ceil:
		return nil, fmt.Errorf("--partition %q: want even or ceil", p)
	}
	return split(k, m, p), nil
}

// growth is groupSizes for a run of m stages that takes known classes to k.
func growth(known, k, m int, p Partition) ([]int, error) {
	switch added := k - known; {
	case added < 1:
		return nil, fmt.Errorf("the data have %d classes and %d are known: none is left to enter", k, known)
	case m < 1 || m > added:
		return nil, fmt.Errorf("--stages %d: want 1 to %d, the number of new classes", m, added)
	}
	return split(k-known, m, p), nil
}

// split splits k classes into m groups.
func split(k, m int, p Partition) (sizes []int) {
	for left := k; left > 0; {
		size := ceilDiv(k, m)
		if p == Even {
			size = ceilDiv(left, m-len(sizes))
		}
		size = min(size, left)
		sizes = append(sizes, size)
		left -= size
	}
	return sizes
}

func ceilDiv[N int | int64](a, b N) N { return (a + b - 1) / b }

func sum[N int | float64](x []N) N {
	var total N
	for _, v := range x {
		total += v
	}
	return total
}

// spread returns the training samples of each class with those of the given classes spread evenly
// over these, the remainder too, and reports whether they all have the same number, so
// that it does not matter which of them enters when.
func spread(perClass, classes []int) (sizes []int, same bool) {
	total, n := 0, len(classes)
	for _, k := range classes {
		total += perClass[k]
	}
	sizes, same = slices.Clone(perClass), true
	for i, k := range classes {
		sizes[k] = total*(i+1)/n - total*i/n
		same = same && perClass[k] == perClass[classes[0]]
	}
	return sizes, same
}
