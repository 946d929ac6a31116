package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/internal/shell"
)

// Life is what is known of a run that is not done beside its log, which does not tell.
type Life int

// What a run can be. Load leaves it at Unknown.
const (
	Unknown   Life = iota // a process may be at work on it or not
	Working               // one is
	Stopped               // none is
	Resumable             // none is, and lgl resume goes on with the run
)

// leftOut names the runs of g that do not count, and says why.
func (g *group) leftOut() (notes []string) {
	for _, r := range g.runs {
		if r.Status() != "done" {
			notes = append(notes, g.named(r)+": left out: "+unfinished(r)+"."+reached(r))
		}
	}
	for _, r := range g.passed {
		if n := g.twice(r, g.runs[g.index[Sample(r.Started)]]); !slices.Contains(notes, n) {
			notes = append(notes, n)
		}
	}
	return notes
}

// twice says why r does not count beside the run of the same settings and seed that stands for both.
func (g *group) twice(r, stands Run) string {
	alike := "the settings and seed of " + stands.Dir
	switch {
	case filepath.Clean(r.Dir) == filepath.Clean(stands.Dir):
		return g.named(r) + ": given more than once; it counts once."
	case r.Status() == "done":
		return fmt.Sprintf("%s, seed %s: %s has %s; %s counts, the latest that is finished.", g.label, Seeds(r.Started), r.Dir, alike, stands.Dir)
	}
	which := ", which counts"
	if stands.Status() != "done" {
		which = ", which is not finished either"
	}
	return fmt.Sprintf("%s: left out: %s.%s It has %s%s.", g.named(r), unfinished(r), reached(r), alike, which)
}

// named is a run by its label, its seed, and its directory where it has one.
func (g *group) named(r Run) string { return told(", ", g.label, "seed "+Seeds(r.Started), r.Dir) }

// unfinished says what became of a run that is not done, and how it goes on where it can.
func unfinished(r Run) string {
	if r.Life == Resumable && !r.notFinite() {
		return stop(r) + "; lgl resume " + shell.Quoted(r.Dir) + " goes on"
	}
	return stop(r)
}

// stop says how and where a run stopped that is not done. Of an interruption the reason is the name of what it broke off.
func stop(r Run) string {
	where := "before its first stage"
	if n := len(r.Stages); n > 0 {
		where = fmt.Sprintf("in stage %d", r.Stages[n-1].Started.Stage)
	}
	switch status := r.Status(); {
	case status == "unfinished":
		return map[Life]string{Working: "still running, ", Stopped: "killed ", Resumable: "killed ", Unknown: "still running or killed, "}[r.Life] + where
	case status == "interrupted" || r.Ended.Reason == "":
		return status + " " + where
	}
	return r.Status() + " (" + strings.TrimPrefix(r.Ended.Reason, r.Status()+": ") + ")"
}

// notFinite tells a run that ended with a step that was not finite, to which lgl resume would come again.
func (r Run) notFinite() bool {
	if len(r.Stages) == 0 {
		return false
	}
	end := r.Stages[len(r.Stages)-1].Ended
	return end != nil && end.Reason == "not-finite"
}

// reached says what the last epoch of a run came to that is not done; "" where none was tested.
func reached(r Run) string {
	last, ok := r.last()
	if !ok || last.Test == nil {
		return ""
	}
	return fmt.Sprintf(" Its top-1 was %s %% after epoch %d.", percent(last.Test.Top1), last.Epoch)
}
