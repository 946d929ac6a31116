package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/record"
)

// eval is `lgl eval`.
func (a *app) eval() *cobra.Command {
	source, labels, stage := "", "", 0
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Evaluate a run's weights: top-1, per-class accuracy, confusion matrix",
		Long: `Evaluate a run's weights on the test samples of its data, or of others with its classes
or some of them, matched by name: top-1 over all classes, the accuracy of each class, the confusion matrix.`,
		Example: "  lgl eval runs/a\n  lgl eval runs/a --stage 1 --json\n  lgl eval runs/a --data ./other-images",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.evalOne(cmd.Context(), args[0], source, labels, stage)
		},
	}
	cmd.Flags().StringVar(&source, "data", "", "evaluate on the test samples of this data set, a name or a path (default the run's)")
	cmd.Flags().StringVar(&labels, "labels", "", "with --data: `file` with the classes of its pictures that lie in no class folder, as for lgl train")
	addStage(cmd, &stage)
	a.jsonFlag(cmd)
	return cmd
}

func addStage(cmd *cobra.Command, stage *int) {
	cmd.Flags().IntVar(stage, "stage", 0, "weights of this stage; 0: of the last one")
}

// evaluation is the JSON of an evaluation.
type evaluation struct {
	Run       string     `json:"run"`
	Stage     int        `json:"stage"`
	Data      string     `json:"data"`
	Samples   int        `json:"samples"`
	Top1      float64    `json:"top1"`
	Loss      float64    `json:"loss"`
	Classes   []string   `json:"classes"`
	PerClass  []*float64 `json:"per_class"` // accuracy; null for a class without test samples
	Confusion [][]int    `json:"confusion"` // row label, column prediction; null for more than 2,000 classes
}

func (a *app) evalOne(ctx context.Context, dir, source, labels string, stage int) (err error) {
	if labels != "" && source == "" {
		return &usageError{fmt.Errorf("--labels %s: is for the pictures of --data, which is missing; the run has its own", labels)}
	}
	if err := isThere("--labels", labels); err != nil {
		return err
	}
	s, err := loadSaved(dir, stage)
	if err != nil {
		return err
	}
	s.warnUnfinished(a)
	if source != "" {
		s.config.Data, s.config.Labels, s.config.OldData = source, labels, ""
	}
	set, err := a.openSaved(s, source != "")
	if err != nil {
		return err
	}
	e, done, err := s.open(a, set.Test)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	acc, seen, err := e.Accuracy(ctx, s.meta.Trained, false)
	if err != nil {
		return err
	}
	v := evaluation{
		Run: dir, Stage: s.meta.Stage, Data: set.Name, Samples: acc.Samples, Top1: acc.Top1, Loss: acc.Loss,
		Classes: s.meta.Classes,
	}
	if len(v.Classes) <= mostCounted {
		v.Confusion = seen.Confusion.Counts()
	}
	for _, share := range seen.Confusion.PerClass() {
		v.PerClass = append(v.PerClass, record.Known(share))
	}
	return a.result(v, v.write)
}

// The most classes whose confusion matrix fits a terminal, and memory: of 2,000 it has 32 MB.
const (
	widest      = 20
	mostCounted = 2000
)

// write prints the evaluation for people.
func (v evaluation) write(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "top-1 %.4f, loss %.4f, on the %s test samples of %s; weights of stage %d\n\n", v.Top1, v.Loss, count(v.Samples), v.Data, v.Stage); err != nil {
		return err
	}
	matrix := len(v.Classes) <= widest
	err := columns(w, func(w io.Writer) {
		fmt.Fprint(w, "\tCLASS\tACCURACY")
		for k := range v.Classes {
			if matrix {
				fmt.Fprintf(w, "\t%d", k)
			}
		}
		fmt.Fprintln(w)
		for k, name := range v.Classes {
			fmt.Fprintf(w, "%d\t%s\t%s", k, name, share(v.PerClass[k]))
			if matrix {
				for _, n := range v.Confusion[k] {
					fmt.Fprintf(w, "\t%d", n)
				}
			}
			fmt.Fprintln(w)
		}
	})
	if err != nil {
		return err
	}
	note := "\nRows are labels, columns predictions."
	if v.Confusion == nil {
		note = "\nThere are too many classes for a confusion matrix."
	} else if !matrix {
		note = "\nThe confusion matrix is in --json."
	}
	_, err = fmt.Fprintln(w, note)
	return err
}

// share writes a share that may not be known.
func share(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f", *x)
}
