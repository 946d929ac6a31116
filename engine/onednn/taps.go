package onednn

import "github.com/local-to-global/lgl/internal/dnnl"

// taps is the algorithm of this package, beside those of the library, for 3x3 convolutions over
// maps so small that most taps of the window fall on padding: over 2x2, 20 of 36 products of a
// tap and a position. It multiplies those that meet data, and no other. In a run of positions p
// the input lies at p + d, d being the tap's offset, and with W_t the weights of tap t [C O]
//
//	y[p] += x[p+d] W_t;  dx[p+d] += dy[p] W_t^T;  dW_t += x[p+d]^T dy[p]
//
// Each run is one matrix product, over all samples, in a layout where the run's rows lie one after
// another: positions before samples (forward, backward weights), or for the transposed product
// dx^T += W_t dy^T channels before positions before samples. Activations are converted to these
// layouts, which costs little beside the products; the weights lie so, tap by tap, in the slabs.
const taps dnnl.Alg = -1

// run is a stretch of n positions that a tap takes from a stretch of the input.
type run struct{ tap, in, out, n int }

// centre is the tap that meets data everywhere.
const centre = 4

// sparse reports whether taps is worth being timed: no more than two thirds of the products of a
// tap and a position meet data.
func (g conv) sparse() bool {
	h, w := g.in[1], g.in[2]
	return g.window == square(3, 1, 1) && (3*h-2)*(3*w-2) <= 6*h*w
}

// runs lists the runs of all taps, the centre first, which covers all positions.
func (g conv) runs() []run {
	runs := []run{{centre, 0, 0, g.in[1] * g.in[2]}}
	for tap := range 9 {
		if tap != centre {
			runs = append(runs, g.runsOf(tap)...)
		}
	}
	return runs
}

// runsOf lists the runs of a tap: one where it looks straight up or down, or else one a line.
func (g conv) runsOf(tap int) []run {
	h, w := g.in[1], g.in[2]
	dy, dx := tap/3-1, tap%3-1
	top, left := max(0, -dy), max(0, -dx)
	lines, width := h-abs(dy), w-abs(dx)
	if dx == 0 && lines > 0 {
		lines, width = 1, width*lines
	}
	var runs []run
	for l := 0; l < lines && width > 0; l++ {
		out := (top+l)*w + left
		runs = append(runs, run{tap, out + dy*w + dx, out, width})
	}
	return runs
}

func abs(x int) int { return max(x, -x) }

// unused lists the taps that meet padding only, whose gradient is zero.
func (g conv) unused() []int {
	var taps []int
	for tap := range 9 {
		if tap != centre && len(g.runsOf(tap)) == 0 {
			taps = append(taps, tap)
		}
	}
	return taps
}

// byPosition is the layout [H W N C] of an image [C H W] over the batch.
func (g conv) byPosition(image []int) (dnnl.Desc, error) {
	c, h, w := image[0], image[1], image[2]
	return dnnl.NewStrided([]int{g.n, c, h, w}, []int{c, 1, w * g.n * c, g.n * c})
}

// byChannel is the layout [C H W N].
func (g conv) byChannel(image []int) (dnnl.Desc, error) {
	c, h, w := image[0], image[1], image[2]
	return dnnl.NewStrided([]int{g.n, c, h, w}, []int{1, h * w * g.n, w * g.n, g.n})
}

// byTap is the layout [3 3 C O] of the weights.
func (g conv) byTap() (dnnl.Desc, error) {
	o, c := g.out[0], g.in[0]
	return dnnl.NewStrided([]int{o, c, 3, 3}, []int{1, o, 3 * c * o, c * o})
}
