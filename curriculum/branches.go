package curriculum

// Branches returns the branches of the tree that average linkage makes of n things by their
// distances, [n n] and symmetric, when it is cut so that there are so many: each with its things in
// the order of the tree's leaves. One branch is the whole tree, in which what is near stands near.
func Branches(distances [][]float64, branches int) [][]int {
	n := len(distances)
	if n == 0 {
		return nil
	}
	d := make([][]float64, n)
	for i, row := range distances {
		d[i] = append([]float64{}, row...)
	}
	return cut(linkage(d), n, max(1, min(branches, n)))
}
