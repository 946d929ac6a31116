package main

import (
	"fmt"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/run"
)

// warnUnfinished says that the network is that of a run that is not done: it may know only some of its classes, and takes
// what it does not know for one of these, as sure as ever.
func (a *app) warnUnfinished(s run.Saved) {
	if why, ok := stopped[s.Run.Status()]; ok {
		line := fmt.Sprintf("warning: %s %s %s: its network was trained on %d of %s",
			s.Run.Dir, why, inStage(len(s.Run.Stages), s.Run.Started.StagesPredicted), len(s.Meta.Trained), plural.Count(len(s.Meta.Classes), "class"))
		if s.Run.Status() == "interrupted" {
			line += "; lgl resume " + shell.Quoted(s.Run.Dir) + " goes on with it"
		}
		a.say(line)
	}
}

// stopped says in words of a run's status that it is not "done".
var stopped = map[string]string{
	"interrupted": "was interrupted", "failed": "failed", "unfinished": "is still running, or was killed,",
}

// inStage says where a run is; of is 0 in logs of earlier versions.
func inStage(stage, of int) string {
	if of == 0 {
		return fmt.Sprintf("in stage %d", stage)
	}
	return fmt.Sprintf("in stage %d of %d", stage, of)
}
