package augment

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/local-to-global/lgl/data"
)

// Measure returns the mean and the population standard deviation of every channel over all
// samples and pixels: what Normalize wants. Samples of shape [F] have F channels. A channel that
// never varies gets deviation 1, so that it normalises to zero.
func Measure(ctx context.Context, src data.Source) (mean, std []float32, err error) {
	if src.Len() == 0 {
		return nil, nil, errors.New("the data has no samples to measure")
	}
	channels := src.Shape()[0]
	m := moments{
		n:      float64(src.Len()) * float64(data.Size(src.Shape())/channels),
		sum:    make([]float64, channels),
		square: make([]float64, channels),
	}
	if pixels, ok := src.(data.Pixels); ok {
		err = m.addPixels(ctx, pixels)
	} else {
		err = m.addSamples(ctx, src)
	}
	if err != nil {
		return nil, nil, err
	}
	return m.result()
}

// moments are sums over n values per channel, of v - shift and its square.
type moments struct {
	n                  float64
	shift, sum, square []float64
}

// addPixels sums bytes, less their channel's first byte, in integers, which is exact.
func (m *moments) addPixels(ctx context.Context, src data.Pixels) error {
	plane := data.Size(src.Shape()) / len(m.sum)
	first := make([]int64, len(m.sum))
	sum, square := make([]int64, len(m.sum)), make([]int64, len(m.sum))
	for c := range first {
		first[c] = int64(src.Pixels(0)[c*plane])
	}
	for i := range src.Len() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for c := range sum {
			var s, q int64
			for _, b := range src.Pixels(i)[c*plane:][:plane] {
				d := int64(b) - first[c]
				s += d
				q += d * d
			}
			sum[c] += s
			square[c] += q
		}
	}
	for c := range sum {
		m.shift = append(m.shift, float64(first[c])/255)
		m.sum[c], m.square[c] = float64(sum[c])/255, float64(square[c])/(255*255)
	}
	return nil
}

// addSamples sums values less their channel's first value, so that squares of large, nearly equal
// values do not cancel.
func (m *moments) addSamples(ctx context.Context, src data.Source) error {
	const batch = 64
	l, err := data.NewLoader(src, nil, batch, 0) // for its workers: a sample may have to be decoded
	if err != nil {
		return err
	}
	size := data.Size(src.Shape())
	plane := size / len(m.sum)
	for b, err := range l.Epoch(ctx, data.All(src), nil, 0) {
		if err != nil {
			return err
		}
		for j, v := range b.X {
			c := j % size / plane
			if len(m.shift) <= c {
				m.shift = append(m.shift, float64(v))
			}
			d := float64(v) - m.shift[c]
			m.sum[c] += d
			m.square[c] += d * d
		}
	}
	return nil
}

// result turns the sums into means and deviations.
func (m *moments) result() (mean, std []float32, err error) {
	for c := range m.sum {
		d := m.sum[c] / m.n
		mu, variance := m.shift[c]+d, m.square[c]/m.n-d*d
		if math.IsNaN(variance) || math.IsInf(variance, 0) {
			return nil, nil, fmt.Errorf("channel %d: the data holds values that are not finite", c)
		}
		sigma := math.Sqrt(max(variance, 0))
		if float32(sigma) == 0 {
			sigma = 1
		}
		mean, std = append(mean, float32(mu)), append(std, float32(sigma))
	}
	return mean, std, nil
}
