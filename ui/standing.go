package ui

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/report"
)

// enough seeds for a difference to be told from chance.
const enough = 3

// stand notes which of the groups on one test set is the best, where there are several, and how far the others are
// behind it.
func stand(groups []group, out []series) {
	best := map[string]int{} // by test set
	top1 := make([]map[string]float64, len(groups))
	for i, g := range groups {
		top1[i] = g.top1()
		if j, ok := best[g[0].tested]; len(top1[i]) > 0 && (!ok || better(top1[i], top1[j])) {
			best[g[0].tested] = i
		}
	}
	for i, g := range groups {
		if j, ok := best[g[0].tested]; ok && i != j && len(top1[i]) > 0 {
			out[i].Behind, out[j].Best = report.Paired(top1[i], top1[j]), true
		}
	}
}

// top1 is the accuracy at the end of the runs that are done, by their seeds: as in a report the mean of those of one
// seed that extend several networks.
func (g group) top1() map[string]float64 {
	each := map[string][]float64{}
	for _, t := range g {
		if v := float64(t.run.Top1Last); t.run.Status == "done" && !math.IsNaN(v) {
			each[t.seeds] = append(each[t.seeds], v)
		}
	}
	means := map[string]float64{}
	for seed, v := range each {
		means[seed] = stat.Mean(v, nil)
	}
	return means
}

// better says whether a has the higher accuracy; of two of which one has not enough seeds, whether it has more of them.
func better(a, b map[string]float64) bool {
	return cmp.Or(cmp.Compare(min(enough, len(a)), min(enough, len(b))), cmp.Compare(mid(a), mid(b))) > 0
}

// mid is the mean over seeds, in their order, so that it is the same to the bit each time.
func mid(bySeed map[string]float64) float64 {
	var all []float64
	for _, seed := range slices.Sorted(maps.Keys(bySeed)) {
		all = append(all, bySeed[seed])
	}
	return stat.Mean(all, nil)
}
