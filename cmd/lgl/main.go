// Command lgl trains neural-network classifiers from local to global, beside their baselines.
//
//  1. main calls execute, which parses the arguments (root.go) and turns an error into an exit code;
//  2. a command that trains or evaluates has package task make its settings concrete: data, network;
//  3. engines.go picks the engine, the only place that does;
//  4. the packages run, report and paper do the work;
//  5. output.go says what may be written where: results to stdout, progress to stderr.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 8)
	platform.NotifyStop(signals)
	go obey(signals, cancel)
	platform.FailLargeWrites()
	os.Exit(execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// obey cancels at the first signal, and ends the process at a second one: at once, since whatever is
// being written is not in its place before it is whole. Timeout(1) sends each signal twice, so one that
// follows the first within echo is the same.
func obey(signals <-chan os.Signal, cancel func()) {
	const echo = 500 * time.Millisecond
	<-signals
	first := time.Now()
	cancel()
	for range signals {
		if time.Since(first) > echo {
			os.Exit(exitInterrupted)
		}
	}
}

// execute runs lgl with the arguments and returns its exit code.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := newApp(stdout, stderr)
	root := a.root()
	a.args = args
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	a.screen.clear()
	if err == nil {
		err = a.stdout.failure()
	}
	if err == nil {
		return exitOK
	}
	if ctx.Err() == nil && beginsAgain(err) {
		a.beginAgain()
	}
	return a.fail(ctx, err)
}

// fail reports err and returns its exit code.
func (a *app) fail(ctx context.Context, err error) int {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		a.say("lgl: interrupted")
		return exitInterrupted
	}
	a.screen.println(a.screen.red("lgl:") + " " + clean(strings.TrimSpace(err.Error())))
	hint := failure.HintOf(err)
	if better := a.mistyped(err); better != "" {
		hint = better
	}
	if hint != "" {
		a.say("hint: " + hint)
	}
	if !a.began || failure.IsUsage(err) {
		if hint == "" {
			a.say(fmt.Sprintf("hint: see %s --help", a.command))
		}
		return exitUsage
	}
	return exitFailure
}
