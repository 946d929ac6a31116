package main

import (
	"os"
	"strconv"

	"github.com/local-to-global/lgl/engine/xla"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/shell"
)

// againVariable is the number of times that a process began again, in its environment.
const againVariable = "LGL_AGAIN"

// mostAgain is how often: once for each network of a suite, and not forever.
const mostAgain = 9

// times is how often this process began again.
func times() int {
	n, _ := strconv.Atoi(os.Getenv(againVariable)) // "": it did not
	return n
}

// beginsAgain reports whether err is one that only another process can do without.
func beginsAgain(err error) bool { return xla.Restive(err) && times() < mostAgain }

// beginAgain puts another process in the place of this one, which does the same, or goes on with its run. It returns where
// that cannot be.
func (a *app) beginAgain() {
	args := a.args
	if a.next != nil {
		args = a.next
	}
	a.say("xla: the fastest algorithms give other bits each time; begins again with others, which are somewhat slower")
	err := os.Setenv(againVariable, strconv.Itoa(times()+1))
	if err == nil {
		err = platform.Replace(args)
	}
	a.say("it cannot begin again by itself: " + err.Error())
	if a.next != nil { // whose last word is the run
		a.say("go on with: lgl resume " + shell.Quoted(args[len(args)-1]))
	}
}

// resumption are the arguments that go on with a run that began by others.
func (a *app) resumption(dir string, e every) []string {
	args := []string{"resume", "--checkpoint-every", e.String()}
	if a.json {
		args = append(args, "--json")
	}
	if server := a.outlets.MLflow; server != "" { // what the run knows of it has no credentials
		args = append(args, "--mlflow", server)
	}
	return append(args, "--", dir)
}
