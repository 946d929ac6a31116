package report

import (
	"slices"
	"strings"
	"testing"
)

// diverge makes the last training loss of a run that of one that diverged.
func diverge(r Run) {
	epochs := r.Stages[len(r.Stages)-1].Epochs
	epochs[len(epochs)-1].TrainLoss = 5.3e8
}

// The notes of every table name the runs that diverged, of many the first; of others nothing is said.
func TestDivergedIsSaid(t *testing.T) {
	runs := known()
	tables := map[string]func() []string{
		"report": func() []string { return Notes(runs) }, "compare": func() []string { return Compare(runs).Methods.Notes },
		"results": func() []string { return Results(runs).Notes }, "basis": func() []string { return Basis(runs) },
	}
	says := func(want string) {
		t.Helper()
		for name, notes := range tables {
			if n := strings.Count(strings.Join(notes(), "\n"), "diverged"); want == "" && n > 0 || want != "" && (n != 1 || !slices.Contains(notes(), want)) {
				t.Errorf("%s: %q; want %q among them", name, notes(), want)
			}
		}
	}
	says("")
	diverge(runs[3])
	says("diverged, so that its accuracy says nothing of the method: baseline-equal, seed 1 (training loss 5.3e+08; guessing has 2.3). A smaller --lr helps.")
	for _, r := range runs[5:8] {
		diverge(r)
	}
	says("diverged, so that their accuracies say nothing of the methods: baseline-equal, seed 1 (training loss 5.3e+08; guessing has 2.3), " +
		"baseline-equal, seed 3 (training loss 5.3e+08; guessing has 2.3), LGL(r,3), seed 1 (training loss 5.3e+08; guessing has 2.3) and 1 more. A smaller --lr helps.")
}

// A damaged log may give the epochs of one stage the numbers of several.
func TestDivergedOfDamagedLog(t *testing.T) {
	runs := known()[:1]
	epochs := runs[0].Stages[0].Epochs
	epochs[len(epochs)-1].Stage = 7
	if notes := strings.Join(Notes(runs), "\n"); strings.Contains(notes, "diverged") {
		t.Error(notes)
	}
}
