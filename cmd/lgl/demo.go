package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/engine/onednn"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/paper"
	"github.com/local-to-global/lgl/report"
)

// demo is `lgl demo`.
func (a *app) demo() *cobra.Command {
	out, seeds, jobs := "", 0, 0
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
				return failure.Usage(fmt.Errorf("--seeds %d: want at least 1", seeds))
			}
			return a.runDemo(cmd.Context(), paper.Demo(seeds, demoSize()), out, jobs)
		},
	}
	cmd.Flags().StringVar(&out, "out", "demo", "`directory` of the runs and of report.html")
	cmd.Flags().IntVar(&seeds, "seeds", 2, "seeds to repeat every method with")
	addJobs(cmd, &jobs)
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

// runDemo trains the cells of a suite that are not finished in dir, writes the page and prints
// the table.
func (a *app) runDemo(ctx context.Context, s paper.Suite, dir string, jobs int) error {
	const name = "report.html"
	if err := suiteFits(dir, name); err != nil {
		return err
	}
	runs, err := a.runSuite(ctx, s, dir, jobs, "free some")
	if err != nil {
		return err
	}
	page := filepath.Join(dir, name)
	if err := (report.Page{Title: s.Title, Runs: runs}).WriteFile(page); err != nil {
		return err
	}
	return a.table(runs, page)
}
