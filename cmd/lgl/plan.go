package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/task"
)

// plan is `lgl plan`.
func (a *app) plan() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Say what a training run will do and take; trains nothing, writes nothing",
		Long: `Say what a training run will do and take: its stages, the samples that it trains on,
its cost in baselines of the same --epochs (--budget, or (m+1)/2 for m equal groups
without one), and the time and memory, from a few timed steps. Flags are those of train. Nothing is written.`,
		Example: "  lgl plan --stages 4 --budget 0 --epochs 20\n  lgl plan --config runs/a/config.yaml --json",
		Args:    noArgs,
	}
	s := addSettings(cmd)
	a.jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := s.resolve(a)
		if err != nil {
			return err
		}
		return a.planOne(cmd.Context(), c)
	}
	return cmd
}

// forecast is the JSON of a plan.
type forecast struct {
	Method string `json:"method"`
	Label  string `json:"label"`
	Data   string `json:"data"`
	Train  int    `json:"train"` // training samples
	Batch  int    `json:"batch"` // samples of a training step
	plan.Plan
	Formula     *float64 `json:"formula"`          // (m+1)/2 where it applies: m groups of one size; else null
	Seconds     float64  `json:"seconds_estimate"` // of training and evaluation
	StepMS      float64  `json:"ms_step"`          // median of a training step
	InferMS     float64  `json:"ms_infer"`         // median of an evaluation of one batch
	PeakRSSMB   int      `json:"peak_rss_mb"`      // memory that the timed steps took of the host, MiB; 0 where the system does not tell
	Engine      string   `json:"engine"`
	Why         string   `json:"why"` // of the engine
	Params      int      `json:"params"`
	MACs        int64    `json:"macs"` // of one sample's forward pass
	newNames    [][]string
	choice      string // how the classes of a stage are chosen
	description string
}

func (a *app) planOne(ctx context.Context, c config.Config) (err error) {
	t, err := a.prepare(ctx, c)
	if err != nil {
		return err
	}
	p, err := a.planned(c, t)
	if err != nil {
		return err
	}
	c = t.Config
	e, err := openEngine(c, t.Net)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	m, err := e.Compile(t.Net, c.Batch, engine.Options{Log: a.say})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	f := forecast{
		Method: c.Method, Label: c.Label(), Data: t.Set.Name, Train: t.Train.Len(), Batch: c.Batch, Plan: p, Formula: formula(t),
		Engine: e.Info.Name, Why: e.Info.Why, Params: t.Net.TrainableValues(), MACs: t.Net.MACs(),
		description: e.Line(), choice: "chosen by H(T|X)",
	}
	if c.Select == "hierarchy" {
		f.choice = "chosen by the learnt hierarchy"
	}
	step, infer, err := timeTask(ctx, t, m)
	if err != nil {
		return err
	}
	f.StepMS, f.InferMS, f.PeakRSSMB = ms(step), ms(infer), platform.PeakMemory()
	f.Seconds = estimate(t, p, step.Seconds()/float64(c.Batch), infer.Seconds()/float64(c.Batch))
	for _, s := range p.Stages {
		f.newNames = append(f.newNames, data.Names(t.Set.Train, s.Classes))
	}
	return a.result(f, f.write)
}

// formula returns (m+1)/2 if the run is LGL with m groups of one size.
func formula(t task.Task) *float64 {
	c := t.Config
	if c.Budget > 0 || c.Authors() {
		return nil
	}
	uneven := len(t.PerClass)%c.Stages != 0 || slices.Min(t.PerClass) != slices.Max(t.PerClass)
	if c.Method != "lgl" || c.Until != "epochs" || uneven {
		return nil
	}
	f := float64(c.Stages+1) / 2
	return &f
}

// timedSteps are the steps behind an estimate, after two that are not counted; one, where it takes longStep or longer.
const (
	timedSteps = 5
	longStep   = 3 * time.Second
)

// timeTask measures a training step and an evaluation of one batch of the training data.
func timeTask(ctx context.Context, t task.Task, m engine.Model) (step, infer time.Duration, err error) {
	init, order, _ := t.Config.Seeds()
	s, err := t.Net.Init(nn.Scheme(t.Config.Scheme()), seed.Stream(init, "init"))
	if err != nil {
		return 0, 0, err
	}
	if err := m.Load(s); err != nil {
		return 0, 0, err
	}
	l, err := data.NewLoader(t.Train, t.Augment, t.Config.Batch, 0)
	if err != nil {
		return 0, 0, err
	}
	some := make([]int, t.Config.Batch)
	for i := range some {
		some[i] = i * t.Train.Len() / len(some) // of every class, in whatever order they lie
	}
	for b, err := range l.Epoch(ctx, some, nil, order) {
		if err != nil {
			return 0, 0, err
		}
		return timeBatch(ctx, m, b, t.Net.Classes)
	}
	return 0, 0, errors.New("the training data have no batch")
}

// timeBatch returns the medians of a training step and of an evaluation of the batch.
func timeBatch(ctx context.Context, m engine.Model, b data.Batch, classes int) (step, infer time.Duration, err error) {
	typical := func(training bool) (time.Duration, error) {
		took, err := timeModel(ctx, m, b, classes, 1, training)
		if err != nil || took[0] >= longStep {
			return median(took), err
		}
		took, err = timeModel(ctx, m, b, classes, timedSteps, training)
		return median(took), err
	}
	if step, err = typical(true); err != nil {
		return 0, 0, err
	}
	infer, err = typical(false)
	return step, infer, err
}

// timeModel times steps of training, or evaluations, after two that are not counted.
func timeModel(ctx context.Context, m engine.Model, b data.Batch, classes, steps int, training bool) ([]time.Duration, error) {
	var took []time.Duration
	logits := make([]float32, b.Len()*classes)
	for i := range steps + 2 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		begun, rounds := time.Now(), 1
		var err error
		if training {
			rounds, err = someSteps(m, b, engine.Hyper{LR: 0.01, Momentum: 0.9, WeightDecay: 5e-4, Seed: uint64(i)})
		} else {
			err = m.Logits(b, logits)
		}
		if err != nil {
			return nil, err
		}
		if i >= 2 {
			took = append(took, time.Since(begun)/time.Duration(rounds))
		}
	}
	return took, nil
}

// someSteps makes one step, or ten at once where the model queues them, and returns how many.
func someSteps(m engine.Model, b data.Batch, h engine.Hyper) (int, error) {
	n := 1
	if _, ok := m.(engine.Queuer); ok {
		n = 10
	}
	pipe := engine.Pipeline{Model: m}
	for range n {
		if err := pipe.Step(b, h, stepped); err != nil {
			return 0, err
		}
	}
	return n, pipe.Drain()
}

// stepped takes the result of a step of which only the time matters.
func stepped(_ engine.StepStats, err error) error { return err }

// median returns the median of durations.
func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	n := len(d)
	return (d[n/2] + d[(n-1)/2]) / 2
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// estimate returns the seconds of a run of p: training, and after every epoch the test set, the
// held-out data and the samples behind H(T|X), the passes that choose classes, and those of the stage
// before where it is distilled.
func estimate(t task.Task, p plan.Plan, step, infer float64) float64 {
	forwarded := 0.0
	for i, s := range p.Stages {
		epochs := float64((s.Samples + int64(s.Epoch) - 1) / int64(s.Epoch))
		if p.Paced != nil {
			epochs = float64(len(p.Paced))
		}
		each := t.Set.Test.Len()
		if t.Held != nil {
			each += t.Held.Len()
		}
		probed := s.Epoch
		if n := t.Config.EntropySamples; n > 0 {
			probed = min(probed, n)
		}
		forwarded += epochs*float64(each+probed) + float64(probed)
		if (i > 0 || t.Config.Extends()) && t.Config.Distils() {
			forwarded += float64(s.Samples)
		}
		if i > 0 && len(s.Classes) == 0 && t.Config.Chooses() {
			forwarded += float64(t.Train.Len() - p.Stages[i-1].Epoch)
		}
	}
	return float64(p.Samples)*step + (forwarded+float64(p.Probed))*infer
}

// write prints the forecast for people.
func (f forecast) write(w io.Writer) error {
	err := columns(w, func(w io.Writer) {
		fmt.Fprintln(w, "STAGE\tCLASSES\tNEW\tSAMPLES/EPOCH\tSAMPLES\tWHICH")
		for i, s := range f.Stages {
			fmt.Fprintf(w, "%d\t%d\t%d\t%s\t%s\t%s\n", i+1, s.Active, s.New, count(s.Epoch), count(s.Samples), f.which(i))
		}
	})
	if err != nil {
		return err
	}
	about := ""
	if !f.Exact {
		about = "about "
	}
	cost := about + baselines(f.Cost)
	if f.Formula != nil {
		cost += fmt.Sprintf(" = (m+1)/2 with m = %d", len(f.Stages))
	}
	if f.Probed > 0 {
		cost += fmt.Sprintf(", and %s samples forwarded to choose them", count(int(f.Probed)))
	}
	_, err = fmt.Fprintf(w, "\n%s on %s, %s training samples\n"+
		"samples  %s%s, in batches of %d\ncost     %s\ntime     about %s (a step takes %.1f ms)\n%s%s\n",
		f.Label, f.Data, count(f.Train), about, count(f.Samples), f.Batch, cost, seconds(f.Seconds), f.StepMS, f.memory(), f.description)
	return err
}

// memory is the line of the memory of the host; none where the system does not tell.
func (f forecast) memory() string {
	if f.PeakRSSMB == 0 {
		return ""
	}
	return fmt.Sprintf("memory   at least %s MB\n", count(f.PeakRSSMB))
}

// baselines is a cost in words.
func baselines(cost float64) string {
	if n := fmt.Sprintf("%.3g", cost); n != "1" {
		return n + " baselines"
	}
	return "1 baseline"
}

// which says what classes enter at stage i.
func (f forecast) which(i int) string {
	switch {
	case f.Paced != nil && f.Exact:
		return fmt.Sprintf("all; %s to %s samples an epoch", count(slices.Min(f.Paced)), count(slices.Max(f.Paced)))
	case f.Paced != nil:
		return "all; at most so many samples an epoch"
	case f.Method == "random-subset" && i < len(f.Stages)-1:
		return "all, a random subset of the samples"
	case !config.Config{Method: f.Method}.Chooses():
		return "all"
	case len(f.newNames[i]) > 0:
		return strings.Join(f.newNames[i], ", ")
	}
	return f.choice
}
