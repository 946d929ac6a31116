package config

import "fmt"

// paced holds the self-paced methods, and their names in the paper's tables.
var paced = map[string]string{"spl": "SPL", "spl-inv": "SPL_INV", "spld": "SPLD"}

// SelfPaced reports whether the method chooses its samples anew for each epoch.
func (c Config) SelfPaced() bool { return paced[c.Method] != "" }

// checkPaced holds the settings of the self-paced methods that make sense only with others.
func (c Config) checkPaced() error {
	switch {
	case c.PaceRun != "" && c.Pace != "baseline-loss":
		return fmt.Errorf("--pace-run %s with --pace %s: the run is only read for --pace baseline-loss", c.PaceRun, c.Pace)
	case !c.SelfPaced():
		return nil
	case c.Pace == "baseline-loss" && c.PaceRun == "":
		return fmt.Errorf("--pace baseline-loss needs the losses of a baseline run on the same data: add --pace-run DIR; lgl train --method baseline --out DIR makes one")
	case c.Method == "spld" && c.Weighting != "hard":
		return fmt.Errorf("--weighting %s with --method spld: equation (3) has 0/1 weights; use --weighting hard", c.Weighting)
	case c.Losses == "running" && c.PaceWarmup == 0:
		return fmt.Errorf("--losses running with --pace-warmup 0: a sample has no such loss before it is trained on; use at least 1")
	case c.Losses == "running" && c.Mixup > 0:
		return fmt.Errorf("--losses running with --mixup %v: the losses seen in training are those of blends, not of samples; use --losses fresh", c.Mixup)
	case c.Losses == "running" && c.Balance == "oversample":
		return fmt.Errorf("--losses running with --balance oversample: an epoch leaves out samples of the larger classes, which have no such loss then; use --losses fresh")
	case c.Losses == "running" && c.LabelSmoothing > 0 && c.Balance == "weights":
		return fmt.Errorf("--losses running with --label-smoothing %v and --balance weights: the losses seen in training have the weights of several classes in them; use --losses fresh", c.LabelSmoothing)
	case c.Until == "converged":
		return fmt.Errorf("--until converged with --method %s: its pace is a share of the epochs; use --until epochs", c.Method)
	}
	return nil
}

// pacedExtras names the settings of a self-paced method that are not at their defaults.
func (c Config) pacedExtras() (names []string) {
	usual := Paper()
	add := func(differs bool, format string, args ...any) {
		if differs {
			names = append(names, fmt.Sprintf(format, args...))
		}
	}
	add(c.Weighting != usual.Weighting, "%s", c.Weighting)
	add(c.Pace != usual.Pace, "%s", c.Pace)
	add(c.PaceWarmup != usual.PaceWarmup, "warm-up %d", c.PaceWarmup)
	add(c.PaceStart != usual.PaceStart, "start %v", c.PaceStart)
	add(c.PaceFull != usual.PaceFull, "full %v", c.PaceFull)
	add(c.Losses != usual.Losses, "%s losses", c.Losses)
	add(c.Method == "spld" && c.Gamma != usual.Gamma, "gamma %v", c.Gamma)
	return names
}
