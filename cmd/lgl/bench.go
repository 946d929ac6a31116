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

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// bench is `lgl bench`.
func (a *app) bench() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "bench",
		Short:   "Time training steps or inference on synthetic data",
		Example: "  lgl bench step --model vgg16 --batch 128 --classes 100 --steps 5 --json\n  lgl bench infer --model smallcnn",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.benchMode("step", "train", "Time whole training steps: forward, backward, update"),
		a.benchMode("infer", "infer", "Time inference of one batch"))
	return cmd
}

// benchOptions are the flags of a benchmark.
type benchOptions struct {
	config         config.Config // those that are settings of a run, too
	input          string
	classes, steps int
	profile        bool
}

// benchMode is one of the two benchmarks.
func (a *app) benchMode(use, mode, short string) *cobra.Command {
	o := benchOptions{config: config.Default()}
	c := &o.config
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Long: short + `, on synthetic data. Two rounds before those
that are timed are not counted. A round is one step, or, on an engine that queues
them (xla), ten, of which the time of one is a tenth. Shape and classes default to
what is usual for the model: 3x32x32 and 100 for VGG, 3x224x224 and 1000 for ResNet
and those for ImageNet, 1x28x28 and 10 for smallcnn, 2 and 3 for mlp.`,
		Example: fmt.Sprintf("  lgl bench %s --model vgg16 --batch 128 --json\n  lgl bench %s --model mlp --engine reference --steps 50", use, use),
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.benchOne(cmd.Context(), o, mode)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&c.Model, "model", "vgg16", "network: "+strings.Join(zoo.Names(), "|"))
	f.IntVar(&c.Batch, "batch", 128, "batch size")
	f.IntVar(&o.classes, "classes", 0, "classes (default as usual for the model)")
	f.StringVar(&o.input, "input", "", "`shape` of a sample, 3x32x32 (default as usual for the model)")
	f.Float64Var(&c.Width, "width", 1, "multiply the channels of every hidden layer by `x`")
	f.IntVar(&c.Hidden, "hidden", 1, "hidden layers of mlp")
	addFlag(cmd, "threads", &c.Threads)
	addEngine(cmd, c)
	f.IntVar(&o.steps, "steps", 5, "rounds to time")
	f.BoolVar(&o.profile, "profile", false, "after that, time as many rounds part by part, and list the parts")
	a.jsonFlag(cmd)
	return cmd
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
	Engine     string     `json:"engine"`
	Version    string     `json:"version"` // of the engine's library
	Revision   string     `json:"revision"`
	Profile    []profiled `json:"profile,omitempty"`
	engineLine string
}

func (r benchResult) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s, batch %d, %s, %s: %.3f ms (median; best %.3f ms), %.0f samples/s, peak memory %d MB\n%s\n",
		r.Model, r.Batch, r.Precision, r.Mode, r.MSMedian, r.MSMin, r.SamplesPS, r.PeakRSSMB, r.engineLine)
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

func (a *app) benchOne(ctx context.Context, o benchOptions, mode string) (err error) {
	in, err := o.check()
	if err != nil {
		return &usageError{err}
	}
	c := o.config
	net, err := zoo.Build(c.Model, zoo.Options{Input: in, Classes: o.classes, Width: c.Width, Hidden: c.Hidden})
	if err != nil {
		return &usageError{fmt.Errorf("--model %s --input %s --classes %d: %w", c.Model, shape(in), o.classes, err)}
	}
	e, err := openEngine(c, net)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	m, err := e.compile(net, c.Batch, a.say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	s, err := net.Init(nn.Default, seed.Stream(1, "init"))
	if err != nil {
		return err
	}
	if err := m.Load(s); err != nil {
		return err
	}
	took, err := timeModel(ctx, m, synthetic(net, c.Batch), net.Classes, o.steps, mode == "train")
	if err != nil {
		return err
	}
	var parts []profiled
	if o.profile {
		p := profile{net: net, batch: c.Batch, rounds: o.steps + 2}
		stop, err := p.watch(m)
		if err != nil {
			return &usageError{err}
		}
		_, err = timeModel(ctx, m, synthetic(net, c.Batch), net.Classes, o.steps, mode == "train")
		stop()
		if err != nil {
			return err
		}
		parts = p.table()
	}
	r := benchResult{
		Model: c.Model, Batch: c.Batch, Precision: c.Precision, Mode: mode, Threads: e.info.Threads,
		MSMedian: ms(median(took)), MSMin: ms(slices.Min(took)), SamplesPS: float64(c.Batch) / median(took).Seconds(),
		PeakRSSMB: peakMB(), Engine: e.info.Name, Version: e.info.Version, Revision: build(), engineLine: e.line(), Profile: parts,
	}
	return a.result(r, r.write)
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
