// Command lgl trains neural-network classifiers from local to global, beside their baselines.
//
//  1. main calls execute, which parses the arguments (root.go) and turns an error into an exit code;
//  2. a command that trains or evaluates has package task make its settings concrete: data, network;
//  3. engines.go picks the engine, the only place that does;
//  4. the packages run, report and paper do the work;
//  5. output.go says what may be written where: results to stdout, progress to stderr.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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

// failed is what --json prints where there is no result.
type failed struct {
	Error    string `json:"error"`
	Hint     string `json:"hint,omitempty"`
	ExitCode int    `json:"exit_code"`
}

// fail reports err and returns its exit code.
func (a *app) fail(ctx context.Context, err error) int {
	f := a.failed(ctx, err)
	if f.ExitCode == exitInterrupted {
		a.say("lgl: interrupted")
	} else {
		a.screen.println(a.screen.red("lgl:") + " " + f.Error)
	}
	if f.Hint != "" {
		a.say("hint: " + f.Hint)
	}
	asked := a.json || !a.began && slices.Contains(a.args, "--json") // behind what is wrong flags are not read
	if asked && !a.stdout.wrote {
		_ = json.NewEncoder(a.stdout).Encode(f) // the error was told
	}
	return f.ExitCode
}

// failed says what there is to report of err.
func (a *app) failed(ctx context.Context, err error) failed {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return failed{Error: "interrupted", ExitCode: exitInterrupted}
	}
	f := failed{clean(strings.TrimSpace(err.Error())), cmp.Or(a.mistyped(err), failure.HintOf(err)), exitFailure}
	if !a.began || failure.IsUsage(err) {
		f.Hint, f.ExitCode = cmp.Or(f.Hint, fmt.Sprintf("see %s --help", a.command)), exitUsage
	}
	return f
}
