package metric

import "math"

// Confusion counts predictions by label.
type Confusion struct{ counts [][]int }

// NewConfusion returns an empty confusion matrix of k classes. Its last column, k, counts samples
// without a prediction (logits that were NaN).
func NewConfusion(k int) *Confusion {
	c := &Confusion{counts: make([][]int, k)}
	for i := range c.counts {
		c.counts[i] = make([]int, k+1)
	}
	return c
}

// Add counts one sample; predicted -1 stands for none.
func (c *Confusion) Add(label, predicted int) {
	if predicted < 0 {
		predicted = len(c.counts)
	}
	c.counts[label][predicted]++
}

// Counts returns the matrix: row label, column prediction.
func (c *Confusion) Counts() [][]int {
	rows := make([][]int, len(c.counts))
	for i, row := range c.counts {
		rows[i] = row[:len(c.counts)]
	}
	return rows
}

// Samples returns how many samples were counted.
func (c *Confusion) Samples() int {
	total := 0
	for i := range c.counts {
		total += c.of(i)
	}
	return total
}

// Top1 returns the share of samples whose prediction is their label, 0..1; NaN without samples.
func (c *Confusion) Top1() float64 {
	right := 0
	for i, row := range c.counts {
		right += row[i]
	}
	return ratio(right, c.Samples())
}

// PerClass returns, for each class, the share of its samples that were right (recall); NaN for a
// class without samples.
func (c *Confusion) PerClass() []float64 {
	shares := make([]float64, len(c.counts))
	for i, row := range c.counts {
		shares[i] = ratio(row[i], c.of(i))
	}
	return shares
}

// of returns the number of samples with the label.
func (c *Confusion) of(label int) int {
	total := 0
	for _, n := range c.counts[label] {
		total += n
	}
	return total
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return float64(part) / float64(whole)
}
