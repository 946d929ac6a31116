package ui

import "slices"

// cut leaves the points from one place to another, and one more on each side, so that lines go on to
// the edge.
func (c *series) cut(from, to float64) {
	first, _ := slices.BinarySearch(c.X, from)
	behind, is := slices.BinarySearch(c.X, to)
	if is {
		behind++
	}
	first, behind = max(0, first-1), min(len(c.X), behind+1)
	if first > behind {
		first = behind
	}
	c.X, c.Y = c.X[first:behind], c.Y[first:behind]
	if c.Low != nil {
		c.Low, c.High = c.Low[first:behind], c.High[first:behind]
	}
}

// thin leaves at most most points of a curve: of each stretch of it the lowest and the highest, and
// one gap if there are any, so that no peak is lost, and where there are gaps one is seen; and the first
// and the last.
func (c *series) thin(most int) {
	if len(c.X) <= most {
		return
	}
	keep := thinned(c.Y, most)
	c.X, c.Y = at(c.X, keep), at(c.Y, keep)
	c.Low, c.High = at(c.Low, keep), at(c.High, keep)
}

// thinned returns the indices of the points to keep, ascending.
func thinned(y []float32, most int) (keep []int) {
	last := len(y) - 1
	stretches := (most - 2) / 3
	keep = append(keep, 0)
	for k := range stretches {
		from, to := 1+k*(last-1)/stretches, 1+(k+1)*(last-1)/stretches
		keep = append(keep, marks(y[from:to], from)...)
	}
	return append(keep, last)
}

// marks returns the indices, from an offset on, of the lowest value, the highest, and the last gap.
func marks(y []float32, offset int) (kept []int) {
	low, high, gap := -1, -1, -1
	for i, v := range y {
		switch {
		case v != v:
			gap = i
		case low < 0:
			low, high = i, i
		case v < y[low]:
			low = i
		case v > y[high]:
			high = i
		}
	}
	for _, i := range []int{low, high, gap} {
		if i >= 0 {
			kept = append(kept, offset+i)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// at returns the elements of s at the indices, nil for none.
func at[T any](s []T, indices []int) []T {
	if s == nil {
		return nil
	}
	out := make([]T, len(indices))
	for i, k := range indices {
		out[i] = s[k]
	}
	return out
}
