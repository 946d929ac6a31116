package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/timing"
)

// plan is `lgl plan`.
func (a *app) plan() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Say what a training run will do and take; trains nothing, writes no run",
		Long: `Say what a training run will do and take: its stages, the samples that it trains on,
its cost in baselines of the same --epochs (--budget, or (m+1)/2 for m equal groups
without one), and the time and memory, from a few timed steps. Flags are those of train.
No run is written; the timings of algorithms are kept in lgl's cache, as train keeps them.`,
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
	m, err := e.Compile(t.Net, c.Batch, engine.Options{Log: a.say, Stop: ctx.Err})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	f := forecast{
		Method: c.Method, Label: c.Label(), Data: t.Set.Name, Train: t.Train.Len(), Batch: c.Batch, Plan: p, Formula: plan.Formula(c, t.PerClass),
		Engine: e.Info.Name, Why: e.Info.Why, Params: t.Net.TrainableValues(), MACs: t.Net.MACs(),
		description: e.Line(), choice: "chosen by H(T|X)",
	}
	if c.Select == "hierarchy" {
		f.choice = "chosen by the learnt hierarchy"
	}
	step, infer, err := timing.Task(ctx, t, m)
	if err != nil {
		return err
	}
	f.StepMS, f.InferMS, f.PeakRSSMB = timing.Milliseconds(step), timing.Milliseconds(infer), platform.PeakMemory()
	f.Seconds = (float64(p.Samples)*step.Seconds() + t.Forwarded(p)*infer.Seconds()) / float64(c.Batch)
	for _, s := range p.Stages {
		f.newNames = append(f.newNames, data.Names(t.Set.Train, s.Classes))
	}
	return a.result(f, f.write)
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
	host := ""
	if f.Engine == "xla" {
		host = " of the host"
	}
	return fmt.Sprintf("memory   at least %s MB%s\n", count(f.PeakRSSMB), host)
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
		return plural.Names(f.newNames[i])
	}
	return f.choice
}
