package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/run"
)

// entropy is `lgl entropy`.
func (a *app) entropy() *cobra.Command {
	trained, stage := "", 0
	cmd := &cobra.Command{
		Use:   "entropy RUN",
		Short: "Print H(T|X) of every class under a run's weights",
		Long: `Print H(T|X_{i}) in nats of every class i under a run's weights: the mean entropy of
the softmax, renormalised over the trained classes, over all training samples of
the class. It is what the dissimilar strategy takes the largest of, and the similar
one the smallest.`,
		Example: "  lgl entropy runs/a --stage 1\n  lgl entropy runs/a --trained 0,3,5 --json\n  lgl entropy runs/a --trained Sandal,Bag",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.entropyOne(cmd.Context(), args[0], trained, stage)
		},
	}
	cmd.Flags().StringVar(&trained, "trained", "", "classes over which the softmax runs, `indices or names` with commas between (default the stage's)")
	addStage(cmd, &stage)
	a.jsonFlag(cmd)
	return cmd
}

// entropies is the JSON of `lgl entropy`.
type entropies struct {
	Run          string         `json:"run"`
	Stage        int            `json:"stage"`
	Trained      []int          `json:"trained"`
	TrainedNames []string       `json:"trained_names"`
	Samples      int            `json:"samples"` // of training
	Entropies    []classEntropy `json:"entropies"`
}

// classEntropy is H(T|X_{i}) of class i.
type classEntropy struct {
	Class   int      `json:"class"`
	Name    string   `json:"name"`
	Trained bool     `json:"trained"`
	Samples int      `json:"samples"`
	Entropy *float64 `json:"entropy"` // in nats; null for a class without training samples
}

func (a *app) entropyOne(ctx context.Context, dir, list string, stage int) error {
	s, err := run.LoadSaved(dir, stage)
	if err != nil {
		return err
	}
	trained := s.Meta.Trained
	if list != "" {
		if trained, err = config.ParseClasses(list, s.Meta.Classes); err != nil {
			return failure.Usage(fmt.Errorf("--trained: %w", err))
		}
	}
	return a.askTraining(ctx, s, func(train data.Source, e *evaluate.Probe) error {
		e.Batch = a.screen.meter("forwarded", "sample")
		h, err := e.ClassEntropies(ctx, trained)
		if err != nil {
			return err
		}
		r := entropies{Run: dir, Stage: s.Meta.Stage, Trained: trained, TrainedNames: data.Names(train, trained), Samples: train.Len()}
		n, in := data.PerClass(train), metric.Mask(len(s.Meta.Classes), trained)
		for k, name := range s.Meta.Classes {
			r.Entropies = append(r.Entropies, classEntropy{k, name, in[k], n[k], record.Known(h[k])})
		}
		return a.result(r, r.write)
	})
}

// askTraining has question asked of what a run left, with a probe of its training samples.
func (a *app) askTraining(ctx context.Context, s run.Saved, question func(train data.Source, e *evaluate.Probe) error) (err error) {
	train, err := s.Training(ctx, a.sets)
	if err != nil {
		return movedAway(err, s)
	}
	e, done, err := s.Probe(ctx, train, openEngine, a.say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	return question(train, e)
}

// write prints the entropies, largest first.
func (r entropies) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "H(T|X) in nats over the classes %s; %s training samples, weights of stage %d\n\n",
		plural.Names(r.TrainedNames), count(r.Samples), r.Stage)
	if err != nil {
		return err
	}
	sorted := slices.Clone(r.Entropies)
	slices.SortStableFunc(sorted, func(a, b classEntropy) int { return cmp.Compare(record.Value(b.Entropy), record.Value(a.Entropy)) })
	return columns(w, func(w io.Writer) {
		fmt.Fprintln(w, "CLASS\tNAME\tTRAINED\tSAMPLES\tH")
		for _, c := range sorted {
			trained := ""
			if c.Trained {
				trained = "yes"
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%.6f\n", c.Class, inList(c.Name), trained, c.Samples, record.Value(c.Entropy))
		}
	})
}
