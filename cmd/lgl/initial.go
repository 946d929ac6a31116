package main

import (
	"fmt"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/nn"
)

// initial are weights to begin with, from a file or a run that goes on; zero where they are drawn.
type initial struct {
	state nn.State
	sum   string // SHA-256 of the file of --init
}

// readInitial takes those of the run that is extended, or reads the file of --init, if it is one, holds it to the network, and says what of it is
// not taken. A run that goes on from a checkpoint has its weights there, and needs the file no more.
func (t task) readInitial(say func(string)) (i initial, err error) {
	if t.base != nil {
		i.state, err = t.grown()
		return i, err
	}
	path := t.config.InitFile()
	if path == "" {
		return i, nil
	}
	if i.state, i.sum, err = checkpoint.LoadTensors(path); err != nil {
		return i, &usageError{fmt.Errorf("--init: %w", err)}
	}
	if bad := i.state.NotFinite(); bad != "" {
		return i, &usageError{fmt.Errorf("--init %s: tensor %s holds NaN or infinite values; give other weights", path, bad)}
	}
	classes, err := t.net.Adopts(i.state)
	if err != nil {
		return i, t.misfit(i.state, &usageError{fmt.Errorf("--init %s: %w", path, err)})
	}
	if classes > 0 {
		say(fmt.Sprintf("the head in %s is for %s; the data have %d, so it is drawn anew", path, plural.Count(classes, "class"), t.net.Classes))
	}
	return i, nil
}

// misfit adds to the error that the weights s do not fit the network that they would at --width 1, which torchvision's
// have, if so.
func (t task) misfit(s nn.State, err error) error {
	t.config.Width = 1
	if t.build() != nil {
		return err
	}
	if _, other := t.net.Adopts(s); other != nil {
		return err
	}
	return hint(err, "add --width 1: these weights are of a network of that width, as torchvision's are")
}
