package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/engine/xla"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/paper"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/run"
)

// addJobs gives cmd --jobs.
func addJobs(cmd *cobra.Command, jobs *int) {
	cmd.Flags().IntVar(jobs, "jobs", 0, "runs to train at once, each with one thread; 0: one a core as far as they fit into memory, or three on a GPU, one where that fills it")
}

// suiteThreads is the threads of a run of a suite, whatever the number of runs at once, since a
// result can depend on it.
const suiteThreads = 1

// runSuite trains the cells of a suite that are not finished in dir and returns all runs. smaller says what to do where
// memory does not do for one.
func (a *app) runSuite(ctx context.Context, s paper.Suite, dir string, jobs int, smaller string) (runs []report.Run, err error) {
	if err := suiteFits(dir); err != nil {
		return nil, err
	}
	if err := checkJobs(jobs); err != nil {
		return nil, err
	}
	p, err := a.pend(ctx, s, dir)
	if err != nil {
		return nil, err
	}
	p.smaller = smaller
	if jobs, err = p.atOnce(jobs, platform.Cores(), platform.Available()); err != nil {
		return nil, err
	}
	p.jobs = jobs
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	unlock, err := run.Lock(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	a.say(fmt.Sprintf("%s: %s, of them %d finished before; %s samples to train on", s.Title, plural.Count(len(s.Cells), "run"), len(s.Cells)-len(p.cells), count(p.total)))
	p.tellLost(dir)
	if err := paper.Run(ctx, s, dir, jobs, p.train); err != nil {
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
	began time.Time

	least, about []int64 // footprints of the cells
	work         float64 // multiply-adds of the largest batch's forward pass
	smaller      string  // what to do where memory does not do for one
	jobs         int     // runs at once

	sync.Mutex                  // of what follows
	finished   int              // cells
	seen       map[string]int64 // samples trained on so far, by cell
	before     int64            // those of them of runs that were resumed, before that
}

// pend works out what is left to do, and so finds what would stop a later cell before the first.
func (a *app) pend(ctx context.Context, s paper.Suite, dir string) (*pending, error) {
	cells, err := s.Pending(dir)
	if err != nil {
		return nil, conflicting(err)
	}
	p := &pending{app: a, suite: s, cells: cells, began: time.Now(), seen: map[string]int64{}}
	for _, c := range p.cells {
		t, err := a.prepare(ctx, c.Config)
		if err == nil {
			err = t.Outside(filepath.Join(dir, c.Name))
		}
		if err != nil {
			return nil, err
		}
		plan, err := t.Plan()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		p.total += plan.Samples
		least, about := footprint(t)
		p.least, p.about = append(p.least, least), append(p.about, about)
		p.work = max(p.work, float64(t.Net.MACs())*float64(t.Config.Batch))
	}
	return p, nil
}

// tellLost says which runs in dir are trained anew, though something is there of them, and why.
func (p *pending) tellLost(dir string) {
	for _, c := range p.cells {
		if why := paper.Lost(filepath.Join(dir, c.Name)); why != "" {
			p.app.say(fmt.Sprintf("%s is trained anew: %s", c.Name, why))
		}
	}
}

// conflicting adds a way out to a results directory of another configuration.
func conflicting(err error) error {
	var c *paper.ConflictError
	if !errors.As(err, &c) {
		return err
	}
	return failure.Hint(err, "choose another --out, or move that run away: %s", c.Dir)
}

// train is the suite's paper.Trainer.
func (p *pending) train(ctx context.Context, c paper.Cell, dir string) error {
	if c.Config.Threads == 0 {
		c.Config.Threads = suiteThreads
	}
	t, err := p.app.prepare(ctx, c.Config)
	if err != nil {
		return err
	}
	n := &narrator{app: p.app, name: c.Name}
	n.follow = func(seen, before int64) { p.progress(c.Name, seen, before) }
	r, err := run.TrainOrContinue(ctx, t, dir, p.app.options(usually, n))
	if p.jobs > 1 && xla.OutOfMemory(err) {
		err = failure.Hint(err, "%d runs share the device: --jobs 1 has it for one", p.jobs)
	}
	if err != nil {
		return err
	}
	p.done(c, r)
	return nil
}

// progress notes how far a cell has come, before of it in an earlier process, and shows how far all have.
func (p *pending) progress(cell string, seen, before int64) {
	p.Lock()
	defer p.Unlock()
	if _, known := p.seen[cell]; !known {
		p.before += before
	}
	p.seen[cell] = seen
	all := int64(0)
	for _, n := range p.seen {
		all += n
	}
	own, total, spent := all-p.before, max(p.total, all, 1), time.Since(p.began)
	share := float64(all) / float64(total)
	p.app.screen.progress(fmt.Sprintf("%d of %d runs done  %s %3.0f%%  %.0f images/s  %s left",
		len(p.suite.Cells)-len(p.cells)+p.finished, len(p.suite.Cells), bar(share), 100*share, float64(own)/spent.Seconds(), seconds(remaining(own, total-all, spent))))
}

// done tells of a finished cell.
func (p *pending) done(c paper.Cell, r run.Result) {
	p.Lock()
	defer p.Unlock()
	p.finished++
	i := 1 + slices.IndexFunc(p.suite.Cells, func(other paper.Cell) bool { return other.Name == c.Name })
	p.app.say(fmt.Sprintf("run %d of %d: %-25s  top-1 %s  %s samples  %s",
		i, len(p.suite.Cells), c.Name, percentOf(r.Top1Last), count(r.SamplesSeen), seconds(r.Seconds)))
}
