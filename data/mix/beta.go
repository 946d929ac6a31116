package mix

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// beta draws from Beta(a, a): x / (x + y), for x and y of Gamma(a). With a small a both may be 0 in
// float64 (gonum's Beta gives NaN then), so it goes by log(y / x): a draw of Gamma(a) is one of
// Gamma(a + 1) times u^(1/a), u uniform (Marsaglia and Tsang 2000, section 6), and -log u is
// exponential.
func beta(a float64, r *rand.Rand) float64 {
	g := distuv.Gamma{Alpha: a + 1, Beta: 1, Src: r}
	x, y := g.Rand(), g.Rand()
	return 1 / (1 + math.Exp(math.Log(y/x)+(r.ExpFloat64()-r.ExpFloat64())/a))
}
