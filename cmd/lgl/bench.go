package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/run"
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
		a.benchMode("step", "train", "Time whole training steps: forward, backward, update"),
		a.benchMode("infer", "infer", "Time inference of one batch"),
		a.benchMode("epoch", "epoch", "Time steps with the loading and augmentation of their batches"),
		a.benchMode("data", "data", "Time the loading and augmentation of batches alone"))
	return cmd
}

// benchOptions are the flags of a benchmark.
type benchOptions struct {
	config         config.Config // those that are settings of a run, too
	input          string
	classes, steps int
	profile        bool
	augment, peer  string // of bench data: how to augment; the command of a peer
}

// benchMode is one of the benchmarks.
func (a *app) benchMode(use, mode, short string) *cobra.Command {
	o := benchOptions{config: config.Default()}
	c := &o.config
	c.Model, c.Batch, c.Width, c.ImageSize = "vgg16", 128, 1, 224
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
			switch mode {
			case "epoch":
				return a.benchEpoch(cmd.Context(), o)
			case "data":
				if cmd.Flags().Changed("data") {
					return a.benchPictures(cmd.Context(), o)
				}
				for _, name := range []string{"augment", "image-size", "peer"} {
					if cmd.Flags().Changed(name) {
						return failure.Usage(fmt.Errorf("--%s is for --data DIR, a folder of pictures; add that", name))
					}
				}
				return a.benchData(cmd.Context(), o)
			}
			return a.benchOne(cmd.Context(), o, mode)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	addFlag(cmd, "model", &c.Model)
	addFlagAs(cmd, "batch", &c.Batch, "batch size")
	f.IntVar(&o.classes, "classes", 0, "classes (default as usual for the model)")
	f.StringVar(&o.input, "input", "", "`shape` of a sample, 3x32x32 (default as usual for the model)")
	f.IntVar(&o.steps, "steps", 5, "rounds to time")
	if mode == "data" {
		o.picturesFlags(cmd)
	} else {
		o.modelFlags(cmd, mode)
	}
	a.jsonFlag(cmd)
	return cmd
}

// modelFlags gives cmd what it takes to time a network.
func (o *benchOptions) modelFlags(cmd *cobra.Command, mode string) {
	cmd.Long += `

Two rounds before those that are timed are not counted. A round is one step, or, on an
engine that queues them (xla), ten, of which the time of one is a tenth.`
	cmd.Example += fmt.Sprintf("\n  lgl bench %s --model mlp --engine reference --steps 50", cmd.Name())
	f, c := cmd.Flags(), &o.config
	addFlag(cmd, "width", &c.Width)
	addFlag(cmd, "hidden", &c.Hidden)
	addFlag(cmd, "threads", &c.Threads)
	addEngine(cmd, c)
	if mode != "epoch" {
		f.BoolVar(&o.profile, "profile", false, "after that, time as many rounds part by part, and list the parts")
	}
}

// picturesFlags gives `lgl bench data` what it takes to time a folder of pictures.
func (o *benchOptions) picturesFlags(cmd *cobra.Command) {
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
	Model      string     `json:"model"`
	Batch      int        `json:"batch"`
	Precision  string     `json:"precision"`
	Mode       string     `json:"mode"`
	Threads    int        `json:"threads"`
	MSMedian   float64    `json:"ms_median"`
	MSMin      float64    `json:"ms_min"`
	SamplesPS  float64    `json:"samples_per_s"`
	PeakRSSMB  int        `json:"peak_rss_mb"`
	GFLOPS     float64    `json:"gflops"`      // GFLOP/s of its convolutions and linear layers
	PeakGFLOPS float64    `json:"gflops_peak"` // of a large matrix product on this engine
	Engine     string     `json:"engine"`
	Version    string     `json:"version"` // of the engine's library
	Revision   string     `json:"revision"`
	Profile    []profiled `json:"profile,omitempty"`
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
func (o *benchOptions) check() (shape []int, err error) {
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
	return shape, nil
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
	options benchOptions
	net     nn.Net
	run.Engine
	engine.Model
}

// openBench makes the model of a benchmark.
func (a *app) openBench(o benchOptions) (b *benched, err error) {
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
	if b.Model, err = b.Engine.Compile(b.net, c.Batch, engine.Options{Log: a.say}); err != nil {
		return nil, errors.Join(err, b.Engine.Close())
	}
	if err := loadInitial(b.Model, b.net); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// loadInitial gives a model weights to be timed with.
func loadInitial(m engine.Model, net nn.Net) error {
	s, err := net.Init(nn.Default, seed.Stream(1, "init"))
	if err != nil {
		return err
	}
	return m.Load(s)
}

func (b *benched) close() error { return errors.Join(b.Model.Close(), b.Engine.Close()) }

// result is what all benchmarks of a model report: times of one step.
func (b *benched) result(mode string, took []time.Duration) benchResult {
	c := b.options.config
	passes := map[bool]float64{true: 1, false: 3}[mode == "infer"] // a step is three forward passes
	return benchResult{
		GFLOPS: 2 * passes * float64(b.net.MACs()) * float64(c.Batch) / median(took).Seconds() / 1e9,
		Model:  c.Model, Batch: c.Batch, Precision: c.Precision, Mode: mode, Threads: b.Info.Threads,
		MSMedian: ms(median(took)), MSMin: ms(slices.Min(took)), SamplesPS: float64(c.Batch) / median(took).Seconds(),
		PeakRSSMB: platform.PeakMemory(), Engine: b.Info.Name, Version: b.Info.Version, Revision: build(), engineLine: b.Line(),
	}
}

func (a *app) benchOne(ctx context.Context, o benchOptions, mode string) (err error) {
	b, err := a.openBench(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	rounds := func() ([]time.Duration, error) {
		return timeModel(ctx, b.Model, synthetic(b.net, o.config.Batch), b.net.Classes, o.steps, mode == "train")
	}
	took, err := rounds()
	if err != nil {
		return err
	}
	r := b.result(mode, took)
	if r.PeakGFLOPS, err = b.peak(ctx); err != nil {
		return err
	}
	if o.profile {
		if r.Profile, err = b.profile(rounds); err != nil {
			return err
		}
	}
	return a.result(r, r.write)
}

// peak is the GFLOP/s of a matrix product that is large enough to show what the engine has.
func (b *benched) peak(ctx context.Context) (float64, error) {
	const n = 1024
	net := nn.Net{Name: "matrix product", Input: []int{n}, Classes: n, Layers: []nn.Layer{{Name: "head", Op: nn.Linear{Out: n}}}}
	m, err := b.Engine.Compile(net, n, engine.Options{})
	if err != nil {
		return 0, err
	}
	if err := loadInitial(m, net); err != nil {
		return 0, errors.Join(err, m.Close())
	}
	took, err := timeModel(ctx, m, synthetic(net, n), n, 5, false)
	if err = errors.Join(err, m.Close()); err != nil {
		return 0, err
	}
	return 2 * n * n * n / slices.Min(took).Seconds() / 1e9, nil
}

// profile times the rounds part by part.
func (b *benched) profile(rounds func() ([]time.Duration, error)) ([]profiled, error) {
	p := profile{net: b.net, batch: b.options.config.Batch, rounds: b.options.steps + 2}
	stop, err := p.watch(b.Model)
	if err != nil {
		return nil, failure.Usage(err)
	}
	defer stop()
	if _, err = rounds(); err != nil {
		return nil, err
	}
	return p.table(), nil
}

// synthetic returns a batch of normal noise with random labels.
func synthetic(net nn.Net, n int) data.Batch {
	r := seed.Stream(1, "synthetic")
	b := data.Batch{X: make([]float32, n*nn.Size(net.Input)), Y: make([]int32, n)}
	fill(b.X, r)
	for i := range b.Y {
		b.Y[i] = r.Int32N(int32(net.Classes))
	}
	return b
}

func fill(x []float32, r *rand.Rand) {
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
}
