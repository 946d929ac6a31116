package sink

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
)

// most is how many classes a note lists; of more it says how many there are.
const most = 50

// noteStarted says which classes a stage trains, and why these.
func (r *Reader) noteStarted(e record.StageStarted) *Note {
	of := plural.Count(len(r.Run.Data.Classes), "class")
	lines := []string{fmt.Sprintf("%d of %s, %s an epoch", len(e.Classes), of, plural.Count(e.Samples, "sample"))}
	if len(e.New) > 0 {
		lines = append(lines, "new: "+r.names(e.New))
	}
	if e.Note != "" {
		lines = append(lines, e.Note)
	}
	if len(e.Scores) > 0 {
		lines = append(lines, "H(T|X) of the candidates, in nats: "+r.values(e.Scores, "%.3f"))
	}
	return &Note{fmt.Sprintf("stage %d", e.Stage), r.Step, strings.Join(lines, "\n")}
}

// stageEnded says how a stage ended, and what the network knows of each class.
func (r *Reader) stageEnded(e record.StageEnded) *Note {
	lines := []string{fmt.Sprintf("%s, until: %s", plural.Count(e.Epochs, "epoch"), e.Reason)}
	if len(e.Top1ByClass) > 0 {
		lines = append(lines, "top-1 on the test set: "+r.values(e.Top1ByClass, "%.2f"))
	}
	return &Note{fmt.Sprintf("stage %d ended", e.Stage), r.Step, strings.Join(lines, "\n")}
}

// names lists classes by name.
func (r *Reader) names(classes []int) string {
	var names []string
	for _, k := range classes {
		names = append(names, r.Run.Data.Class(k))
	}
	return plural.List(names, most)
}

// values lists classes with a value each, the largest first.
func (r *Reader) values(by map[int]float64, format string) string {
	order := slices.SortedFunc(maps.Keys(by), func(a, b int) int {
		return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b))
	})
	var names []string
	for _, k := range order {
		names = append(names, fmt.Sprintf("%s: "+format, r.Run.Data.Class(k), by[k]))
	}
	return plural.List(names, most)
}
