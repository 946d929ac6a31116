package metric

import (
	"math"
	"slices"
)

// Confusion counts predictions by label. Its size is that of the pairs that occur, so that it
// also serves data of very many classes.
type Confusion struct {
	samples, right []int // by label
	pairs          map[pair]int
}

// pair is a label and what was predicted for it, -1 for nothing.
type pair struct{ label, predicted int }

// NewConfusion returns an empty confusion matrix of k classes.
func NewConfusion(k int) *Confusion {
	return &Confusion{make([]int, k), make([]int, k), map[pair]int{}}
}

// Add counts one sample, label 0..k-1; predicted -1 stands for no prediction (logits that are
// NaN), which is counted as wrong.
func (c *Confusion) Add(label, predicted int) {
	c.samples[label]++
	if predicted == label {
		c.right[label]++
	}
	c.pairs[pair{label, predicted}]++
}

// Counts returns the matrix [k k]: row label, column prediction. Samples without a prediction
// are in none of its columns.
func (c *Confusion) Counts() [][]int {
	rows := make([][]int, len(c.samples))
	for i := range rows {
		rows[i] = make([]int, len(c.samples))
	}
	for _, cell := range c.Cells() {
		rows[cell[0]][cell[1]] = cell[2]
	}
	return rows
}

// Cells returns the cells of the matrix that are not 0, each as label, prediction and count, in the
// order of labels and then of predictions.
func (c *Confusion) Cells() [][3]int {
	cells := make([][3]int, 0, len(c.pairs))
	for p, n := range c.pairs {
		if p.predicted >= 0 {
			cells = append(cells, [3]int{p.label, p.predicted, n})
		}
	}
	slices.SortFunc(cells, func(a, b [3]int) int { return slices.Compare(a[:], b[:]) })
	return cells
}

// Samples returns how many samples were counted.
func (c *Confusion) Samples() int { return sum(c.samples) }

// Top1 returns the share of samples whose prediction is their label, 0..1; NaN without samples.
func (c *Confusion) Top1() float64 { return ratio(sum(c.right), sum(c.samples)) }

// Top1Interval returns Wilson(right, samples) of Top1.
func (c *Confusion) Top1Interval() (low, high float64) { return Wilson(sum(c.right), sum(c.samples)) }

// Wilson returns the 95% interval of a share of which right of n independent samples were seen: all that n alone allows
// to say of it. It is the score interval, without continuity correction (E. B. Wilson, Probable inference, the law of
// succession, and statistical inference, J. Am. Stat. Assoc. 22, 1927, 209-212), which also holds near 0 and 1; NaN
// without samples.
func Wilson(right, n int) (low, high float64) {
	const z = 1.959963984540054 // of the normal distribution, 2.5% lie above
	p, size := ratio(right, n), float64(n)
	centre := p + z*z/(2*size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	whole := 1 + z*z/size
	return max(0, (centre-half)/whole), min(1, (centre+half)/whole)
}

// PerClass returns, for each class, the share of its samples that were right (recall); NaN for a
// class without samples.
func (c *Confusion) PerClass() []float64 {
	shares := make([]float64, len(c.samples))
	for k, n := range c.samples {
		shares[k] = ratio(c.right[k], n)
	}
	return shares
}

func sum(counts []int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// ratio returns part/whole, NaN for a whole of nothing.
func ratio(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return float64(part) / float64(whole)
}
