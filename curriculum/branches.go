package curriculum

// Branches returns the branches of the tree that Ward's linkage makes of n points by the squares of their
// distances, [n n] and symmetric, when it is cut so that there are so many: each with its points in the
// order of the tree's leaves. One branch is the whole tree, in which what is near stands near.
//
// Ward's linkage joins the two clusters whose union adds least to the sum of squares of the points' distances
// from the means of their clusters (Ward 1963). Branches are of like size even where the points have
// hardly any structure, of which average linkage makes one branch of nearly all and many of one.
func Branches(squares [][]float64, branches int) [][]int {
	n := len(squares)
	if n == 0 {
		return nil
	}
	d := make([][]float64, n)
	for i, row := range squares {
		d[i] = append([]float64{}, row...)
	}
	return cut(linkage(d, ward), n, max(1, min(branches, n)))
}

// ward makes b part of a: d(a+b, j), twice what joining j to both would add to the sum of squares, by Lance and
// Williams' formula.
func ward(d [][]float64, size []float64, a, b int) {
	apart := d[a][b]
	for j, s := range size {
		d[a][j] = ((size[a]+s)*d[a][j] + (size[b]+s)*d[b][j] - s*apart) / (size[a] + size[b] + s)
		d[j][a] = d[a][j]
	}
	size[a] += size[b]
	size[b] = 0
}
