package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/engine/onednn"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/engine/xla"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/run"
)

// tinyStep is the multiply-adds of a batch's forward pass below which the reference engine is
// faster than oneDNN.
const tinyStep = 1 << 20

// addEngine gives cmd the flags that say what computes.
func addEngine(cmd *cobra.Command, c *config.Config) {
	addFlag(cmd, "engine", &c.Engine)
	addFlag(cmd, "precision", &c.Precision)
	addFlag(cmd, "xla-plugin", &c.XLAPlugin)
}

// openEngine opens the engine that is asked for: onednn, reference, xla, or auto, which is a rule of
// the size of a step alone, so that the same run takes the same engine whatever else the machine
// does.
func openEngine(c config.Config, net nn.Net) (run.Engine, error) {
	want, batch, threads := c.Engine, c.Batch, c.Threads
	if cores := runtime.NumCPU(); threads > cores {
		return run.Engine{}, failure.Usage(fmt.Errorf("--threads %d: this machine has %d cores", threads, cores))
	} else if threads == 0 {
		threads = cores
	}
	info := record.Engine{Name: "reference", Threads: threads, Why: "as asked"}
	if want == "reference" {
		return run.Engine{Engine: reference.New(), Info: info}, nil
	}
	if want == "xla" {
		return openXLA(c, info)
	}
	work, bf16 := net.MACs()*int64(batch), c.Precision == "bf16"
	if want == "auto" && work < tinyStep && !bf16 {
		info.Why = fmt.Sprintf("a step of %s multiply-adds is too small to gain from oneDNN", count(work))
		return run.Engine{Engine: reference.New(), Info: info}, nil
	}
	e, err := onednn.Open(onednn.Options{BF16: bf16})
	switch {
	case err == nil:
		info.Name, info.Version = "onednn", onednn.Probe().Version
		if want == "auto" && bf16 {
			info.Why = "on a processor, only oneDNN has bf16"
		} else if want == "auto" {
			info.Why = fmt.Sprintf("oneDNN is here, and a step of %s multiply-adds gains from it", count(work))
		}
		return run.Engine{Engine: e, Info: info}, nil
	case bf16:
		return run.Engine{}, failure.Hint(fmt.Errorf("--precision bf16: %w", err), "--precision f32 computes on any processor")
	case want == "auto":
		info.Why = err.Error()
		return run.Engine{Engine: reference.New(), Info: info}, nil
	}
	return run.Engine{}, failure.Hint(fmt.Errorf("--engine onednn: %w", err), "--engine reference needs nothing, but is several times slower")
}

// openXLA opens the device that the settings ask for.
func openXLA(c config.Config, info record.Engine) (run.Engine, error) {
	e, err := xla.Open(xla.Options{Plugin: c.XLAPlugin, Precision: c.Precision})
	if err != nil {
		return run.Engine{}, failure.Hint(fmt.Errorf("--engine xla: %w", err), "--engine auto computes on the processor")
	}
	i := e.Info()
	info.Name, info.Version = "xla", fmt.Sprintf("%s on %s, %s, plugin %.16s", c.Precision, i.Device, i.Library, i.SHA256)
	return run.Engine{Engine: e, Info: info}, nil
}
