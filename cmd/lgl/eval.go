package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/run"
)

// evalFlags are the run and the flags of `lgl eval`.
type evalFlags struct {
	run          string
	data, labels string // --data and --labels
	stage        int
	csv, wrong   bool
}

func (a *app) eval() *cobra.Command {
	var q evalFlags
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Evaluate a run's weights: top-1, per-class accuracy, confusion matrix",
		Long: `Evaluate a run's weights on the test samples of its data, or of others: top-1 over all
classes, the accuracy of each class, the confusion matrix. The 95% interval is Wilson's
(1927): what the number of test samples alone leaves open; another seed, or other
pictures, may change more. Classes are matched by name; those that only the run or only
the data have are named and left out. Of a folder of pictures in --data without a test
part, which the run was not trained on, all pictures are tested. How many files the run
was trained on, wherever they lie now, is told at the end.

--wrong lists instead the samples that are taken for another class, the surest first:
among these are those that have a wrong label. --csv has a line for each test sample, in
the order of the data: its file, or its number from 0 where the data are no files, its
class (label), the likeliest class (prediction) and that one's probability; with --wrong
only those that are wrong, in that order.`,
		Example: `  lgl eval runs/a
  lgl eval runs/a --stage 1 --json
  lgl eval runs/a --data ./other-images
  lgl eval runs/a --wrong
  lgl eval runs/a --csv > tested.csv`,
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.run = args[0]
			return a.evalOne(cmd.Context(), q)
		},
	}
	cmd.Flags().StringVar(&q.data, "data", "", "evaluate on this data set, a name or a path (default the run's)")
	cmd.Flags().StringVar(&q.labels, "labels", "", "with --data: `file` with the classes of its pictures that lie in no class folder, as for lgl train")
	cmd.Flags().BoolVar(&q.csv, "csv", false, "print CSV: file, label, prediction, probability")
	cmd.Flags().BoolVar(&q.wrong, "wrong", false, "list the samples that are taken for another class, the surest first")
	addStage(cmd, &q.stage)
	a.jsonFlag(cmd)
	return cmd
}

// evaluation is the JSON of an evaluation.
type evaluation struct {
	Run       string         `json:"run"`
	Stage     int            `json:"stage"`
	Data      string         `json:"data"`
	Samples   int            `json:"samples"`
	Top1      float64        `json:"top1"`
	Interval  [2]float64     `json:"top1_interval"` // of 95%, by the number of samples alone (metric.Wilson)
	Balance   metric.Balance `json:"balance"`
	Loss      float64        `json:"loss"`
	Classes   []string       `json:"classes"`
	PerClass  []*float64     `json:"per_class"` // accuracy; null for a class without test samples
	Tested    []int          `json:"samples_per_class"`
	Confusion [][]int        `json:"confusion"` // row label, column prediction; null for more than 2,000 classes
}

// check reports flags that do not go together.
func (q evalFlags) check() error {
	if q.labels != "" && q.data == "" {
		return failure.Usage(fmt.Errorf("--labels %s: is for the pictures of --data, which is missing; the run has its own", q.labels))
	}
	return isThere("--labels", q.labels)
}

func (a *app) evalOne(ctx context.Context, q evalFlags) (err error) {
	if err := errors.Join(q.check(), a.oneFormat(q.csv)); err != nil {
		return err
	}
	s, err := run.LoadSaved(q.run, q.stage)
	if err != nil {
		return err
	}
	a.warnUnfinished(s)
	set, err := a.sets.OpenTested(ctx, s.Config, s.Meta, q.data, q.labels)
	if err != nil {
		return movedAway(err, s)
	}
	e, done, err := s.Probe(ctx, set.Test, openEngine, a.say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	e.Batch = a.screen.meter("tested", "sample")
	switch {
	case q.wrong:
		err = a.writeMistakes(ctx, q, e, set.Test, mistakes{Run: q.run, Stage: s.Meta.Stage, Data: set.Name})
	case q.csv:
		err = a.writeTested(ctx, e, set.Test)
	default:
		err = a.assess(ctx, q, s, e, set)
	}
	if err == nil {
		s.WarnSeen(ctx, a.sets, q.data, set.Test, a.say)
	}
	return err
}

// movedAway adds a way out to the error of a run's data that are not where they were.
func movedAway(err error, s run.Saved) error {
	var absent *catalog.AbsentError
	if !errors.As(err, &absent) || absent.Path != s.Config.Data {
		return err
	}
	return failure.Hint(err, "the run was trained on it; if it was moved, write where it is now into data: in %s", filepath.Join(s.Run.Dir, "config.yaml"))
}

// assess evaluates and reports.
func (a *app) assess(ctx context.Context, q evalFlags, s run.Saved, e *evaluate.Probe, set catalog.Set) error {
	acc, seen, err := e.Accuracy(ctx, s.Meta.Trained, false)
	if err != nil {
		return err
	}
	v := evaluation{
		Run: q.run, Stage: s.Meta.Stage, Data: set.Name, Samples: acc.Samples, Top1: acc.Top1, Loss: acc.Loss, Balance: seen.Confusion.Balance(),
		Classes: s.Meta.Classes, Tested: data.PerClass(set.Test),
	}
	v.Interval[0], v.Interval[1] = seen.Confusion.Top1Interval()
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
	_, err := fmt.Fprintf(w, "top-1 %s, loss %.4f, on the %s test samples of %s; weights of stage %d\n"+
		"95%% interval of top-1: %s to %s, by the number of test samples alone (Wilson 1927)\n\n",
		percent(v.Top1), v.Loss, count(v.Samples), v.Data, v.Stage, percent(v.Interval[0]), percent(v.Interval[1]))
	if err != nil {
		return err
	}
	if v.Balance.Uneven {
		if _, err := fmt.Fprintf(w, "%s\n\n", unevenly(v.Balance, v.Classes)); err != nil {
			return err
		}
	}
	if err := columns(w, v.table); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, "\n"+v.note())
	return err
}

// matrix reports whether the confusion matrix fits the table.
func (v evaluation) matrix() bool { return len(v.Classes) <= widest }

// table writes the classes, with the confusion matrix beside them where it fits.
func (v evaluation) table(w io.Writer) {
	fmt.Fprint(w, "\tCLASS\tSAMPLES\tACCURACY")
	for k := range v.Classes {
		if v.matrix() {
			fmt.Fprintf(w, "\t%d", k)
		}
	}
	fmt.Fprintln(w)
	for k, name := range v.Classes {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s", k, inList(name), count(v.Tested[k]), percentOf(v.PerClass[k]))
		if v.matrix() {
			for _, n := range v.Confusion[k] {
				fmt.Fprintf(w, "\t%d", n)
			}
		}
		fmt.Fprintln(w)
	}
}

// note says how to read the table, and where the matrix is.
func (v evaluation) note() string {
	switch {
	case v.Confusion == nil:
		return "There are too many classes for a confusion matrix."
	case !v.matrix():
		return "The confusion matrix is in --json."
	}
	return "Rows are labels, columns predictions; --wrong lists what is taken for another class."
}

// unevenly says what top-1 hides on a test set of uneven classes.
func unevenly(b metric.Balance, classes []string) string {
	return fmt.Sprintf("uneven classes: the mean of their accuracies is %s; always to name %s, of which there are most, is a top-1 of %s",
		percent(b.Mean), plural.Names(classes[b.Largest:b.Largest+1]), percent(b.Share))
}
