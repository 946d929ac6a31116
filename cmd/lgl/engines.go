package main

import (
	"fmt"
	"runtime"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/onednn"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
)

// smallStep is the work of a training step, in multiply-adds of its forward pass, from which
// oneDNN is worth its calls.
const smallStep = 4e6

// openEngine opens the engine asked for. auto is a rule and no race, so that the same settings
// give the same bits again: the reference for steps below smallStep, else oneDNN, and the
// reference again where that is not found. The description says why.
func openEngine(want string, net nn.Net, batch, threads int) (engine.Engine, record.Engine, error) {
	if threads == 0 {
		threads = runtime.NumCPU()
	}
	d := record.Engine{Name: want, Threads: threads, Why: "asked for"}
	work := float64(net.MACs()) * float64(batch)
	if want == "auto" {
		d.Name = "onednn"
		d.Why = fmt.Sprintf("auto: a step of %.3g million multiply-adds is worth the library", work/1e6)
		if work < smallStep {
			d.Name = "reference"
			d.Why = fmt.Sprintf("auto: a step of %.3g million multiply-adds is too small to gain from oneDNN", work/1e6)
		}
	}
	if d.Name == "reference" {
		return reference.New(), d, nil
	}
	e, err := onednn.Open()
	if err == nil {
		d.Version = onednn.Probe().Version
		return e, d, nil
	}
	if want == "onednn" {
		return nil, d, hint(err, "--engine auto falls back to the reference engine, in pure Go and several times slower")
	}
	d.Name, d.Why = "reference", fmt.Sprintf("auto: oneDNN is not to be had: %v", err)
	return reference.New(), d, nil
}
