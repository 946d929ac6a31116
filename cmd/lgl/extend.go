package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/run"
	"github.com/local-to-global/lgl/task"
)

// extendFlags are how a run is to be extended.
type extendFlags struct {
	dir, out string
	every    *every
	asked    config.Config  // the settings that have flags
	given    *pflag.FlagSet // the flags; of asked those that were given count
}

// extend is `lgl extend`.
func (a *app) extend() *cobra.Command {
	g := extendFlags{asked: config.Default()}
	cmd := &cobra.Command{
		Use:   "extend RUN",
		Short: "Teach a run's network new classes, without training it from scratch",
		Long: `Teach a run's network new classes, without training it from scratch. The new run goes
on from the weights of RUN, which must be done and stays as it is: the classes that RUN
knows keep their rows of the head, the new ones get rows of their own behind them, and
all are trained on as the next stage of LGL. Network, image size, normalisation and
the settings of training are RUN's.

--data are the data with the new classes, by default RUN's own as they are now. Classes
are matched by name. Those of RUN that are not in --data are taken from RUN's data; one
that is in --data is taken from there alone.

At the end stands the test accuracy on the old, the new and all classes before and after,
and what training from scratch would have cost. The new run is a run like any: lgl
resume, eval, predict, export, report, compare and extend work on it.`,
		Example: `  lgl extend runs/a                            # classes were added to the folder of its pictures
  lgl extend runs/a --data more --out runs/b   # more has the new classes alone, or all
  lgl extend runs/a --data more --budget 1     # at the cost of training from scratch
  lgl extend runs/a --data more --stages 3 --select dissimilar`,
		Args: oneArgument,
	}
	g.addFlags(cmd)
	a.addOutlets(cmd)
	a.jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		g.dir, g.given = args[0], cmd.Flags()
		return a.extendRun(cmd.Context(), &g)
	}
	return cmd
}

// addFlags gives cmd the flags of an extension.
func (g *extendFlags) addFlags(cmd *cobra.Command) {
	c := &g.asked
	c.Data, c.Stages, c.Budget, c.Balance, c.Epochs, c.Batch, c.LR, c.Seed = "", 1, 0, "", 0, 0, 0, 0
	f := cmd.Flags()
	f.SortFlags = false
	addFlagAs(cmd, "data", &c.Data, "`name or path` of the data with the new classes (default RUN's)")
	addFlag(cmd, "labels", &c.Labels)
	addFlagAs(cmd, "budget", &c.Budget, fmt.Sprintf("train on `B` times the samples of one baseline from scratch, epochs x all samples (default %v, or what makes %d steps, at most 1)", task.GrowthBudget, task.GrowthSteps))
	addFlagAs(cmd, "stages", &c.Stages, "let the new classes enter in `m` groups")
	addFlag(cmd, "select", &c.Select)
	addFlagAs(cmd, "warm", &c.Warm, "what happens to the weights before every stage, the first too: "+strings.Join(config.Words("warm"), ", "))
	addFlagAs(cmd, "balance", &c.Balance, about["balance"]+": "+strings.Join(config.Words("balance"), ", ")+" (default RUN's)")
	addFlag(cmd, "train-samples", &c.TrainSamples)
	addFlag(cmd, "distill", &c.Distill)
	addFlagAs(cmd, "epochs", &c.Epochs, "epochs `n` of a baseline, the unit of --budget; 0: RUN's")
	addFlagAs(cmd, "batch", &c.Batch, "mini-batch `size`; 0: as lgl train chooses it for so many samples (default RUN's)")
	addFlagAs(cmd, "lr", &c.LR, "learning `rate` at the start of every stage; 0: as lgl train chooses it for the batch (default RUN's)")
	addFlagAs(cmd, "seed", &c.Seed, "seed of everything that is random; 0: RUN's")
	addEngine(cmd, c)
	addFlag(cmd, "threads", &c.Threads)
	g.every = addEvery(cmd)
	f.StringVar(&g.out, "out", "", "run `directory`, new or empty (default a new one, RUN-extended)")
}

// check reports flags with values that no run can give a sense.
func (g *extendFlags) check() error {
	switch c := g.asked; {
	case c.Stages < 1:
		return failure.Usage(fmt.Errorf("--stages %d: want at least 1", c.Stages))
	case g.given.Changed("budget") && !(c.Budget > 0):
		return failure.Usage(fmt.Errorf("--budget %v: want more than 0 baselines of samples to train on", c.Budget))
	}
	return nil
}

// extendRun makes the new run and reports the result.
func (a *app) extendRun(ctx context.Context, g *extendFlags) error {
	if err := g.check(); err != nil {
		return err
	}
	b, err := run.LoadBase(g.dir)
	if err != nil {
		return err
	}
	if err := vacant(g.out, g.beside()); err != nil {
		return err
	}
	if _, err := a.outlets.Server(); err != nil {
		return err
	}
	c, err := g.settings(b)
	if err != nil {
		return err
	}
	t, lacking, err := a.sets.Extend(ctx, c, b)
	if err != nil {
		return err
	}
	a.tellGrowth(t, lacking, g.given.Changed("budget"))
	if _, err := a.planned(c, t); err != nil {
		return err
	}
	return a.trainNew(ctx, t, *g.every, g.out, g.beside())
}

// beside is where the new run goes if nothing is asked for: beside the run that is extended.
func (g *extendFlags) beside() string {
	dir := filepath.Clean(g.dir)
	if name := filepath.Base(dir); name == "." || name == ".." {
		if full, err := filepath.Abs(dir); err == nil { // which has a name
			dir = full
		}
	}
	return dir + "-extended"
}

// settings are those of a run that goes on with b, with what the flags say.
func (g *extendFlags) settings(b *task.Base) (config.Config, error) {
	c := b.Settings()
	g.overlay(&c)
	if err := namedFiles(c); err != nil {
		return c, err
	}
	c.Data = catalog.Absolute(c.Data)
	absolute(&c)
	return c, nil
}

// overlay sets what the flags ask for; an --epochs or --seed of 0 asks for nothing.
func (g *extendFlags) overlay(c *config.Config) {
	epochs, seed := c.Epochs, c.Seed
	if g.given.Changed("data") {
		c.Labels = "" // RUN's are of RUN's data
	}
	overlay(c, g.asked, g.given)
	if g.asked.Epochs == 0 {
		c.Epochs = epochs
	}
	if g.asked.Seed == 0 {
		c.Seed = seed
	} else {
		c.SeedInit, c.SeedOrder, c.SeedClasses = 0, 0, 0
	}
}

// tellGrowth says which classes are new, where those come from that the new data lack, and what is left out. asked is whether
// a budget was asked for.
func (a *app) tellGrowth(t task.Task, lacking []string, asked bool) {
	c, base, known := t.Config, t.Base.Run(), t.Base.Meta.Classes
	a.say(fmt.Sprintf("%s knows %d classes; new: %s", base, len(known), plural.Names(t.NewClasses())))
	if c.OldData != "" {
		which := "all of them"
		if len(lacking) < len(known) {
			which = plural.Names(lacking)
		}
		a.say(fmt.Sprintf("%s lacks classes of %s, which are taken from %s: %s", c.Data, base, strings.Join(c.OldSets(), " and "), which))
	}
	for k, n := range data.PerClass(t.Set.Test) {
		if n == 0 {
			a.say(fmt.Sprintf("class %q has no test samples: it is trained on, but not tested", t.Set.Train.Classes()[k]))
		}
	}
	if c.Budget > task.GrowthBudget && !asked {
		a.say(fmt.Sprintf("--budget %v, as half a baseline would be fewer than %d steps here", c.Budget, task.GrowthSteps))
	}
	if n := t.Base.Config.TrainSamples; n > 0 && c.TrainSamples == 0 {
		a.say(fmt.Sprintf("%s was trained on %s samples of its data; this run trains on all %s: --train-samples n takes some", base, count(n), count(t.Train.Len())))
	}
}
