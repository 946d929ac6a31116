package main

import (
	"os"

	"github.com/local-to-global/lgl/engine/xla"
	"github.com/local-to-global/lgl/internal/platform"
)

// againVariable is in the environment of a process that began again, which does so once.
const againVariable = "LGL_AGAIN"

// beginsAgain reports whether err is one that only another process can do without.
func beginsAgain(err error) bool { return xla.Restive(err) && os.Getenv(againVariable) == "" }

// beginAgain puts another process in the place of this one, which does the same, or goes on with its run. It returns where
// that cannot be.
func (a *app) beginAgain() {
	args := a.args
	if a.next != nil {
		args = a.next
	}
	a.say("xla: the fastest algorithms give other bits each time; begins again with others, which are somewhat slower")
	if err := platform.Replace(args, againVariable+"=1"); err != nil {
		a.say("it cannot begin again by itself: " + err.Error())
	}
}

// resumption are the arguments that go on with a run that began by others.
func (a *app) resumption(dir string, e every) []string {
	args := []string{"resume", "--checkpoint-every", e.String()}
	if a.json {
		args = append(args, "--json")
	}
	return append(args, "--", dir)
}
