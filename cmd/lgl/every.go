package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// every is how often a run makes a checkpoint beside the ends of epochs and stages: after so many
// steps, or so much time. It is a flag's value.
type every struct {
	steps int
	time  time.Duration
}

// usually is how often without --checkpoint-every.
var usually = every{time: 10 * time.Minute}

// addEvery gives cmd --checkpoint-every.
func addEvery(cmd *cobra.Command) *every {
	e := usually
	cmd.Flags().Var(&e, "checkpoint-every", "make a checkpoint after so many `steps or time` (500, 10m), too, beside those at the ends of epochs and stages")
	return &e
}

func (e *every) String() string {
	if e.steps > 0 {
		return strconv.Itoa(e.steps)
	}
	return e.time.String()
}

func (e *every) Type() string { return "steps or time" }

// Set reads "500" or "10m".
func (e *every) Set(text string) error {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		*e = every{steps: n}
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		return fmt.Errorf("want a number of steps, as 500, or a time of at least a second, as 10m or 90s")
	}
	*e = every{time: d}
	return nil
}
