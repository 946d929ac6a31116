package main

import (
	"cmp"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/engine/onednn"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/engine/xla"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/plural"
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
	if all := runtime.NumCPU(); c.Threads > all {
		err := failure.Usage(fmt.Errorf("--threads %d: this machine has %s", c.Threads, plural.Count(all, "core")))
		return run.Engine{}, failure.Hint(err, "--threads 0 takes those that lgl may use, whatever config.yaml says")
	}
	info := record.Engine{Name: "reference", Threads: cmp.Or(c.Threads, platform.Cores()), Why: "as asked"}
	work := net.MACs() * int64(c.Batch)
	switch {
	case c.Engine == "reference":
		return run.Engine{Engine: reference.New(), Info: info}, nil
	case c.Engine == "xla":
		return openXLA(c, info)
	case c.Engine == "auto" && work < tinyStep && c.Precision != "bf16":
		info.Why = fmt.Sprintf("a step of %s multiply-adds is too small to gain from oneDNN", count(work))
		return run.Engine{Engine: reference.New(), Info: info}, nil
	}
	return openOneDNN(c, info, work)
}

// openOneDNN opens onednn for steps of so many multiply-adds, or, where auto may have another and oneDNN is not here, the reference.
func openOneDNN(c config.Config, info record.Engine, work int64) (run.Engine, error) {
	auto, bf16 := c.Engine == "auto", c.Precision == "bf16"
	e, err := onednn.Open(onednn.Options{BF16: bf16})
	switch {
	case err != nil && bf16:
		return run.Engine{}, failure.Hint(fmt.Errorf("--precision bf16: %w", err), "--precision f32 computes on any processor")
	case err != nil && auto:
		info.Why = err.Error()
		return run.Engine{Engine: reference.New(), Info: info}, nil
	case err != nil:
		return run.Engine{}, failure.Hint(fmt.Errorf("--engine onednn: %w", err), "--engine reference needs nothing, but is several times slower")
	case auto && bf16:
		info.Why = "on a processor, only oneDNN has bf16"
	case auto:
		info.Why = fmt.Sprintf("oneDNN is here, and a step of %s multiply-adds gains from it", count(work))
	}
	info.Name, info.Version = "onednn", onednn.Probe().Version
	return run.Engine{Engine: e, Info: info}, nil
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
