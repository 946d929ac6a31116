package config

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Check reports the first setting that has a value it cannot have, by its flag.
func (c Config) Check() error {
	for _, check := range []func() error{c.checkWords, c.checkCounts, c.checkNumbers, c.checkTogether} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkWords holds the settings that are one of a few words.
func (c Config) checkWords() error {
	for _, w := range []struct {
		flag, value string
		allowed     []string
	}{
		{"augment", c.Augment, []string{"auto", "none", "flip", "crop", "crop-flip"}},
		{"init", c.Init, []string{"default", "he"}},
		{"method", c.Method, []string{"baseline", "baseline-equal", "lgl"}},
		{"select", c.Select, []string{"random", "similar", "dissimilar"}},
		{"partition", c.Partition, []string{"even", "ceil"}},
		{"head", c.Head, []string{"full", "masked"}},
		{"reinit", c.Reinit, []string{"untrained", "none", "all"}},
		{"carry", c.Carry, []string{"last", "best", "best-test"}},
		{"until", c.Until, []string{"epochs", "converged"}},
		{"engine", c.Engine, []string{"auto", "onednn", "reference"}},
	} {
		if !slices.Contains(w.allowed, w.value) {
			return fmt.Errorf("--%s %q: want %s", w.flag, w.value, strings.Join(w.allowed, ", "))
		}
	}
	if c.Data == "" {
		return fmt.Errorf("--data is empty: want a name (lgl data ls) or a path")
	}
	return nil
}

// checkCounts holds the settings that count something.
func (c Config) checkCounts() error {
	for _, n := range []struct {
		flag       string
		value, min int
	}{
		{"train-samples", c.TrainSamples, 0}, {"hidden", c.Hidden, 1}, {"stages", c.Stages, 1},
		{"epochs", c.Epochs, 1}, {"patience", c.Patience, 1}, {"batch", c.Batch, 1},
		{"lr-step", c.LRStep, 1}, {"threads", c.Threads, 0}, {"entropy-samples", c.EntropySamples, 0},
	} {
		if n.value < n.min {
			return fmt.Errorf("--%s %d: want at least %d", n.flag, n.value, n.min)
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
		{"width", c.Width, 0, inf, false, false},
		{"lr", c.LR, 0, inf, false, false},
		{"lr-decay", c.LRDecay, 0, 1, false, true},
		{"momentum", c.Momentum, 0, 1, true, false},
		{"weight-decay", c.WeightDecay, 0, inf, true, false},
		{"min-delta", c.MinDelta, 0, inf, true, false},
		{"val-fraction", c.ValFraction, 0, 1, true, false},
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
	words := fmt.Sprintf("a finite number more than %v", lo)
	if loOK {
		words = fmt.Sprintf("a finite number of %v or more", lo)
	}
	switch {
	case math.IsInf(hi, 1):
		return words
	case hiOK:
		return fmt.Sprintf("%s and at most %v", words, hi)
	}
	return fmt.Sprintf("%s and less than %v", words, hi)
}

// checkTogether holds the settings that make sense only with others.
func (c Config) checkTogether() error {
	if c.Carry == "best" && c.ValFraction == 0 {
		return fmt.Errorf("--carry best needs held-out training data: add --val-fraction, say 0.1")
	}
	if c.Method == "baseline-equal" && c.Until == "converged" {
		return fmt.Errorf("--method baseline-equal with --until converged: the samples of a run until convergence are not known beforehand; use --until epochs")
	}
	return nil
}

// Label returns the run's name in tables: baseline, baseline-equal, LGL(d,3), with the settings
// that change the method and are not at their defaults.
func (c Config) Label() string {
	if c.Method != "lgl" {
		return c.Method + c.variant("")
	}
	name := fmt.Sprintf("%c,%d", c.Select[0], c.Stages)
	d := Default()
	for _, s := range []struct{ what, value, usual string }{
		{"", c.Head, d.Head}, {"reinit ", c.Reinit, d.Reinit}, {"partition ", c.Partition, d.Partition}, {"until ", c.Until, d.Until},
	} {
		if s.value != s.usual {
			name += ", " + s.what + s.value
		}
	}
	if c.KeepMomentum {
		name += ", keep momentum"
	}
	return "LGL(" + name + c.variant(", ") + ")"
}

// variant names the carry rule where it is not the default.
func (c Config) variant(before string) string {
	if c.Carry == Default().Carry {
		return ""
	}
	if before == "" {
		return " (carry " + c.Carry + ")"
	}
	return before + "carry " + c.Carry
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
