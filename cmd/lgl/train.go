package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/run"
	"github.com/local-to-global/lgl/task"
)

// train is `lgl train`.
func (a *app) train() *cobra.Command {
	out := ""
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train one network, from local to global, self-paced or plainly",
		Long: `Train one network, from local to global, self-paced or plainly. The run directory
gets the resolved settings (config.yaml), the log (events.jsonl), the weights of every
stage (weights/stage-K.safetensors) and a page of curves (report.html). Ctrl-C stops at
the end of the batch and keeps what lgl resume goes on from, to the same end; so do
checkpoints at the ends of epochs and stages, and every ten minutes, if the process is
killed. --on-nan rollback goes back to the last one at most three times.

Without a budget (--budget 0) baseline-equal sees as many samples as the lgl run with the
same --stages, --partition and --epochs would, its learning-rate schedule stretched over
them.

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

--warm changes the weights before every stage but the first, ahead of --reinit, and auto
leaves them alone where the run is too short for what that costs:
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
  lgl train --method baseline-equal --budget 0 --stages 3 --seed 2 --json
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
		c, err := s.resolve(a)
		if err != nil {
			return err
		}
		return a.trainOne(cmd.Context(), c, *e, out)
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

// vacant reports a directory in which no run can be trained, or should be: that of --out, or the usual one without it, where
// another name is taken if something is there.
func vacant(out, usual string) error {
	dir := filepath.Clean(cmp.Or(out, usual))
	if err := run.OutsideRuns(dir, filepath.Dir(dir)); err != nil {
		return failure.Usage(err)
	}
	if out == "" {
		return dirFits(filepath.Dir(usual))
	}
	return run.Vacant(out)
}

// trainNew trains t in out, or in the usual directory if that is "", and reports the result.
func (a *app) trainNew(ctx context.Context, t task.Task, e every, out, usual string) error {
	train, dir := run.Train, out
	if out == "" {
		train, dir = run.TrainBeside, usual
	}
	r, err := train(ctx, t, dir, a.options(e, &narrator{app: a}))
	if r.Run != "" {
		a.next = a.resumption(r.Run, e)
	}
	return a.finish(r, err)
}

// prepare makes a task of c, of a run that goes on with another where c extends that.
func (a *app) prepare(ctx context.Context, c config.Config) (task.Task, error) {
	b, err := run.BaseOf(c)
	if err != nil {
		return task.Task{}, err
	}
	return a.sets.Prepare(ctx, c, b)
}

// planned plans a run of which c was asked, and says what whoever starts it should know.
func (a *app) planned(c config.Config, t task.Task) (plan.Plan, error) {
	p, err := t.Plan()
	if err != nil {
		return p, err
	}
	if n := t.Plain.Size; n > 0 {
		a.say(fmt.Sprintf("images of %s are padded with zeros to %dx%d, the least that %s takes",
			data.ShapeText(t.Set.Train.Shape()), n, n, t.Config.Model))
	}
	batch := int64(t.Config.Batch)
	if steps := (p.Samples + batch - 1) / batch; steps < fewSteps {
		way := "take more --epochs"
		if batch > config.LeastBatch {
			way += ", or a smaller --batch"
		}
		a.say(fmt.Sprintf("warning: the run makes only %s, of batches of %d; a network needs some hundreds: %s",
			plural.Count(int(steps), "step"), batch, way))
	}
	a.tellWarm(c, t)
	return p, nil
}

// tellWarm says that weights are not shrunk between stages, where c left that open or has it of a shorter run, or that this
// will do harm.
func (a *app) tellWarm(c config.Config, t task.Task) {
	why := t.Config.TooShortToShrink(t.PerClass)
	switch {
	case !t.Config.Warms():
	case c.Warm == "auto" && t.Config.Warm == "none":
		a.say(fmt.Sprintf("--warm auto is none here, weights are not shrunk between stages: %s, too few to recover from that", why))
	case c.Warm == "none" && a.warmOf != "" && why == "":
		a.say(fmt.Sprintf("--warm none is that of %s; for a run of this length auto is shrink-perturb: --warm auto", a.warmOf))
	case t.Config.Warm == "shrink-perturb" && why != "":
		a.say(fmt.Sprintf("warning: %s, and shrunk weights may not recover: compare with --warm none", why))
	}
}

// fewSteps are too few to learn by: after 50 steps of the default settings on 160 pictures of four classes top-1 was
// 45 and 64 %, after 100 it was 93 %.
const fewSteps = 100

// options are what a run with checkpoints as e says needs of this program, of which n tells.
func (a *app) options(e every, n *narrator) run.Options {
	return run.Options{
		Say: a.say, Engine: openEngine, Sink: n, Begun: n.begin, Resumed: n.resumed, Step: n.step, Forwarded: n.forwarded,
		Steps: e.steps, Every: e.time, Outlets: a.outlets, Machine: machine(), Revision: build(),
	}
}

// trainOne trains a run of c and reports the result.
func (a *app) trainOne(ctx context.Context, c config.Config, e every, out string) error {
	usual := filepath.Join("runs", runName(c))
	if err := vacant(out, usual); err != nil {
		return err
	}
	if _, err := a.outlets.Server(); err != nil {
		return err
	}
	t, err := a.prepare(ctx, c)
	if err != nil {
		return err
	}
	a.say(fmt.Sprintf("%s: %s and %s of %s", t.Set.Name, plural.Count(t.Train.Len(), "training sample"),
		plural.Count(t.Set.Test.Len(), "test sample"), plural.Count(len(t.PerClass), "class")))
	if _, err := a.planned(c, t); err != nil {
		return err
	}
	return a.trainNew(ctx, t, e, out, usual)
}

// writeRun prints a result for people.
func writeRun(w io.Writer, r run.Result) error {
	err := columns(w, func(w io.Writer) {
		if r.Status != "done" {
			fmt.Fprintf(w, "not done\tthe run was %s %s\n", r.Status, inStage(r.Stage, r.Stages))
		}
		fmt.Fprintf(w, "method\t%s\n", r.Label)
		if r.Diverged {
			fmt.Fprintf(w, "diverged\tthe training loss is far above that of guessing, so that the accuracy says nothing of the method; take a smaller --lr\n")
		}
		fmt.Fprintf(w, "top-1\t%s on the test set at the last epoch (best epoch %s)\n", percentOf(r.Top1Last), percentOf(r.Top1Best))
		if r.Weights != "" && r.Carry != "last" {
			fmt.Fprintf(w, "\t%s with the weights kept, those of epoch %d (--carry %s)\n", percentOf(r.Top1Kept), r.CarryEpoch, r.Carry)
		}
		if r.Status == "done" && r.Extension == nil && len(r.Unrecognised) > 0 {
			fmt.Fprintf(w, "\tnot one test sample right of: %s\n", plural.Names(r.Unrecognised))
		}
		if r.Status == "done" && r.Extension == nil && len(r.Rare) > 0 {
			fmt.Fprintf(w, "\trare in training: %s; --balance oversample trains on every class as often\n", plural.Names(r.Rare))
		}
		if r.Status == "done" && r.Balance.Uneven {
			fmt.Fprintf(w, "\t%s\n", unevenly(r.Balance, r.Classes))
		}
		fmt.Fprintf(w, "samples\t%s trained on, %s only forwarded\n", count(r.SamplesSeen), count(r.SamplesProbed))
		fmt.Fprintf(w, "time\t%s, of it %s in training steps\n", seconds(r.Seconds), seconds(r.TrainSeconds))
		if r.Stages > 1 || r.Extension != nil {
			fmt.Fprintf(w, "entered\t%s\n", plural.Names(entered(r)))
		}
		fmt.Fprintf(w, "weights\t%s\nreport\t%s\n", cmp.Or(r.Weights, "none: not one step was made"), r.Report)
	})
	if err != nil || r.Extension == nil {
		return err
	}
	return writeExtension(w, *r.Extension)
}

// entered are the classes in the order in which they entered, but for those that the network knew before.
func entered(r run.Result) []string {
	if r.Extension == nil {
		return r.ClassesOrderNames
	}
	return r.ClassesOrderNames[min(r.Extension.Old.Classes, len(r.ClassesOrderNames)):]
}
