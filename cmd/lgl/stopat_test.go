package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// stopAt is the program `stopat SIGNAL EPOCHS RUN PROGRAM ARG...` of the scripts: it sends PROGRAM the signal
// once the log of RUN has so many epochs more than it had, however fast the machine is, and exits as
// PROGRAM does, with 128 + SIGNAL if that ended it.
func stopAt() {
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "KILL": syscall.SIGKILL}
	epochs, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	log := filepath.Join(os.Args[3], "events.jsonl")
	until := epochsIn(log) + epochs
	cmd := exec.Command(os.Args[4], os.Args[5:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			os.Exit(exitCode(err))
		case <-time.After(2 * time.Millisecond):
			if until >= 0 && epochsIn(log) >= until {
				_ = cmd.Process.Signal(signals[os.Args[1]]) // it may have ended
				until = -1
			}
		}
	}
}

// epochsIn counts the epochs in a log; 0 where there is none.
func epochsIn(log string) int {
	text, _ := os.ReadFile(log)
	return bytes.Count(text, []byte(`"type":"epoch_ended"`))
}

// exitCode is that of a program that ended with err, as a shell gives it.
func exitCode(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0
	}
	if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return exit.ExitCode()
}
