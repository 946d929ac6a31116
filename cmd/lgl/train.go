package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// train is `lgl train`.
func (a *app) train() *cobra.Command {
	out := ""
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train one network, from local to global, self-paced or plainly",
		Long: `Train one network, from local to global, self-paced or plainly. The run directory gets the resolved
settings (config.yaml), the log (events.jsonl), the weights of every stage
(weights/stage-K.safetensors) and a page of curves (report.html). Ctrl-C stops at
the end of the batch and keeps what lgl resume goes on from, to the same end; so do
checkpoints at the ends of epochs and stages, and every ten minutes, if the process is
killed. --on-nan rollback goes back to the last one at most three times.

baseline-equal sees as many samples as the lgl run with the same --stages,
--partition and --epochs would, its learning-rate schedule stretched over them.

With --budget B lgl, its controls and the baselines see B x epochs x N samples of the N
for training. LGL's stages share them in equal epochs, or the last one gets --last-share
of them and the others share the rest; each stage runs through the schedule of --epochs,
compressed or stretched to its samples.

The controls see as many samples as the lgl run with the same settings:
  restarts-only   all classes in every stage, learning rate and momentum restart: the
                  baseline with LGL's restarts
  reinit-only     all classes, one schedule; head rows drawn anew at the same steps
  random-subset   stages of the same sizes, samples drawn without regard to class
  no-restart      lgl, with one learning-rate schedule over the whole run

--warm changes the weights before every stage but the first, ahead of --reinit:
shrink-perturb makes w to a w + b std(w) N(0, 1), tensor by tensor (Ash and Adams
2020), and leaves the running statistics of batch norm; redraw draws the last layers
anew, batch norms with their statistics.

--compat authors replays faults of the paper's published script: the head stays as it
was drawn, the sorted active classes have its first rows in every stage, the best
epoch by test accuracy goes on, momentum is kept, and a stage has one epoch less, the
first at the second's rate.

--select hierarchy fills every group from as many superclasses as it can, or branch by
branch. Learnt superclasses come from the network after each stage: classes that it
takes for the same trained classes lie near each other (average linkage of their mean
softmax). A --hierarchy FILE has lines "superclass: [class, class]".

spl (easy samples first), spl-inv (hard ones first) and spld (easy ones of every
class) are self-paced: before each epoch they choose, by their losses, the samples
to train on, and in the last epochs train on all.

--augment takes torchvision's transforms as parts with commas between, in any order;
they are done in that of torchvision's reference recipe: crop (or, of pictures in
folders, resized-crop), flip, color-jitter=BRIGHTNESS:CONTRAST:SATURATION:HUE,
rand-augment=OPERATIONS:MAGNITUDE or trivial-augment, normalisation, and
erase=PROBABILITY, or erase=PROBABILITY:random. auto is the crop and flip that suit the
data; parts without values get 0.4:0.4:0.4:0.1, 2:9 and 0.5. A last value bilinear makes
rand-augment and trivial-augment interpolate.`,
		Example: `  lgl train --data toy --model mlp --epochs 5
  lgl train --data fashion-mnist --train-samples 6000 --select dissimilar --epochs 4
  lgl train --method baseline-equal --stages 3 --seed 2 --json
  lgl train --budget 1 --last-share 0.8 --warm shrink-perturb --stages 2
  lgl train --method spl --losses running --epochs 20
  lgl train --data ./photos --augment auto,color-jitter,rand-augment=2:9,erase=0.25
  lgl train --config runs/a/config.yaml --seed 3 --out runs/a-s3
  lgl train --tensorboard --mlflow http://localhost:5000`,
		Args: noArgs,
	}
	s := addSettings(cmd)
	e := addEvery(cmd)
	a.addOutlets(cmd)
	cmd.Flags().StringVar(&out, "out", "", "run `directory`, new or empty (default a new one, runs/DATA-MODEL-METHOD-sSEED)")
	a.jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := s.resolve(a.say)
		if err != nil {
			return err
		}
		if out != "" {
			return a.trainOne(cmd.Context(), c, *e, out)
		}
		for { // another process can take the name in the meantime
			err := a.trainOne(cmd.Context(), c, *e, freePath(filepath.Join("runs", runName(c))))
			if !errors.Is(err, errTaken) {
				return err
			}
		}
	}
	return cmd
}

// runName names the run of c: fashion-mnist-vgg11-lgl-dissimilar-s1.
func runName(c config.Config) string {
	words := strings.FieldsFunc(strings.ToLower(strings.Join([]string{filepath.Base(c.Data), c.Model, c.Method, c.Select}, "-")), func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789._", r)
	})
	return fmt.Sprintf("%s-s%d", strings.Join(words, "-"), c.Seed)
}

// freePath returns path, with -2, -3 ... where something is there already.
func freePath(path string) string {
	free := path
	for i := 2; ; i++ {
		if _, err := os.Lstat(free); err != nil {
			return free
		}
		free = fmt.Sprintf("%s-%d", path, i)
	}
}

// trainOne trains, writes the page and reports the result.
func (a *app) trainOne(ctx context.Context, c config.Config, e every, dir string) error {
	if err := vacant(dir); err != nil {
		return err
	}
	if _, err := a.outlets.server(); err != nil {
		return err
	}
	t, err := a.prepare(ctx, c)
	if err != nil {
		return err
	}
	if _, err := a.planned(t); err != nil {
		return err
	}
	r, err := a.execute(ctx, t, dir, e, &narrator{app: a})
	return a.finish(r, err)
}

// runResult is the JSON of a training run.
type runResult struct {
	Run    string `json:"run"` // the run directory
	Method string `json:"method"`
	Label  string `json:"label"`
	record.RunEnded
	Stage             int      `json:"stage"`  // the last that began
	Stages            int      `json:"stages"` // planned
	ClassesOrderNames []string `json:"classes_order_names"`
	Carry             string   `json:"carry"`       // which weights of the last stage were kept
	CarryEpoch        int      `json:"carry_epoch"` // its epoch
	Weights           string   `json:"weights"`     // of the last stage
	SHA256            string   `json:"sha256"`      // of that file
	Engine            string   `json:"engine"`
	Report            string   `json:"report"`
	// Extension is what a run of lgl extend did to the classes known before, and to the new ones.
	Extension *extension `json:"extension,omitempty"`
}

// write prints the result for people.
func (r runResult) write(w io.Writer) error {
	err := columns(w, func(w io.Writer) {
		if r.Status != "done" {
			fmt.Fprintf(w, "not done\tthe run was %s %s\n", r.Status, inStage(r.Stage, r.Stages))
		}
		fmt.Fprintf(w, "method\t%s\n", r.Label)
		fmt.Fprintf(w, "top-1\t%s on the test set at the last epoch (best epoch %s)\n", share(r.Top1Last), share(r.Top1Best))
		if r.Carry != "last" {
			fmt.Fprintf(w, "\t%s with the weights kept, those of epoch %d (--carry %s)\n", share(r.Top1Kept), r.CarryEpoch, r.Carry)
		}
		fmt.Fprintf(w, "samples\t%s trained on, %s only forwarded\n", count(r.SamplesSeen), count(r.SamplesProbed))
		fmt.Fprintf(w, "time\t%s, of it %s in training steps\n", seconds(r.Seconds), seconds(r.TrainSeconds))
		fmt.Fprintf(w, "entered\t%s\n", someNames(r.ClassesOrderNames))
		fmt.Fprintf(w, "weights\t%s\nreport\t%s\n", cmp.Or(r.Weights, "none: not one step was made"), r.Report)
	})
	if err != nil || r.Extension == nil {
		return err
	}
	return r.Extension.write(w)
}

func seconds(s float64) string { return duration(time.Duration(s * float64(time.Second))) }

// errTaken is the error of a run directory that holds something.
var errTaken = errors.New("the directory is not empty; runs are never written over")

func taken(dir string) error {
	err := fmt.Errorf("--out %s: %w", dir, errTaken)
	if _, no := os.Stat(filepath.Join(dir, "checkpoints")); no == nil {
		return failure.Hint(err, "lgl resume %s goes on with the run there; or choose another --out", shell.Quoted(dir))
	}
	return failure.Hint(err, "choose another --out")
}

// vacant reports a run directory that cannot be a new one.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("--out: %w", err)
	case len(entries) > 0:
		return taken(dir)
	}
	return nil
}

// plan works out the stages, and reports what would stop them.
func (t task) plan() (plan.Plan, error) {
	p, err := plan.New(t.config, t.perClass, t.order, t.baseline...)
	if err == nil {
		err = t.checkWarm()
	}
	if err == nil && t.net.HasBatchNorm() {
		err = p.Check(t.config.Batch)
	}
	if err != nil {
		return p, failure.Usage(err)
	}
	return p, nil
}

// writeConfig writes config.yaml.
func (t task) writeConfig(dir string) error {
	text, err := t.config.YAML()
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, "config.yaml"), func(w io.Writer) error { _, err := w.Write(text); return err })
}

// started is the first event.
func (t task) started(dir string, p plan.Plan, e record.Engine) record.RunStarted {
	init, order, classes := t.config.Seeds()
	d := record.Data{
		Name: t.set.Name, Train: t.train.Len(), Test: t.set.Test.Len(), Classes: t.set.Train.Classes(),
		PerClass: t.perClass, Shape: t.net.Input, Mean: t.plain.Mean, Std: t.plain.Std,
		Decoder: t.decoder(), SHA256: t.pictures,
	}
	if t.held != nil {
		d.Validation = t.held.Len()
	}
	return record.RunStarted{
		Format: record.Format, Run: filepath.Base(dir), Method: t.config.Method, Label: t.config.Label(), Config: t.config.Map(),
		Data: d, Model: record.Model{Name: t.net.Name, Params: t.net.TrainableValues(), MACs: t.net.MACs(), InitSHA256: t.initial.sum}, Engine: e, Machine: machine(), Revision: build(),
		Seeds:           map[string]uint64{"init": init, "order": order, "classes": classes},
		StagesPredicted: len(p.Stages), EpochsPredicted: p.Epochs(), SamplesPredicted: p.Samples, CostPredicted: p.Cost, Extends: t.extends,
	}
}

// meta is what the weights files say of themselves.
func (t task) meta() checkpoint.Meta {
	m := checkpoint.Meta{
		Net: t.net.Name, Input: t.net.Input, Classes: t.set.Train.Classes(),
		Mean: t.plain.Mean, Std: t.plain.Std, Config: t.config.Map(),
	}
	delete(m.Config, "tags") // with which the weights would have another digest
	if t.plain.Size > 0 {
		m.Image = t.set.Train.Shape()
	}
	return m
}

// result gathers what a run gave.
func (t task) result(dir string, ended record.RunEnded, last record.StageEnded, engine, page string) runResult {
	r := runResult{
		Run: dir, Method: t.config.Method, Label: t.config.Label(), RunEnded: ended,
		ClassesOrderNames: []string{}, Carry: last.Carry, CarryEpoch: last.CarryEpoch, SHA256: last.SHA256,
		Engine: engine, Report: page, Extension: t.extension(ended, last),
	}
	if last.Weights != "" {
		r.Weights = filepath.Join(dir, filepath.FromSlash(last.Weights))
	}
	for _, k := range ended.ClassesOrder {
		r.ClassesOrderNames = append(r.ClassesOrderNames, t.set.Train.Classes()[k])
	}
	return r
}

// writePage writes the page of one run.
func writePage(path, dir string) error {
	r, err := report.Load(dir)
	if err != nil {
		return err
	}
	return report.WriteHTMLFile(path, r.Started.Label+" on "+r.Started.Data.Name, []report.Run{r})
}
