package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/run"
)

// about says what each setting is, for the help of its flag; a word in back quotes names the
// flag's value there. The order of the flags is that of config.Config.
var about = map[string]string{
	"data":            "data set: a name (lgl data ls) or a path",
	"labels":          "`file` with the classes of the pictures in --data that lie in no class folder: CSV of file,label (default DIR/labels.csv, where it is)",
	"train-samples":   "train on a seeded, stratified subset of `n` samples; 0: on all",
	"only-classes":    "train a baseline on these classes alone, `indices or names` with commas between",
	"extend":          "run whose network goes on, for more classes: set by lgl extend",
	"known-classes":   "classes that this network knows: set by lgl extend",
	"old-data":        "data sets of classes that --data lacks: set by lgl extend",
	"augment":         "how training images vary, `parts` of these with commas between, values after =, as in color-jitter=0.4:0.4:0.4:0.1, rand-augment=2:9, erase=0.25; auto: resized-crop-flip for folders of pictures, crop-flip for CIFAR, nothing for others",
	"image-size":      "bring pictures in folders to `n` x n pixels; 0: 224 for resnets and -imagenet, 64 for others",
	"model":           "network",
	"width":           "multiply the channels of every hidden layer by `x`",
	"hidden":          "hidden layers of mlp",
	"init":            "initialiser: PyTorch's default, or He's; or initial weights, a safetensors file with torchvision's names",
	"method":          "lgl; a baseline: plain training, or plain training on as many samples as lgl would see; a control of lgl; or self-paced learning",
	"stages":          fmt.Sprintf("stages `m` of LGL(x, m); 0: %d, or all classes if they are fewer", config.AutoStages),
	"select":          "how the next group of classes is chosen: by H(T|X), at random, by a hierarchy, or as a file lists them, a name a line",
	"hierarchy":       "superclasses of the classes: learnt by the network, the data's own, or those of a YAML file, each with its classes",
	"hierarchy-order": "a group takes from as many superclasses as it can, or branch by branch",
	"partition":       "sizes of the groups: even (10 in 4: 3,3,2,2), ceil (3,3,3,1)",
	"head":            "softmax over all outputs, or over the active classes only",
	"reinit":          "head rows drawn anew before a group enters",
	"carry":           "weights that a stage hands on; best-test looks at the test set",
	"keep-momentum":   "keep momentum buffers between stages",
	"warm": fmt.Sprintf("what happens to the weights before every stage but the first; auto: shrink-perturb, or, in a run that sees its smallest class fewer than %d times or makes fewer than %d steps a stage on average, none",
		config.ShrinkSeen, config.ShrinkSteps),
	"shrink":        "shrink-perturb: weights times `a`",
	"noise":         "shrink-perturb: plus normal noise of `b` times the deviation of each tensor",
	"redraw-layers": "redraw: the last `n` layers with weights before the head",
	"distill":       "`share` of the network at the end of the stage before in the targets of its classes' samples; costs a forward pass more, and the memory of a second network that does not train",
	"compat":        "authors: lgl with the faults of the published script; sets --head masked, --carry best-test, --keep-momentum",
	"val-fraction":  "`share` of the training data held out, for --carry best",
	"weighting":     "weight that a sample selected by spl or spl-inv gets by its loss",
	"pace":          "samples that spl, spl-inv, spld select: a growing share, or by the losses of --pace-run",
	"pace-run":      "`directory` of a baseline run on the same data, for --pace baseline-loss",
	"pace-warmup":   "epochs on all samples before the first selection",
	"pace-start":    "`share` of the samples that is selected first; with baseline-loss, the least",
	"pace-full":     "`share` of the epochs after which all samples are in",
	"losses":        "losses by which samples are selected: of a forward pass, or as last seen in training",
	"gamma":         "weight of diversity in spld: gamma = `x` lambda sqrt(samples per class)",
	"epochs":        "epochs of a baseline, and without a --budget of each stage; with --until converged, the most",
	"budget":        "fix the samples of the run at `B` times those of a baseline of --epochs; 0: --epochs a stage",
	"last-share":    "`share` of the budget for the last stage; 0: equal epochs in all stages",
	"until":         "when a stage ends; converged goes without a --budget",
	"patience":      "epochs without a lower training loss after which a stage has converged",
	"min-delta":     "how much lower counts as lower",
	"batch": fmt.Sprintf("mini-batch size; 0: %d, for fewer than %s samples so much less, down to %d, that an epoch has %d steps",
		config.AutoBatch, count(config.AutoBatch*config.AutoSteps), config.LeastBatch, config.AutoSteps),
	"lr": fmt.Sprintf("learning rate at the start of every stage; 0: %v, for a --batch below %d in proportion less",
		config.AutoLR, config.AutoBatch),
	"lr-decay":        "multiply the learning rate by `x` every --lr-step epochs; 0: so that it falls to 0.6% over --epochs",
	"lr-step":         "epochs between two decays",
	"momentum":        "momentum of SGD",
	"weight-decay":    "weight decay of SGD",
	"mixup":           "train on blends of two images and their labels, in shares drawn from Beta(`alpha`, alpha) for each batch, say 0.2; 0: do not",
	"label-smoothing": "spread `share` of every label evenly over the outputs of the softmax, say 0.1; 0: do not",
	"balance":         "make classes of different sizes count the same: by as many samples of each in an epoch, drawn again where there are few; or by weights in the loss, n / (K n_c) for n_c of n samples in one of K classes",
	"on-nan":          "when a loss, gradient or weight is not finite: end the run, go on with the next batch, or go back to the last checkpoint with half the learning rate",
	"seed":            "seed of everything that is random",
	"seed-init":       "seed of initial weights, redrawn rows and dropout; 0: --seed",
	"seed-order":      "seed of subset, shuffling and augmentation; 0: --seed",
	"seed-classes":    "seed of the first group and of the random selection; 0: --seed",
	"engine":          "what computes; xla: a GPU",
	"precision":       "numbers to compute with; bf16 is faster, tf32 is for xla only",
	"xla-plugin":      "`path` of the PJRT plugin for xla (default: JAX's, where it is installed)",
	"threads":         "threads of the engine; 0: the cores that lgl may use, fewer than all where a container's limit or GOMAXPROCS says so; threads wait for each other, so leave a core to other programs that are busy",
	"tags":            "`name` to find the run by on the page of lgl ui; may be given several times, and changes nothing else",
	"entropy-samples": "samples of the active classes behind the logged H(T|X); 0: all",
}

// headings stand in the help before the flag of the setting that each goes with.
var headings = map[string]string{
	"data": "Data", "model": "Network", "method": "Curriculum", "weighting": "Self-paced learning",
	"epochs": "Training", "seed": "Seeds", "engine": "Computing", "entropy-samples": "Output",
}

// settings are the flags of one run.
type settings struct {
	flags  config.Config // as the flags say
	preset string        // --preset
	file   string        // --config
	set    *pflag.FlagSet
}

// addSettings gives cmd a flag for every setting, and --config.
func addSettings(cmd *cobra.Command) *settings {
	s := &settings{flags: config.Default(), set: cmd.Flags()}
	s.set.SortFlags = false
	s.set.StringVar(&s.preset, "preset", "default",
		"settings to start from: "+strings.Join(config.Presets(), ", ")+"; paper: LGL(r,3) as published, VGG-16 on CIFAR-10")
	completeFlag(cmd, "preset", oneOf(config.Presets()))
	s.set.StringVar(&s.file, "config", "", "read settings from a YAML `file` with the flags' names; flags win over it")
	v := reflect.ValueOf(&s.flags).Elem()
	for i, key := range config.Keys() {
		addFlag(cmd, key, v.Field(i).Addr().Interface())
		flag := s.set.Lookup(flagOf(key))
		flag.Hidden = config.Internal(key)
		if title := headings[key]; title != "" {
			flag.Annotations = map[string][]string{heading: {title}}
		}
	}
	return s
}

// addFlag adds the flag of one setting, and its completions.
func addFlag(cmd *cobra.Command, key string, field any) {
	usage := about[key]
	if words := config.Words(key); words != nil {
		if config.TakesPath(key) {
			words = append(words, "FILE")
		}
		usage += ": " + strings.Join(words, ", ")
	}
	addFlagAs(cmd, key, field, usage)
}

// addFlagAs is addFlag for a command that says in words of its own what the setting is there.
func addFlagAs(cmd *cobra.Command, key string, field any, usage string) {
	flags := cmd.Flags()
	switch p := field.(type) {
	case *string:
		flags.StringVar(p, key, *p, usage)
	case *bool:
		flags.BoolVar(p, key, *p, usage)
	case *int:
		flags.IntVar(p, key, *p, usage)
	case *uint64:
		flags.Uint64Var(p, key, *p, usage)
	case *float64:
		flags.Float64Var(p, key, *p, usage)
	case *[]string: // one of them at a time
		flags.StringArrayVar(p, flagOf(key), *p, usage)
	default:
		panic(fmt.Sprintf("no flag for a setting of type %T", field))
	}
	if complete := completionOf(key); complete != nil {
		completeFlag(cmd, key, complete)
	}
}

// completionOf completes the value of a setting; nil where it has no words.
func completionOf(key string) cobra.CompletionFunc {
	switch words := config.Words(key); {
	case key == "data":
		return dataNames
	case key == "augment":
		return partsSoFar
	case words == nil:
		return nil
	case config.TakesPath(key):
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveDefault)
	default:
		return oneOf(words)
	}
}

// addStage gives cmd --stage.
func addStage(cmd *cobra.Command, stage *int) {
	cmd.Flags().IntVar(stage, "stage", 0, "weights of this stage; 0: of the last one")
}

// addOutlets gives cmd --tensorboard and --mlflow.
func (a *app) addOutlets(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.outlets.TensorBoard, "tensorboard", false, "write an event file for TensorBoard into the run directory, too")
	cmd.Flags().StringVar(&a.outlets.MLflow, "mlflow", "", "send the log to the MLflow tracking server at `URL`, too; env: at $MLFLOW_TRACKING_URI")
}

// partsSoFar completes the last of the parts of --augment.
func partsSoFar(_ *cobra.Command, _ []string, typed string) (all []string, _ cobra.ShellCompDirective) {
	before := typed[:strings.LastIndex(typed, ",")+1]
	for _, part := range config.Words("augment") {
		all = append(all, before+part)
	}
	return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// flagOf returns the flag of a setting: its name, but for a list, whose flag gives one of its texts.
func flagOf(key string) string {
	if key == "tags" {
		return "tag"
	}
	return key
}

// lengthens are the settings by which --warm auto tells whether a run is too short to shrink its weights.
var lengthens = []string{"data", "train-samples", "stages", "epochs", "budget", "batch", "balance"}

// keepsWarm reports whether --warm is that of the file though the length of the run may not be.
func (s *settings) keepsWarm(inFile []string) bool {
	return slices.Contains(inFile, "warm") && !s.set.Changed("warm") && slices.ContainsFunc(lengthens, s.set.Changed)
}

// overlay sets those settings of c whose flags were given to what they say in flags.
func overlay(c *config.Config, flags config.Config, given *pflag.FlagSet) {
	from, to := reflect.ValueOf(flags), reflect.ValueOf(c).Elem()
	for i, key := range config.Keys() {
		if given.Changed(flagOf(key)) {
			to.Field(i).Set(from.Field(i))
		}
	}
}

// resolve returns the settings that hold: flags, over the file, over the preset. They are
// checked, and the files that they name must be there. A flag that the run passes over is told.
func (s *settings) resolve(a *app) (config.Config, error) {
	c, ok := config.Preset(s.preset)
	if !ok {
		return c, failure.Usage(fmt.Errorf("--preset %q: want %s", s.preset, strings.Join(config.Presets(), " or ")))
	}
	var inFile []string
	if s.file != "" {
		var err error
		if c, inFile, err = config.LoadKeys(s.file, c); err != nil {
			return c, failure.Usage(fmt.Errorf("--config: %w", inRun(s.file, err)))
		}
	}
	overlay(&c, s.flags, s.set)
	asked := func(key string) bool { return s.set.Changed(key) || slices.Contains(inFile, key) }
	if s.keepsWarm(inFile) {
		a.warmOf = s.file
	}
	c = c.Yield(asked).Replayed(asked)
	if err := c.Check(); err != nil {
		return c, failure.Usage(err)
	}
	if err := namedFiles(c); err != nil {
		return c, err
	}
	for _, key := range config.Keys() {
		if of := c.PassedOver(key); of != "" && s.set.Changed(key) {
			a.say(fmt.Sprintf("warning: --%s changes nothing here: it is of %s", key, of))
		}
	}
	c.Data = catalog.Absolute(c.Data)
	absolute(&c)
	return c, nil
}

// absolute makes the paths in c, but for the data, mean the same in another folder.
func absolute(c *config.Config) {
	for _, path := range c.Paths() {
		if full, err := filepath.Abs(*path); err == nil {
			*path = full
		}
	}
}

// namedFiles reports a file or run that the settings name and that is not there, before the data are read.
func namedFiles(c config.Config) error {
	if file := c.InitFile(); file != "" && run.IsRun(file) {
		return failure.Usage(fmt.Errorf("--init %s: is a run; want one of its weights, the files in %s", file, filepath.Join(file, "weights")))
	}
	return errors.Join(isThere("--labels", c.Labels), isThere("--init", c.InitFile()), isThere("--select", c.SelectFile()),
		isThere("--hierarchy", c.HierarchyFile()), runIsThere("--pace-run", c.PaceRun), isThere("--xla-plugin", c.XLAPlugin))
}

// inRun adds to err, of reading settings at path, where they are if that is a run, or lies in one.
func inRun(path string, err error) error {
	for _, dir := range []string{path, filepath.Dir(path)} {
		if settings := filepath.Join(dir, "config.yaml"); settings != filepath.Clean(path) && run.IsRun(dir) {
			return failure.Hint(err, "the settings of that run are --config %s", shell.Quoted(settings))
		}
	}
	return err
}

// isThere reports a path that a flag gives for a file and where none is; "" is no path.
func isThere(flag, path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a folder; want a file", path)
	}
	if err != nil {
		return failure.Usage(fmt.Errorf("%s: %w", flag, err))
	}
	return nil
}

// runIsThere reports a path that a flag gives for a run and where nothing is; "" is no path.
func runIsThere(flag, dir string) error {
	if dir == "" {
		return nil
	}
	if _, err := os.Stat(dir); err != nil {
		return failure.Usage(fmt.Errorf("%s: %w", flag, run.NoRun(dir, err)))
	}
	return nil
}
