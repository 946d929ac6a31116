package config

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// words are the settings that are one of a few words.
var words = map[string][]string{
	"augment": partNames(), // several, and some with values: see Augmentation
	"model": {"mlp", "smallcnn", "vgg11", "vgg13", "vgg16", "vgg19", "resnet18", "resnet34", "resnet50", "resnet101",
		"vgg11-imagenet", "vgg13-imagenet", "vgg16-imagenet", "vgg19-imagenet",
		"vgg11_bn-imagenet", "vgg13_bn-imagenet", "vgg16_bn-imagenet", "vgg19_bn-imagenet"},
	"init": {"default", "he"},
	"method": {"baseline", "baseline-equal", "lgl", "restarts-only", "reinit-only", "random-subset", "no-restart",
		"spl", "spl-inv", "spld"},
	"select":    {"random", "similar", "dissimilar", "hierarchy"},
	"partition": {"even", "ceil"},
	"head":      {"full", "masked"},
	"reinit":    {"untrained", "none", "all"},
	"carry":     {"last", "best", "best-test"},
	"weighting": {"hard", "linear", "log"},
	"pace":      {"quantile", "baseline-loss"},
	"losses":    {"fresh", "running"},
	"until":     {"epochs", "converged"},
	"balance":   {"none", "oversample", "weights"},
	"on-nan":    {"stop", "skip", "rollback"},
	"engine":    {"auto", "onednn", "reference", "xla"},
	"precision": {"f32", "tf32", "bf16"},

	"hierarchy":       {"learnt", "coarse"},
	"hierarchy-order": {"span", "branch"},
	"compat":          {"none", "authors"},
	"warm":            {"auto", "none", "shrink-perturb", "redraw"},
}

// Words returns the values that the setting named key can have, nil if these are not a few words.
func Words(key string) []string { return slices.Clone(words[key]) }

// Check reports the first setting that has a value it cannot have, by its flag, with the value
// found and those allowed.
func (c Config) Check() error {
	for _, check := range []func() error{c.checkWords, c.checkCounts, c.checkNumbers, c.checkTogether, c.checkTags, c.checkVariants, c.checkCompat, c.checkExtend} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) checkWords() error {
	if _, err := c.Augmentation(); err != nil {
		return err
	}
	for _, key := range Keys() {
		if key == "augment" {
			continue
		}
		field, _ := c.field(key)
		if allowed := words[key]; allowed != nil && !slices.Contains(allowed, field.String()) {
			if paths[key] && isPath(field.String()) {
				continue
			}
			if paths[key] {
				allowed = append(slices.Clone(allowed), "a file (a path with a . or / in it)")
			}
			return fmt.Errorf("--%s %q: want %s", key, field.String(), strings.Join(allowed, ", "))
		}
	}
	if c.Data == "" {
		return fmt.Errorf("--data is empty: want a name (lgl data ls) or a path")
	}
	return nil
}

// checkCounts holds the settings that count something. The upper bounds only keep products of
// counts from overflowing, and a slip of the finger from taking all memory.
func (c Config) checkCounts() error {
	const many = 1_000_000_000
	for _, n := range []struct {
		flag            string
		value, min, max int
	}{
		{"train-samples", c.TrainSamples, 0, many}, {"image-size", c.ImageSize, 0, 4096}, {"hidden", c.Hidden, 1, 1000}, {"stages", c.Stages, 0, many},
		{"epochs", c.Epochs, 1, 1_000_000}, {"patience", c.Patience, 1, many}, {"batch", c.Batch, 0, many},
		{"lr-step", c.LRStep, 1, many}, {"threads", c.Threads, 0, 1024}, {"redraw-layers", c.RedrawLayers, 1, 1000}, {"entropy-samples", c.EntropySamples, 0, many},
		{"pace-warmup", c.PaceWarmup, 0, 1_000_000},
	} {
		switch {
		case n.value < n.min:
			return fmt.Errorf("--%s %d: want at least %d", n.flag, n.value, n.min)
		case n.value > n.max:
			return fmt.Errorf("--%s %d: want at most %d", n.flag, n.value, n.max)
		}
	}
	return nil
}

// checkNumbers holds the settings that measure something: a lowest and a highest value, and
// whether these are themselves allowed.
func (c Config) checkNumbers() error {
	inf := math.Inf(1)
	for _, x := range []struct {
		flag            string
		value, min, max float64
		minOK, maxOK    bool
	}{
		{"width", c.Width, 0, 1000, false, true},
		{"lr", c.LR, 0, inf, true, false},
		{"lr-decay", c.LRDecay, 0, 1, true, true},
		{"momentum", c.Momentum, 0, 1, true, false},
		{"weight-decay", c.WeightDecay, 0, inf, true, false},
		{"min-delta", c.MinDelta, 0, inf, true, false},
		{"val-fraction", c.ValFraction, 0, 1, true, false},
		{"shrink", c.Shrink, 0, 1, false, true},
		{"noise", c.Noise, 0, 1000, true, true},
		{"budget", c.Budget, 0, 1_000_000, true, true},
		{"last-share", c.LastShare, 0, 1, true, false},
		{"pace-start", c.PaceStart, 0, 1, false, false},
		{"pace-full", c.PaceFull, 0, 1, false, false},
		{"distill", c.Distill, 0, 1, true, true},
		{"mixup", c.Mixup, 0, 1000, true, true},
		{"label-smoothing", c.LabelSmoothing, 0, 1, true, false},
		{"gamma", c.Gamma, 0, inf, true, false},
	} {
		below := x.value < x.min || x.value == x.min && !x.minOK
		above := x.value > x.max || x.value == x.max && !x.maxOK
		if math.IsNaN(x.value) || below || above {
			return fmt.Errorf("--%s %v: want %s", x.flag, x.value, interval(x.min, x.max, x.minOK, x.maxOK))
		}
	}
	return nil
}

// interval puts a range into words.
func interval(lo, hi float64, loOK, hiOK bool) string {
	text := fmt.Sprintf("a finite number more than %v", lo)
	if loOK {
		text = fmt.Sprintf("a finite number of %v or more", lo)
	}
	switch {
	case math.IsInf(hi, 1):
		return text
	case hiOK:
		return fmt.Sprintf("%s and at most %v", text, hi)
	}
	return fmt.Sprintf("%s and less than %v", text, hi)
}

// checkTogether holds the settings that make sense only with others.
func (c Config) checkTogether() error {
	if c.Carry == "best" && c.ValFraction == 0 {
		return fmt.Errorf("--carry best needs held-out training data: add --val-fraction, say 0.1")
	}
	switch {
	case c.Precision == "tf32" && c.Engine != "xla":
		return fmt.Errorf("--precision tf32 with --engine %s: only xla has it; use --engine xla or --precision f32", c.Engine)
	case c.Precision == "bf16" && c.Engine == "reference":
		return fmt.Errorf("--precision bf16 with --engine reference: onednn and xla have it; use one of them, or --precision f32")
	}
	if c.XLAPlugin != "" && c.Engine != "xla" {
		return fmt.Errorf("--xla-plugin %s with --engine %s: it is for --engine xla", c.XLAPlugin, c.Engine)
	}
	if c.OnlyClasses != "" && c.Method != "baseline" {
		return fmt.Errorf("--only-classes %s with --method %s: only a baseline trains on some of the classes alone; use --method baseline", c.OnlyClasses, c.Method)
	}
	if c.OnlyClasses != "" && c.Budget > 0 {
		return fmt.Errorf("--only-classes %s with --budget %v: the samples of some classes are no budget of all; use --epochs", c.OnlyClasses, c.Budget)
	}
	if c.Method == "baseline-equal" && c.Until == "converged" {
		return fmt.Errorf("--method baseline-equal with --until converged: the samples of a run until convergence are not known beforehand; use --until epochs")
	}
	return c.checkPaced()
}

// Seeds returns the seeds of the three kinds of streams: initial weights and dropout; data order
// and augmentation; the order of classes.
func (c Config) Seeds() (init, order, classes uint64) {
	pick := func(own uint64) uint64 {
		if own != 0 {
			return own
		}
		return c.Seed
	}
	return pick(c.SeedInit), pick(c.SeedOrder), pick(c.SeedClasses)
}
