// Package config is a run's settings as data: their names (those of lgl's flags, and of the keys
// of a YAML file), defaults, and the checks that need nothing but the settings themselves.
package config

import (
	"fmt"
	"math"
	"slices"
)

// Config holds every setting of one training run. `lgl train` fills it from defaults, then a
// YAML file, then flags, and writes the result to the run directory as config.yaml.
type Config struct {
	// Data is a name (fashion-mnist, cifar10, cifar100, toy) or a path.
	Data string `yaml:"data" json:"data"`
	// Labels is the path of a file with the classes of pictures that lie in no class folder; "": one that
	// is found in the folder, if there is one.
	Labels string `yaml:"labels" json:"labels"`
	// TrainSamples limits the training set to a seeded, stratified subset; 0 means all.
	TrainSamples int `yaml:"train-samples" json:"train-samples"`
	// OnlyClasses trains a baseline on these classes alone, as indices or names with commas between:
	// table 2 of the paper. The head keeps all outputs; the test set keeps all classes. "" means all.
	OnlyClasses string `yaml:"only-classes" json:"only-classes"`
	// Extend is the run whose network this one goes on with, for more classes ("": none); KnownClasses is how many
	// classes that network knows, the first ones; OldData lists data sets, with : between, from which those
	// classes are taken that Data lacks. lgl extend sets the three.
	Extend       string `yaml:"extend" json:"extend"`
	KnownClasses int    `yaml:"known-classes" json:"known-classes"`
	OldData      string `yaml:"old-data" json:"old-data"`
	// Augment is none, or parts with commas between: crop-flip, crop, flip, or, for pictures in folders,
	// resized-crop or resized-crop-flip; auto is resized-crop-flip for these, crop-flip for CIFAR, nothing
	// otherwise; color-jitter, rand-augment, trivial-augment, erase, with values after a =: see Augmentation.
	Augment string `yaml:"augment" json:"augment"`
	// ImageSize is the height and width to which pictures in folders are brought; 0: 224 for resnets
	// and networks for ImageNet, 64 for others.
	ImageSize int `yaml:"image-size" json:"image-size"`

	// Model is mlp, smallcnn, vgg11, vgg13, vgg16, vgg19, resnet18, resnet34, resnet50, resnet101, or
	// torchvision's VGG: vgg16-imagenet, vgg16_bn-imagenet and so for 11, 13 and 19.
	Model string `yaml:"model" json:"model"`
	// Width multiplies the channels of every hidden layer.
	Width float64 `yaml:"width" json:"width"`
	// Hidden is the number of hidden layers of the mlp.
	Hidden int `yaml:"hidden" json:"hidden"`
	// Init is the initialiser, default (PyTorch's) or he, or the path of a safetensors file with the
	// initial weights.
	Init string `yaml:"init" json:"init"`

	// Method is baseline, baseline-equal, lgl, spl, spl-inv, spld, or a control of lgl:
	// restarts-only, reinit-only, random-subset or no-restart.
	Method string `yaml:"method" json:"method"`
	// Stages is m of LGL(x, m); 0: as Fit says for the classes there are.
	Stages int `yaml:"stages" json:"stages"`
	// Select is random, similar, dissimilar, hierarchy, or the path of a file with the names of
	// the classes in the order in which they enter.
	Select string `yaml:"select" json:"select"`
	// Hierarchy of the classes, for select: hierarchy: learnt, coarse, or the path of a file.
	Hierarchy string `yaml:"hierarchy" json:"hierarchy"`
	// HierarchyOrder is span (a group takes from as many superclasses as it can) or branch.
	HierarchyOrder string `yaml:"hierarchy-order" json:"hierarchy-order"`
	// Partition is even (ceil(left / stages left)) or ceil (ceil(K/m), the rest last).
	Partition string `yaml:"partition" json:"partition"`
	// Head is full (softmax over all K outputs) or masked (active outputs only).
	Head string `yaml:"head" json:"head"`
	// Reinit says which head rows are drawn anew before a group enters: untrained, none or all.
	Reinit string `yaml:"reinit" json:"reinit"`
	// Carry says which weights a stage hands on: last, best or best-test.
	Carry string `yaml:"carry" json:"carry"`
	// KeepMomentum keeps momentum buffers between stages.
	KeepMomentum bool `yaml:"keep-momentum" json:"keep-momentum"`
	// Warm is what happens to the weights between stages: none, shrink-perturb (w becomes
	// Shrink w + Noise std(w) N(0, 1)), redraw (of the last RedrawLayers layers), or auto, as Fit says.
	Warm         string  `yaml:"warm" json:"warm"`
	Shrink       float64 `yaml:"shrink" json:"shrink"`
	Noise        float64 `yaml:"noise" json:"noise"`
	RedrawLayers int     `yaml:"redraw-layers" json:"redraw-layers"`
	// Distill is the share that the network at the end of the stage before has in the targets of
	// samples of the classes that it was trained on; 0: none.
	Distill float64 `yaml:"distill" json:"distill"`
	// Compat is none, or authors: lgl with the faults of the published script.
	Compat string `yaml:"compat" json:"compat"`
	// ValFraction of the training data is held out for carry: best.
	ValFraction float64 `yaml:"val-fraction" json:"val-fraction"`
	// Weighting gives the samples that a self-paced method selects their weights: hard, linear or
	// log.
	Weighting string `yaml:"weighting" json:"weighting"`
	// Pace is quantile, or baseline-loss with PaceRun, the directory of a baseline run.
	Pace    string `yaml:"pace" json:"pace"`
	PaceRun string `yaml:"pace-run" json:"pace-run"`
	// PaceWarmup is the number of epochs on all samples before the first selection, PaceStart the
	// share of the samples that is selected first, PaceFull the share of the epochs after which all
	// samples are in.
	PaceWarmup int     `yaml:"pace-warmup" json:"pace-warmup"`
	PaceStart  float64 `yaml:"pace-start" json:"pace-start"`
	PaceFull   float64 `yaml:"pace-full" json:"pace-full"`
	// Losses says where the losses come from by which samples are selected: fresh, a forward pass
	// before the epoch, or running, as last seen in training.
	Losses string `yaml:"losses" json:"losses"`
	// Gamma is the weight of diversity in spld.
	Gamma float64 `yaml:"gamma" json:"gamma"`

	// Epochs of each stage (lgl), or of the run (baseline, spl); baseline-equal's count follows.
	Epochs int `yaml:"epochs" json:"epochs"`
	// Budget fixes the samples of the run at so many baselines (epochs x N); 0: it does not.
	Budget float64 `yaml:"budget" json:"budget"`
	// LastShare of these samples are the last stage's; 0: all stages have equal epochs.
	LastShare float64 `yaml:"last-share" json:"last-share"`
	// Until is epochs, or converged (Algorithm 1), with Patience, MinDelta and, as the cap, Epochs.
	Until    string  `yaml:"until" json:"until"`
	Patience int     `yaml:"patience" json:"patience"`
	MinDelta float64 `yaml:"min-delta" json:"min-delta"`

	// Batch is the mini-batch size; 0: as Fit says for the samples there are.
	Batch int `yaml:"batch" json:"batch"`
	// LR is the learning rate at the start of every stage; 0: as Fit says for the batch.
	LR float64 `yaml:"lr" json:"lr"`
	// LRDecay multiplies the learning rate every LRStep epochs; 0: DecayOver, see Decay.
	LRDecay float64 `yaml:"lr-decay" json:"lr-decay"`
	LRStep  int     `yaml:"lr-step" json:"lr-step"`
	// Momentum and WeightDecay are torch.optim.SGD's.
	Momentum    float64 `yaml:"momentum" json:"momentum"`
	WeightDecay float64 `yaml:"weight-decay" json:"weight-decay"`

	// Mixup trains on blends of two samples and their labels, in shares drawn from Beta(Mixup, Mixup)
	// for each batch; 0: it does not. LabelSmoothing spreads that share of every label evenly over the
	// outputs that the softmax runs over.
	Mixup          float64 `yaml:"mixup" json:"mixup"`
	LabelSmoothing float64 `yaml:"label-smoothing" json:"label-smoothing"`
	// Balance makes classes of different sizes count the same: none; oversample, as many samples of each in an epoch; or
	// weights of the classes in the loss, n / (K n_k) for n_k of n training samples.
	Balance string `yaml:"balance" json:"balance"`

	// OnNaN says what follows a step whose loss or gradient is not finite, and which is not made:
	// stop ends the run, skip goes on with the next batch, rollback goes back to the newest
	// checkpoint with half the learning rate, three times at most. Weights that are not finite are
	// neither saved nor put into a checkpoint: skip, too, ends the run there.
	OnNaN string `yaml:"on-nan" json:"on-nan"`

	// Seed sets the three seeds below; each that is not 0 replaces it for its stream.
	Seed        uint64 `yaml:"seed" json:"seed"`
	SeedInit    uint64 `yaml:"seed-init" json:"seed-init"`       // initial weights, redrawn rows, dropout
	SeedOrder   uint64 `yaml:"seed-order" json:"seed-order"`     // shuffling and augmentation
	SeedClasses uint64 `yaml:"seed-classes" json:"seed-classes"` // first group, random selection

	// Engine is auto, onednn, reference or xla.
	Engine string `yaml:"engine" json:"engine"`
	// Precision is f32, bf16 (onednn and xla) or tf32 (xla).
	Precision string `yaml:"precision" json:"precision"`
	// XLAPlugin is the path of the plugin for xla; "": one that is found.
	XLAPlugin string `yaml:"xla-plugin" json:"xla-plugin"`
	// Threads of the engine; 0 means the cores that the process may use.
	Threads int `yaml:"threads" json:"threads"`
	// EntropySamples is how many training samples the logged H(T|X) of the active data rests on;
	// 0 means all of them. It does not touch the choice of classes, which uses all samples.
	EntropySamples int `yaml:"entropy-samples" json:"entropy-samples"`

	// Tags are words by which a run is found again; they change nothing.
	Tags []string `yaml:"tags" json:"tags"`
}

// Paper returns the paper's setting on CIFAR (section 5.2): LGL(r,3), VGG-16, 100 epochs a stage.
// What Config.Label leaves out is as here.
func Paper() Config {
	return Config{
		Data: "cifar10", Augment: "auto",
		Model: "vgg16", Width: 1, Hidden: 1, Init: "default",
		Method: "lgl", Stages: 3, Select: "random", Partition: "even",
		Hierarchy: "learnt", HierarchyOrder: "span",
		Head: "full", Reinit: "untrained", Carry: "last",
		Warm: "none", Shrink: 0.7, Noise: 0.05, RedrawLayers: 1, Compat: "none",
		Weighting: "hard", Pace: "quantile", PaceWarmup: 1, PaceStart: 0.5, PaceFull: 0.5, Losses: "fresh", Gamma: 1,
		Epochs: 100, Until: "epochs", Patience: 3, MinDelta: 1e-3,
		Batch: 128, LR: 0.05, LRDecay: paperDecay, LRStep: 1, Momentum: 0.9, WeightDecay: 5e-4, Balance: "none", OnNaN: "stop",
		Seed: 1, Engine: "auto", Precision: "f32", EntropySamples: 2000,
	}
}

// The paper's learning rate falls to 0.95^100, 0.6%, over its 100 epochs.
const (
	paperEpochs = 100
	paperDecay  = 0.95
)

// DecayOver is the factor by which the learning rate falls an epoch so that it falls over so many
// epochs as the paper's does over 100, to four digits.
func DecayOver(epochs int) float64 {
	return math.Round(1e4*math.Pow(paperDecay, float64(paperEpochs)/float64(epochs))) / 1e4
}

// Decay is the factor by which the learning rate falls every LRStep epochs: LRDecay, or as
// DecayOver says for Epochs.
func (c Config) Decay() float64 {
	if c.LRDecay == 0 {
		return math.Pow(DecayOver(c.Epochs), float64(c.LRStep))
	}
	return c.LRDecay
}

// Where none is asked for: AutoStages is the number of stages, if the classes suffice; AutoBatch the
// mini-batch size, if an epoch takes AutoSteps of it, else it is halved until it does, down to LeastBatch, or to
// the samples that there are; AutoLR the learning rate for batches of AutoBatch and more, in proportion less for
// smaller ones. Weights are shrunk where the run sees samples of its smallest class ShrinkSeen times and makes
// ShrinkSteps a stage, on average: with less they do not recover (docs/findings.md).
const (
	AutoStages  = 5
	AutoBatch   = 64
	AutoSteps   = 16
	LeastBatch  = 8
	AutoLR      = 0.02
	ShrinkSeen  = 1500
	ShrinkSteps = 100
)

// Fit returns c with what it leaves open, Stages, Batch and LR of 0 and Warm auto, as they are for classes of so many
// training samples.
func (c Config) Fit(perClass []int) Config {
	samples := sum(perClass)
	if c.Stages == 0 {
		c.Stages = min(AutoStages, len(perClass))
	}
	if c.Batch == 0 {
		c.Batch = AutoBatch
		for c.Batch > LeastBatch && samples/c.Batch < AutoSteps {
			c.Batch /= 2
		}
		c.Batch = max(1, min(c.Batch, samples))
	}
	if c.LR == 0 {
		c.LR = AutoLR * float64(min(c.Batch, AutoBatch)) / AutoBatch
	}
	if c.Warm == "auto" {
		c.Warm = "none"
		if c.Warms() && c.TooShortToShrink(perClass) == "" {
			c.Warm = "shrink-perturb"
		}
	}
	return c
}

// TooShortToShrink says why a run of c, with Stages and Batch, on classes of so many training samples is too short for
// its weights to be shrunk between stages; "" if it is not.
func (c Config) TooShortToShrink(perClass []int) string {
	samples, least := sum(perClass), 0
	if len(perClass) > 0 {
		least = slices.Min(perClass)
	}
	if c.Balance == "oversample" && least > 0 {
		least = samples / len(perClass)
	}
	stages, rounds := float64(max(c.Stages, 1)), float64(c.Epochs) // over all samples, which the class that enters last sees
	all := rounds * (stages + 1) / 2                               // of LGL without a budget
	if c.Budget > 0 {
		rounds *= c.Budget
		all = rounds
	}
	seen, steps := rounds*float64(least), all*float64(samples)/float64(max(c.Batch, 1))/stages
	switch {
	case seen < ShrinkSeen:
		return fmt.Sprintf("the run sees samples of its smallest class %.0f times, fewer than %d", math.Floor(seen), ShrinkSeen)
	case steps < ShrinkSteps:
		return fmt.Sprintf("the run makes %.0f steps a stage, fewer than %d", math.Floor(steps), ShrinkSteps)
	}
	return ""
}

func sum(counts []int) (total int) {
	for _, n := range counts {
		total += n
	}
	return total
}

// Default returns what did best of all that docs/findings.md compares, at the cost of a baseline,
// on a network and data that a laptop trains.
func Default() Config {
	c := Paper()
	c.Data, c.Model, c.Width, c.Epochs = "fashion-mnist", "vgg11", 0.25, 10
	c.Batch, c.LR, c.LRDecay = 0, 0, 0
	c.Stages, c.Budget, c.LastShare, c.Warm = 0, 1, 0.8, "auto"
	return c
}

// Presets are the settings to start from, by name.
func Presets() []string { return []string{"default", "paper"} }

// Preset returns the settings of that name, false if there are none.
func Preset(name string) (Config, bool) {
	switch name {
	case "default":
		return Default(), true
	case "paper":
		return Paper(), true
	}
	return Config{}, false
}
