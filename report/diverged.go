package report

import (
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
)

// mostDiverged is how many runs divergedNote names.
const mostDiverged = 3

// firstOf is the first epoch of a stage that has one.
func (r Run) firstOf(stage int) record.EpochEnded {
	k := slices.IndexFunc(r.Stages, func(s Stage) bool { return len(s.Epochs) > 0 && s.Epochs[0].Stage == stage })
	return r.Stages[k].Epochs[0]
}

// trainedBefore tells whether a stage of r began with weights that were trained.
func (r Run) trainedBefore(stage int) bool {
	return stage > 1 || r.Started.Extends != nil || r.Started.Model.InitSHA256 != ""
}

// divergedNote names the runs whose training diverged; "" where none did.
func divergedNote(all []*group) string {
	var names []string
	for _, g := range all {
		for _, r := range g.runs {
			classes := len(r.Started.Data.Classes)
			if last, ok := r.last(); ok && last.Diverged(r.firstOf(last.Stage), classes, r.trainedBefore(last.Stage)) {
				names = append(names, fmt.Sprintf("%s, seed %s (training loss %.3g; guessing has %.3g)", g.label, Seeds(r.Started), last.TrainLoss, record.Guessing(classes)))
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
