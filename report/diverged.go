package report

import (
	"fmt"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
)

// mostDiverged is how many runs divergedNote names.
const mostDiverged = 3

// diverged tells whether the last epoch of r is one after which training has diverged.
func (r Run) diverged() bool {
	last, ok := r.last()
	trained := last.Stage > 1 || r.Started.Extends != nil || r.Started.Model.InitSHA256 != ""
	return ok && last.Diverged(r.lastEpochs()[0], len(r.Started.Data.Classes), trained)
}

// divergedNote names the runs whose training diverged; "" where none did.
func divergedNote(all []*group) string {
	var names []string
	for _, g := range all {
		for _, r := range g.runs {
			if r.diverged() {
				last, _ := r.last()
				names = append(names, fmt.Sprintf("%s, seed %s (training loss %.3g; guessing has %.3g)", g.label, Seeds(r.Started), last.TrainLoss, record.Guessing(len(r.Started.Data.Classes))))
			}
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "diverged, so that its accuracy says nothing of the method: " + names[0] + ". A smaller --lr helps."
	}
	return "diverged, so that their accuracies say nothing of the methods: " + plural.List(names, mostDiverged) + ". A smaller --lr helps."
}
