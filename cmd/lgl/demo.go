package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/engine/onednn"
	"github.com/local-to-global/lgl/paper"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// demo is `lgl demo`.
func (a *app) demo() *cobra.Command {
	out, seeds := "", 0
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Compare LGL with its baselines on Fashion-MNIST, in minutes",
		Long: fmt.Sprintf(`Compare LGL's three strategies on Fashion-MNIST with plain training for as many
epochs, and with plain training on as many samples: %s of the 60,000 training
images, and all 10,000 test images; ends with a table, and a page of curves that
opens without a network. Where oneDNN is not found, it takes %s images and a network
a quarter as wide.
Runs that are finished in --out are not trained again.`, count(paper.DemoFast.Samples), count(paper.DemoSlow.Samples)),
		Example: "  lgl demo\n  lgl demo --seeds 5 --out /tmp/demo --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if seeds < 1 {
				return &usageError{fmt.Errorf("--seeds %d: want at least 1", seeds)}
			}
			return a.compare(cmd.Context(), paper.Demo(seeds, demoSize()), out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "demo", "`directory` of the runs and of report.html")
	cmd.Flags().IntVar(&seeds, "seeds", 2, "seeds to repeat every method with")
	a.jsonFlag(cmd)
	return cmd
}

// demoSize is what the engine at hand trains in minutes.
func demoSize() paper.DemoSize {
	if onednn.Probe().Found {
		return paper.DemoFast
	}
	return paper.DemoSlow
}

// compare trains the cells of a suite that are not finished in dir, writes the page and prints
// the table.
func (a *app) compare(ctx context.Context, s paper.Suite, dir string) error {
	runs, err := a.runSuite(ctx, s, dir)
	if err != nil {
		return err
	}
	page := filepath.Join(dir, "report.html")
	if err := report.WriteHTMLFile(page, s.Title, runs); err != nil {
		return err
	}
	return a.table(runs, page)
}

// runSuite trains the cells of a suite that are not finished in dir and returns all runs.
func (a *app) runSuite(ctx context.Context, s paper.Suite, dir string) ([]report.Run, error) {
	pending, err := a.pend(ctx, s, dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	a.say(fmt.Sprintf("%s: %d runs, of them %d finished before; %s samples to train on", s.Title, len(s.Cells), len(s.Cells)-len(pending.cells), count(pending.total)))
	if err := paper.Run(ctx, s, dir, pending.train); err != nil {
		if errors.Is(err, context.Canceled) {
			a.say("the runs that are finished are kept; the same command goes on with the others")
		}
		return nil, err
	}
	return s.Load(dir)
}

// pending trains what is left of a suite, and knows how much that is.
type pending struct {
	app   *app
	suite paper.Suite
	cells []paper.Cell
	total int64 // samples to train on
	done  int64
	began time.Time
}

// pend works out what is left to do, and so finds what would stop a later cell before the first.
func (a *app) pend(ctx context.Context, s paper.Suite, dir string) (*pending, error) {
	cells, err := s.Pending(dir)
	if err != nil {
		return nil, conflicting(err)
	}
	p := &pending{app: a, suite: s, cells: cells, began: time.Now()}
	for _, c := range p.cells {
		t, err := a.prepare(ctx, c.Config)
		if err != nil {
			return nil, err
		}
		plan, err := t.plan()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		p.total += plan.Samples
	}
	return p, nil
}

// conflicting adds a way out to a results directory of another configuration.
func conflicting(err error) error {
	var c *paper.ConflictError
	if !errors.As(err, &c) {
		return err
	}
	return hint(err, "choose another --out, or move that run away: %s", c.Dir)
}

// train is the suite's paper.Trainer.
func (p *pending) train(ctx context.Context, c paper.Cell, dir string) (record.RunEnded, error) {
	t, err := p.app.prepare(ctx, c.Config)
	if err != nil {
		return record.RunEnded{}, err
	}
	i := 1 + slices.IndexFunc(p.suite.Cells, func(other paper.Cell) bool { return other.Name == c.Name })
	cell := fmt.Sprintf("%d of %d", i, len(p.suite.Cells))
	n := &narrator{app: p.app, cell: fmt.Sprintf("run %s: %s ", cell, c.Config.Label()), before: p.done, total: p.total, began: p.began}
	r, err := p.app.execute(ctx, t, dir, n)
	if err != nil {
		return r.RunEnded, err
	}
	p.done += r.SamplesSeen
	p.app.say(fmt.Sprintf("run %s: %-14s seed %d  top-1 %s  %s samples  %s", cell, c.Config.Label(), c.Config.Seed, share(r.Top1Last), count(r.SamplesSeen), seconds(r.Seconds)))
	return r.RunEnded, nil
}
