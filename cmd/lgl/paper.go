package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/paper"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/run"
)

// paper is `lgl paper`.
func (a *app) paper() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "paper",
		Short: "Run the paper's experiments: its figures 2 and 3, its tables 1 to 4",
		Long: `Run the paper's experiments. Each trains the runs that are not finished yet, and ends in
a table, which it also writes as Markdown and CSV, a figure as SVG and PNG, and a page
of the runs. The paper's numbers stand beside the new ones.`,
		Example: "  lgl paper toy\n  lgl paper table1 --scale small --seeds 5\n  lgl paper figure3 --data cifar10 --scale full --seeds 1",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, e := range paper.Experiments() {
		cmd.AddCommand(a.experiment(e))
	}
	return cmd
}

// experimentFlags are the flags of an experiment.
type experimentFlags struct {
	data, scale, out string
	seeds, jobs      int
	trained, models  []string
	on               config.Config // its engine, precision and plugin
}

// experiment is `lgl paper NAME`.
func (a *app) experiment(e paper.Experiment) *cobra.Command {
	f := experimentFlags{on: config.Default()}
	cmd := &cobra.Command{
		Use: e.Name, Short: e.Short, Args: noArgs,
		Long: e.Long + `

Scale full is the paper's setting, small takes minutes to hours on two cores, tiny seconds
to minutes. Runs are kept in --out and not trained again; experiments share them.`,
		Example: cmp.Or(e.Example, fmt.Sprintf("  lgl paper %s --scale small --seeds 5\n  lgl paper %[1]s --scale tiny --seeds 2 --out /tmp/results", e.Name)),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runExperiment(cmd.Context(), e, f)
		},
	}
	if e.Data != nil {
		cmd.Flags().StringVar(&f.data, "data", "", "data set, a name (lgl data ls) or a path (default the paper's where they are, else fashion-mnist and glyphs)")
	}
	if e.Models != nil {
		cmd.Flags().StringVar(&f.data, "data", "", "`directory` of ImageNet, or of other pictures, in a folder for each class")
		cmd.Flags().StringSliceVar(&f.models, "model", nil,
			"`name` of a network, "+strings.Join(e.Models, ", ")+"; may be given more than once (default all)")
	}
	cmd.Flags().StringVar(&f.scale, "scale", "small", "size of the runs: `"+strings.Join(paper.Scales(), "|")+"`")
	cmd.Flags().IntVar(&f.seeds, "seeds", cmp.Or(e.Seeds, 3), "seeds to repeat every run with")
	cmd.Flags().StringVar(&f.out, "out", "results", "`directory` of the runs and of what comes of them")
	addJobs(cmd, &f.jobs)
	addEngine(cmd, &f.on)
	if e.Name == "table2" {
		cmd.Flags().StringArrayVar(&f.trained, "trained", nil, "classes to train on, `indices or names` with commas between; may be given more than once")
	}
	a.jsonFlag(cmd)
	return cmd
}

// check reports flags with values that they cannot have.
func (f experimentFlags) check(e paper.Experiment) error {
	unknown := slices.IndexFunc(f.models, func(name string) bool { return !slices.Contains(e.Models, name) })
	switch {
	case unknown >= 0:
		return failure.Usage(fmt.Errorf("--model %q: want %s", f.models[unknown], strings.Join(e.Models, " or ")))
	case !slices.Contains(paper.Scales(), f.scale):
		return failure.Usage(fmt.Errorf("--scale %q: want %s", f.scale, strings.Join(paper.Scales(), ", ")))
	case f.seeds < 1:
		return failure.Usage(fmt.Errorf("--seeds %d: want at least 1", f.seeds))
	}
	if err := f.on.Check(); err != nil {
		return failure.Usage(err)
	}
	return nil
}

// experimentResult is the JSON of an experiment on one data set.
type experimentResult struct {
	Experiment string         `json:"experiment"`
	Data       string         `json:"data"`
	Scale      string         `json:"scale"`
	Seeds      int            `json:"seeds"`
	Tables     []report.Sheet `json:"tables"`
	Files      []string       `json:"files"`
}

// runExperiment runs an experiment on every data set that stands for one of the paper's.
func (a *app) runExperiment(ctx context.Context, e paper.Experiment, f experimentFlags) error {
	if err := f.check(e); err != nil {
		return err
	}
	if err := suiteFits(f.out); err != nil {
		return err
	}
	setups, err := a.setups(ctx, e, f)
	if err != nil {
		return err
	}
	for _, s := range setups {
		if err := suiteFits(f.out, paper.Files(e.ResultName(s))...); err != nil {
			return err
		}
	}
	var results []experimentResult
	for _, s := range setups {
		var r experimentResult
		if r, err = a.runSetup(ctx, e, s, f); err != nil {
			break
		}
		results = append(results, r)
	}
	if results == nil || beginsAgain(err) { // and then comes here once more
		return err
	}
	return errors.Join(err, a.result(map[string]any{"results": results}, func(w io.Writer) error { return writeResults(w, results) }))
}

// writeResults prints the first table of each result, and where its files are.
func writeResults(w io.Writer, results []experimentResult) error {
	for i, r := range results {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := r.Tables[0].WriteText(w); err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s\n", strings.Join(r.Files, "\n"))
	}
	return nil
}

// setups works out what data an experiment runs on.
func (a *app) setups(ctx context.Context, e paper.Experiment, f experimentFlags) ([]paper.Setup, error) {
	if e.Pictures != nil {
		s, err := a.photos(ctx, e, f)
		return []paper.Setup{s}, err
	}
	if e.Data == nil {
		return []paper.Setup{{Data: paper.Data{Name: e.Name}, Scale: f.scale, Seeds: f.seeds}}, nil
	}
	names := []string{catalog.Absolute(f.data)}
	if f.data == "" {
		names = a.standing(e.Data)
	}
	var setups []paper.Setup
	for _, name := range names {
		s, err := a.setup(ctx, name, f)
		if err != nil {
			return nil, err
		}
		setups = append(setups, s)
	}
	return setups, nil
}

// photos reads the folder of pictures of an experiment, which nothing can stand for.
func (a *app) photos(ctx context.Context, e paper.Experiment, f experimentFlags) (paper.Setup, error) {
	if f.data == "" {
		return paper.Setup{}, failure.Hint(failure.Usage(errors.New("--data DIR is missing: want the directory of the pictures")), "%s", e.Wanted)
	}
	c := config.Default()
	c.Data, c.ImageSize = catalog.Absolute(f.data), e.Pictures(f.scale)
	set, err := a.sets.Open(ctx, c)
	if _, statErr := os.Stat(f.data); err != nil && statErr != nil {
		return paper.Setup{}, failure.Hint(err, "%s", e.Wanted)
	} else if err != nil {
		return paper.Setup{}, err
	}
	if !set.IsPictures() {
		return paper.Setup{}, failure.Hint(failure.Usage(fmt.Errorf("--data %s: is no folder of pictures", f.data)), "%s", e.Wanted)
	}
	return setupOf(set, c.Data, f), nil
}

// setupOf is the setup of an experiment on a data set.
func setupOf(set catalog.Set, arg string, f experimentFlags) paper.Setup {
	d := paper.Data{Arg: arg, Name: set.Name, Classes: set.Train.Classes(), Train: set.Train.Len(), Pictures: data.Fingerprint(set.Train, set.Test)}
	return paper.Setup{Data: d, Scale: f.scale, Seeds: f.seeds, Models: f.models}
}

// standing picks, for each data set of the paper's, the first that is here of those that can stand
// for it. Where none is, it says so; where none is for any, the first is left to fail with the way
// to get it.
func (a *app) standing(choices [][]string) (names []string) {
	here := map[string]bool{}
	for _, d := range catalog.List() {
		here[d.Name] = d.Found
	}
	for _, choice := range choices {
		i := slices.IndexFunc(choice, func(name string) bool { return here[name] })
		if i < 0 {
			a.say(fmt.Sprintf("none of %s is here: that part of the experiment is left out", strings.Join(choice, ", ")))
			continue
		}
		names = append(names, choice[i])
	}
	if names == nil {
		names = choices[0][len(choices[0])-1:]
	}
	return names
}

// setup reads the data set of a setup as far as the experiment must know it.
func (a *app) setup(ctx context.Context, name string, f experimentFlags) (paper.Setup, error) {
	c := config.Default()
	c.Data = name
	set, err := a.sets.Open(ctx, c)
	if err != nil {
		return paper.Setup{}, err
	}
	s, classes := setupOf(set, name, f), set.Train.Classes()
	for _, list := range f.trained {
		ks, err := config.ParseClasses(list, classes)
		switch {
		case err != nil:
			return s, failure.Hint(failure.Usage(fmt.Errorf("--trained %s: %s: %w", list, set.Name, err)), "a list is of classes of one data set; --data says which")
		case slices.ContainsFunc(s.Trained, func(before []int) bool { return sameClasses(before, ks) }):
			return s, failure.Usage(fmt.Errorf("--trained %s: is given twice; --seeds says how many runs each list has", list))
		case len(ks) < 2 || len(ks) >= len(classes):
			return s, failure.Usage(fmt.Errorf("--trained %s: want 2 to %d classes, so that H(T|X) is not 0 for all, and others are left", list, len(classes)-1))
		}
		s.Trained = append(s.Trained, ks)
	}
	return s, nil
}

// sameClasses tells whether two lists have the same classes.
func sameClasses(a, b []int) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// runSetup trains what is missing, and writes and returns the result.
func (a *app) runSetup(ctx context.Context, e paper.Experiment, s paper.Setup, f experimentFlags) (experimentResult, error) {
	r := experimentResult{Experiment: e.Name, Data: s.Data.Name, Scale: s.Scale, Seeds: s.Seeds}
	suite := e.Suite(s)
	suite.Pictures = s.Data.Pictures
	suite.On(f.on)
	runs, err := a.runSuite(ctx, suite, filepath.Join(f.out, s.Folder()), f.jobs, "take a smaller --scale, or free some")
	if err != nil {
		return r, ofScale(err)
	}
	result, err := e.Result(ctx, s, runs, prober{a})
	if err != nil {
		return r, err
	}
	r.Tables = result.Tables
	r.Files, err = result.WriteFiles(filepath.Join(f.out, e.ResultName(s)), suite.Title, runs)
	return r, err
}

// ofScale adds to an error of a run that proposes another --batch what chooses that here, if there is no other way out.
func ofScale(err error) error {
	if !strings.Contains(err.Error(), "--batch") || failure.HintOf(err) != "" {
		return err
	}
	return failure.Hint(err, "lgl paper has no --batch: it goes by --scale; take a smaller one, or more data where they are too few")
}

// prober is the paper.Prober of this machine.
type prober struct{ app *app }

// lastWeights are those of a finished run of a suite.
func lastWeights(dir string) (run.Saved, error) {
	s, err := run.LoadSaved(dir, 0)
	if err != nil && failure.HintOf(err) == "" {
		err = failure.Hint(err, "this experiment asks the network, too: if the run was copied, copy its weights; or move %s away, and it is trained anew", shell.Quoted(dir))
	}
	return s, err
}

// Entropies measures as `lgl entropy` does.
func (p prober) Entropies(ctx context.Context, dir string) (h []float64, err error) {
	s, err := lastWeights(dir)
	if err != nil {
		return nil, err
	}
	err = p.app.askTraining(ctx, s, func(_ data.Source, e *evaluate.Probe) (err error) {
		h, err = e.ClassEntropies(ctx, s.Meta.Trained)
		return err
	})
	return h, err
}

// Samples reads the training samples and measures their losses.
func (p prober) Samples(ctx context.Context, dir string) (samples []paper.Sample, err error) {
	s, err := lastWeights(dir)
	if err != nil {
		return nil, err
	}
	err = p.app.askTraining(ctx, s, func(train data.Source, e *evaluate.Probe) error {
		losses, err := e.Losses(ctx, data.All(train))
		if err != nil {
			return err
		}
		for i, loss := range losses {
			x := make([]float32, len(s.Meta.Mean))
			if err := train.Sample(i, x); err != nil {
				return err
			}
			samples = append(samples, paper.Sample{X: x, Label: train.Label(i), Loss: loss})
		}
		return nil
	})
	return samples, err
}
