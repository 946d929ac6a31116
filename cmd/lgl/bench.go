package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/run"
	"github.com/local-to-global/lgl/timing"
)

// bench is `lgl bench`.
func (a *app) bench() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "bench",
		Short:   "Time training steps, inference or loading on synthetic data",
		Example: "  lgl bench step --model vgg16 --batch 128 --classes 100 --steps 5 --json\n  lgl bench infer --model smallcnn",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.benchMode("step", "Time whole training steps: forward, backward, update", a.benchSteps),
		a.benchMode("infer", "Time inference of one batch", a.benchInference),
		a.benchMode("epoch", "Time steps with the loading and augmentation of their batches", a.benchEpoch),
		a.benchMode("data", "Time the loading and augmentation of batches alone", a.benchLoading))
	return cmd
}

// benchFlags are the flags of a benchmark.
type benchFlags struct {
	config         config.Config // those that are settings of a run, too
	input          string
	classes, steps int
	profile        bool
	augment, peer  string // of bench data: how to augment; the command of a peer
	given          *pflag.FlagSet
}

// benchMode is one of the benchmarks, which do runs.
func (a *app) benchMode(use, short string, do func(context.Context, benchFlags) error) *cobra.Command {
	o := benchFlags{config: config.Default()}
	c := &o.config
	c.Model, c.Batch, c.Width, c.ImageSize = "vgg16", 128, 1, usualSize
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Long: short + `, on synthetic data.

Shape and classes default to what is usual for the model: 3x32x32 and 100 for VGG,
3x224x224 and 1000 for ResNet and those for ImageNet, 1x28x28 and 10 for smallcnn, 2
and 3 for mlp.`,
		Example: fmt.Sprintf("  lgl bench %s --model vgg16 --batch 128 --json", use),
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.given = cmd.Flags()
			return do(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	addFlag(cmd, "model", &c.Model)
	addFlagAs(cmd, "batch", &c.Batch, "batch size")
	f.IntVar(&o.classes, "classes", 0, "classes (default as usual for the model)")
	f.StringVar(&o.input, "input", "", "`shape` of a sample, 3x32x32 (default as usual for the model)")
	f.IntVar(&o.steps, "steps", 5, "rounds to time")
	if use == "data" {
		o.picturesFlags(cmd)
	} else {
		o.modelFlags(cmd)
	}
	a.jsonFlag(cmd)
	return cmd
}

// modelFlags gives cmd what it takes to time a network.
func (o *benchFlags) modelFlags(cmd *cobra.Command) {
	cmd.Long += `

Two rounds before those that are timed are not counted. A round is one step, or, on an
engine that queues them (xla), ten, of which the time of one is a tenth.`
	if cmd.Name() == "epoch" {
		cmd.Long += ` Steps with loading
are timed one by one after that, all of them, on any engine.`
	}
	cmd.Example += fmt.Sprintf("\n  lgl bench %s --model mlp --engine reference --steps 50", cmd.Name())
	f, c := cmd.Flags(), &o.config
	addFlag(cmd, "width", &c.Width)
	addFlag(cmd, "hidden", &c.Hidden)
	addFlag(cmd, "threads", &c.Threads)
	addEngine(cmd, c)
	if cmd.Name() != "epoch" {
		f.BoolVar(&o.profile, "profile", false, "after that, time as many rounds part by part, and list the parts")
	}
}

// picturesFlags gives `lgl bench data` what it takes to time a folder of pictures.
func (o *benchFlags) picturesFlags(cmd *cobra.Command) {
	cmd.Long += `

With --data the work is another: pictures of that folder are decoded and augmented, on
one core, with nothing kept in memory; a row for decoding alone, for evaluation's view,
for the usual augmentation, and for that with each of torchvision's other transforms.
--peer names a command that does the same, to be timed in turn: scripts/torch_data.py is
torchvision. A pass goes over at most 200 pictures, --steps is the number of passes.`
	cmd.Example += `
  lgl bench data --data ./photos --peer "python3 scripts/torch_data.py"
  lgl bench data --data ./photos --image-size 64 --augment auto,rand-augment=2:9 --json`
	addFlagAs(cmd, "data", &o.config.Data, "time pictures of this `folder`")
	cmd.Flags().Lookup("data").DefValue = ""
	addFlagAs(cmd, "augment", &o.augment, "with --data: time this one, as lgl train --augment has it (default several)")
	addFlagAs(cmd, "image-size", &o.config.ImageSize, "with --data: bring pictures to `n` x n pixels")
	cmd.Flags().StringVar(&o.peer, "peer", "", "with --data: time this `command` in turn")
}

// benchResult is the JSON of a benchmark.
type benchResult struct {
	Model      string        `json:"model"`
	Batch      int           `json:"batch"`
	Precision  string        `json:"precision"`
	Mode       string        `json:"mode"`
	Threads    int           `json:"threads"`
	MSMedian   float64       `json:"ms_median"`
	MSMin      float64       `json:"ms_min"`
	SamplesPS  float64       `json:"samples_per_s"`
	PeakRSSMB  int           `json:"peak_rss_mb"`
	GFLOPS     float64       `json:"gflops"`               // GFLOP/s of its convolutions and linear layers
	PeakGFLOPS float64       `json:"gflops_peak,omitzero"` // of a large matrix product on this engine
	Engine     string        `json:"engine"`
	Version    string        `json:"version"` // of the engine's library
	Revision   string        `json:"revision"`
	Profile    []timing.Part `json:"profile,omitempty"`
	engineLine string
}

func (r benchResult) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s, batch %d, %s, %s: %.3f ms (median; best %.3f ms), %.0f samples/s, peak memory %d MB\n"+
		"%.3g GFLOP/s; a matrix product of 1024 x 1024 x 1024 gets %.3g here\n%s\n",
		r.Model, r.Batch, r.Precision, r.Mode, r.MSMedian, r.MSMin, r.SamplesPS, r.PeakRSSMB, r.GFLOPS, r.PeakGFLOPS, r.engineLine)
	if r.Profile != nil {
		err = errors.Join(err, writeProfile(w, r.Profile))
	}
	return err
}

// check reports flags with values that they cannot have, and fills in the model's usual ones.
func (o *benchFlags) check() (shape []int, err error) {
	input, classes := usualTask(o.config.Model)
	if o.input == "" {
		o.input = input
	}
	if o.classes == 0 {
		o.classes = classes
	}
	switch err := o.config.Check(); {
	case err != nil:
		return nil, err
	case o.steps < 1:
		return nil, fmt.Errorf("--steps %d: want at least 1", o.steps)
	case o.config.Batch < 1:
		return nil, fmt.Errorf("--batch %d: want at least 1", o.config.Batch)
	case o.classes < 0 || o.classes == 1:
		return nil, fmt.Errorf("--classes %d: want at least 2", o.classes)
	}
	for word := range strings.SplitSeq(o.input, "x") {
		d, err := strconv.Atoi(word)
		if err != nil || d < 1 {
			return nil, fmt.Errorf("--input %q: want a shape like 3x32x32", o.input)
		}
		shape = append(shape, d)
	}
	return shape, o.fits(shape)
}

// fits reports samples that are too large, or too many, to be made up.
func (o *benchFlags) fits(shape []int) error {
	const values, samples = 1 << 26, 1 << 27
	left := values
	for _, d := range shape {
		left /= d
	}
	switch {
	case left == 0:
		return fmt.Errorf("--input %s: want at most %s values", o.input, count(values))
	case o.steps > samples/o.config.Batch:
		return fmt.Errorf("--steps %d of --batch %d: want at most %s samples in all", o.steps, o.config.Batch, count(samples))
	}
	return nil
}

// usualTask is the shape of a sample and the classes that are usual for a network.
func usualTask(model string) (input string, classes int) {
	switch {
	case strings.HasSuffix(model, "-imagenet"), strings.HasPrefix(model, "resnet"):
		return "3x224x224", 1000
	case model == "smallcnn":
		return "1x28x28", 10
	case model == "mlp":
		return "2", 3
	}
	return "3x32x32", 100
}

// benched is a model that is ready to be timed.
type benched struct {
	options benchFlags
	net     nn.Net
	run.Engine
	engine.Model
}

// openBench makes the model of a benchmark.
func (a *app) openBench(ctx context.Context, o benchFlags) (b *benched, err error) {
	in, err := o.check()
	if err != nil {
		return nil, failure.Usage(err)
	}
	c := o.config
	b = &benched{options: o}
	if b.net, err = zoo.Build(c.Model, zoo.Options{Input: in, Classes: o.classes, Width: c.Width, Hidden: c.Hidden}); err != nil {
		return nil, failure.Usage(fmt.Errorf("--model %s --input %s --classes %d: %w", c.Model, data.ShapeText(in), o.classes, err))
	}
	if b.Engine, err = openEngine(c, b.net); err != nil {
		return nil, err
	}
	if b.Model, err = b.Engine.Compile(b.net, c.Batch, engine.Options{Log: a.say, Stop: ctx.Err}); err != nil {
		return nil, errors.Join(err, b.Engine.Close())
	}
	if err := timing.Initialise(b.Model, b.net); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *benched) close() error { return errors.Join(b.Model.Close(), b.Engine.Close()) }

// result is what all benchmarks of a model report: times of one step.
func (b *benched) result(mode string, took []time.Duration) benchResult {
	c := b.options.config
	passes := 3.0 // forward, of which a step takes the time
	if mode == "infer" {
		passes = 1
	}
	return benchResult{
		GFLOPS: 2 * passes * float64(b.net.MACs()) * float64(c.Batch) / timing.Median(took).Seconds() / 1e9,
		Model:  c.Model, Batch: c.Batch, Precision: c.Precision, Mode: mode, Threads: b.Info.Threads,
		MSMedian: timing.Milliseconds(timing.Median(took)), MSMin: timing.Milliseconds(slices.Min(took)), SamplesPS: float64(c.Batch) / timing.Median(took).Seconds(),
		PeakRSSMB: platform.PeakMemory(), Engine: b.Info.Name, Version: b.Info.Version, Revision: build(), engineLine: b.Line(),
	}
}

// benchSteps times whole steps.
func (a *app) benchSteps(ctx context.Context, o benchFlags) error {
	return a.benchModel(ctx, o, "train", func(b *benched) ([]time.Duration, error) {
		return timing.Steps(ctx, b.Model, timing.Synthetic(b.net, o.config.Batch), o.steps)
	})
}

// benchInference times forward passes alone.
func (a *app) benchInference(ctx context.Context, o benchFlags) error {
	return a.benchModel(ctx, o, "infer", func(b *benched) ([]time.Duration, error) {
		return timing.Logits(ctx, b.Model, timing.Synthetic(b.net, o.config.Batch), b.net.Classes, o.steps)
	})
}

// benchModel reports how long rounds take, and with --profile the parts of as many more.
func (a *app) benchModel(ctx context.Context, o benchFlags, mode string, rounds func(*benched) ([]time.Duration, error)) (err error) {
	b, err := a.openBench(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	took, err := rounds(b)
	if err != nil {
		return err
	}
	r := b.result(mode, took)
	peak, err := timing.Peak(ctx, b.Engine.Compile)
	if err != nil {
		return err
	}
	r.PeakGFLOPS = peak / 1e9
	if o.profile {
		r.Profile, err = timing.Profile(b.Model, b.net, o.config.Batch, o.steps, func() error { _, err := rounds(b); return err })
		if err != nil {
			return err
		}
	}
	return a.result(r, r.write)
}

// writeProfile prints the parts, the slowest first.
func writeProfile(w io.Writer, parts []timing.Part) error {
	return columns(w, func(w io.Writer) {
		fmt.Fprintln(w, "\nPART\tMS\tSHARE\tGFLOP/S\tIMPLEMENTATION")
		for _, p := range parts {
			speed := "-"
			if p.GFLOPS > 0 {
				speed = fmt.Sprintf("%.0f", p.GFLOPS)
			}
			fmt.Fprintf(w, "%s\t%.3f\t%.1f%%\t%s\t%s\n", p.Part, p.MS, 100*p.Share, speed, cmp.Or(p.Implementation, "lgl"))
		}
	})
}
