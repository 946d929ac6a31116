package ui

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/local-to-global/lgl/internal/cluster"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/record"
)

// Classes that are ordered by a tree: it takes a distance for every pair.
const (
	mostOrdered = 2000
	fewClasses  = 12 // are one group
	mostGroups  = 20
	neighbourly = 5 // neighbours that are listed
)

// confusionView is a confusion matrix, its classes ordered so that those taken for each other stand
// near.
type confusionView struct {
	Stage   int         `json:"stage"`
	Classes []string    `json:"classes"` // in the order of display
	Order   []int       `json:"order"`
	Groups  []groupView `json:"groups"`
	Rows    [][3]int    `json:"rows"` // class, predicted class, test samples
	Total   int         `json:"total"`
}

// groupView is a branch of the tree of classes: a span of the order of display.
type groupView struct {
	Name string `json:"name"`
	From int    `json:"from"`
	To   int    `json:"to"`
}

// confusionOf returns the confusions at the end of a stage; "" is the last stage that has them.
func confusionOf(d *detail, stage string) (any, error) {
	s, err := d.confused(stage)
	if err != nil {
		return nil, err
	}
	k := len(d.started.Data.Classes)
	v := confusionView{Stage: s.started.Stage, Classes: []string{}, Groups: []groupView{}, Rows: s.cells(k)}
	for _, c := range v.Rows {
		v.Total += c[2]
	}
	for _, b := range ordered(v.Rows, k) {
		from := len(v.Order)
		v.Order = append(v.Order, b...)
		v.Groups = append(v.Groups, groupView{groupName(d.started.Data, b), from, len(v.Order)})
	}
	v.Classes = names(d.started.Data, v.Order)
	return v, nil
}

// confused returns the stage with a number, or the last with confusions.
func (d *detail) confused(number string) (*stage, error) {
	n, err := strconv.Atoi(number)
	if number != "" && err != nil {
		return nil, badRequest("stage %q: want a number", number)
	}
	for i := len(d.stages) - 1; i >= 0; i-- {
		if s := &d.stages[i]; s.confusion() != nil && (number == "" || s.started.Stage == n) {
			return s, nil
		}
	}
	return nil, notFound("the log has no confusions: they are written at the end of a stage, by newer versions of lgl")
}

// tested counts the test samples of each class by the last confusions.
func tested(d *detail) []int {
	s, err := d.confused("")
	if err != nil {
		return []int{}
	}
	counts := make([]int, len(d.started.Data.Classes))
	for _, c := range s.cells(len(counts)) {
		counts[c[0]] += c[2]
	}
	return counts
}

// balance is that of the test set by the last confusions; zero where there are none.
func balance(d *detail) metric.Balance {
	s, err := d.confused("")
	if err != nil {
		return metric.Balance{}
	}
	return metric.BalanceOf(s.cells(len(d.started.Data.Classes)))
}

// cells are those of the matrix of k classes at the end of the stage.
func (s *stage) cells(k int) [][3]int {
	rows := [][3]int{}
	for _, c := range s.confusion() {
		if valid(c, k) {
			rows = append(rows, c)
		}
	}
	return rows
}

// valid reports whether c is a cell of a matrix of k classes. Samples without a prediction (-1) have
// none.
func valid(c [3]int, k int) bool {
	return c[0] >= 0 && c[0] < k && c[1] >= 0 && c[1] < k && c[2] >= 0 && c[2] <= 1<<40
}

// ordered returns the classes by the branches of their tree, in one as they are where no class was taken
// for another.
func ordered(rows [][3]int, k int) [][]int {
	mistaken := func(c [3]int) bool { return c[0] != c[1] && c[2] > 0 }
	if k > mostOrdered || k > 0 && !slices.ContainsFunc(rows, mistaken) {
		all := make([]int, k)
		for i := range all {
			all[i] = i
		}
		return [][]int{all}
	}
	d := hellinger(rows, k)
	whole := cluster.Branches(d, 1)
	if k <= fewClasses {
		return whole
	}
	groups := min(mostGroups, int(math.Round(math.Sqrt(float64(k)))))
	return inOrder(whole[0], cluster.Branches(d, groups))
}

// inOrder sorts branches by where they stand in the whole tree.
func inOrder(leaves []int, branches [][]int) [][]int {
	place := make([]int, len(leaves))
	for i, k := range leaves {
		place[k] = i
	}
	slices.SortFunc(branches, func(a, b []int) int { return place[a[0]] - place[b[0]] })
	return branches
}

// hellinger returns [k k] how differently two classes are taken: the square of the Hellinger distance of their rows of
// the matrix, 1 - sum over p of sqrt(P(p|i) P(p|j)), 0..1. Classes are near that are taken for each
// other, and those that are taken for the same third one, which is all that there is while a network knows few.
func hellinger(rows [][3]int, k int) [][]float64 {
	total := totals(rows, k)
	type cell struct {
		class int
		root  float64
	}
	columns := make([][]cell, k)
	for _, c := range rows {
		if c[2] > 0 {
			columns[c[1]] = append(columns[c[1]], cell{c[0], math.Sqrt(float64(c[2]) / total[c[0]])})
		}
	}
	d := make([][]float64, k)
	for i := range d {
		d[i] = slices.Repeat([]float64{1}, k)
	}
	for _, column := range columns {
		for _, a := range column {
			for _, b := range column {
				d[a.class][b.class] -= a.root * b.root
			}
		}
	}
	for i := range d {
		for j := range d {
			d[i][j] = max(0, d[i][j]) // but for rounding
		}
	}
	return d
}

// totals returns the test samples of each class.
func totals(rows [][3]int, k int) []float64 {
	total := make([]float64, k)
	for _, c := range rows {
		total[c[0]] += float64(c[2])
	}
	return total
}

// rates returns [k k] how often two classes are taken for each other: the mean of the shares of the
// samples of either that are taken for the other, 0..1.
func rates(rows [][3]int, k int) [][]float64 {
	r, total := make([][]float64, k), totals(rows, k)
	for i := range r {
		r[i] = make([]float64, k)
	}
	for _, c := range rows {
		if c[0] != c[1] && total[c[0]] > 0 {
			share := float64(c[2]) / total[c[0]] / 2
			r[c[0]][c[1]] += share
			r[c[1]][c[0]] += share
		}
	}
	return r
}

// groupName names a branch by its first class.
func groupName(classes record.Data, branch []int) string {
	first := classes.Class(branch[0])
	if len(branch) == 1 {
		return first
	}
	return fmt.Sprintf("%s and %d more", first, len(branch)-1)
}

// neighbours are the classes that one is taken for most, and least.
type neighbours struct {
	Class    int     `json:"class"`
	Nearest  []score `json:"nearest"`
	Farthest []score `json:"farthest"`
}

// score is a class and the rate of its confusions with another.
type score struct {
	Class int    `json:"class"`
	Score number `json:"score"`
}

// nearestOf lists the neighbours of each class by the last confusions that the log has. What was
// never confused is near to nothing, and only a rank that is not shared with a class left out says
// something: of many classes that were never confused with one, none is the farthest.
func nearestOf(d *detail) []neighbours {
	all := []neighbours{}
	s, err := d.confused("")
	k := len(d.started.Data.Classes)
	if err != nil || k > mostOrdered {
		return all
	}
	for i, row := range rates(s.cells(k), k) {
		var others []score
		for j, rate := range row {
			if j != i {
				others = append(others, score{j, number(rate)})
			}
		}
		all = append(all, neighbours{i, most(others), least(others)})
	}
	return all
}

// most returns the others with the highest rates, which are more than 0.
func most(others []score) []score {
	slices.SortStableFunc(others, func(a, b score) int { return cmp.Compare(b.Score, a.Score) })
	n := 0
	for n < min(neighbourly, len(others)) && others[n].Score > 0 {
		n++
	}
	return slices.Clone(others[:n:n])
}

// least returns the others with the lowest rates, up to where one that is left out has the same.
func least(others []score) []score {
	slices.SortStableFunc(others, func(a, b score) int { return cmp.Compare(a.Score, b.Score) })
	n := min(neighbourly, len(others))
	for n > 0 && n < len(others) && others[n].Score == others[n-1].Score {
		n--
	}
	return append([]score{}, others[:n]...)
}
